/**
 * A group of one that lives in memory: for streams that are lost with their broker. Whatever is proposed is applied at once.
 *
 * It keeps to the same contract as a replicated group's member, so that whoever uses it need not know.
 */
import { type Host, MILLISECOND, type Timer } from "seedstorm";
import type { Command, GroupMember, Proposed, Session, StateMachine } from "../replication/machine.js";
import { FORGOTTEN, Sessions } from "../replication/sessions.js";

const TERM = 1;

export class LocalGroup<C extends Command, R> implements GroupMember<C, R> {
  readonly group: string;
  readonly machine: StateMachine<C, R>;
  readonly isLeader = true;
  readonly term = TERM;
  readonly leader: string;
  readonly #host: Host;
  readonly #sessions = new Sessions();
  #index = 0;
  #timer: Timer | undefined = undefined;

  constructor(host: Host, group: string, machine: StateMachine<C, R>) {
    this.#host = host;
    this.group = group;
    this.machine = machine;
    this.leader = host.id;
  }

  async propose(command: C, session: Session | undefined): Promise<Proposed<R>> {
    const known = session && this.#sessions.find(session);
    if (known === FORGOTTEN) return { ok: false, reason: "unknown" };
    if (known !== undefined) {
      return { ok: true, index: known.index, term: known.term, result: known.result as R }; // of this group
    }
    this.#index++;
    const position = { index: this.#index, term: TERM };
    const { result, writes, facts = [] } = this.machine.apply(command, position);
    if (session !== undefined) this.#sessions.save(session, { ...position, result });
    const store = `${this.group}@${this.#host.id}`;
    if (writes.length > 0) this.#host.record({ kind: "durable", store, txn: this.#index, writes });
    for (const fact of facts) this.#host.record(fact);
    this.#watchDeadlines();
    return { ok: true, ...position, result };
  }

  async readBarrier(): Promise<boolean> {
    return true;
  }

  #watchDeadlines(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const deadlines = this.machine.deadlines();
    const first = deadlines.reduce<(typeof deadlines)[number] | undefined>(
      (earliest, deadline) => (earliest && earliest.after <= deadline.after ? earliest : deadline),
      undefined,
    );
    if (first === undefined) return;
    this.#timer = this.#host.after(Math.max(MILLISECOND, first.after), () => {
      void this.propose(first.command, undefined);
    });
  }
}
