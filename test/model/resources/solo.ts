/**
 * A replication group of one: applies what it is given after a moment, watches deadlines, knows its clients'
 * sessions, and never fails. Its log lives as long as the test, whatever happens to the host.
 */
import type {
  Command,
  GroupMember,
  Proposed,
  Session,
  StateMachine,
} from "../../../src/model/replication/machine.js";
import type { Host, Timer } from "../../../src/sim/host.js";
import { MILLISECOND } from "../../../src/sim/time.js";

export class SoloGroup<C extends Command, R> implements GroupMember<C, R> {
  isLeader = true;
  readonly term = 1;
  leader: string | undefined;
  readonly #timers = new Map<string, { readonly generation: number; readonly timer: Timer }>();
  readonly #answered = new Map<string, Proposed<R>>();
  #index = 0;

  constructor(
    readonly host: Host,
    readonly group: string,
    readonly machine: StateMachine<C, R>,
  ) {
    this.leader = host.id;
  }

  async propose(command: C, session: Session | undefined): Promise<Proposed<R>> {
    await this.host.sleep(MILLISECOND);
    if (!this.isLeader) return { ok: false, reason: "not-leader", leader: this.leader };
    const key = session === undefined ? undefined : `${session.client}/${session.sequence}`;
    const known = key === undefined ? undefined : this.#answered.get(key);
    if (known !== undefined) return known;
    this.#index += 1;
    const {
      result,
      writes,
      facts = [],
    } = this.machine.apply(command, { index: this.#index, term: this.term });
    const store = `${this.group}@${this.host.id}`;
    if (writes.length > 0) this.host.record({ kind: "durable", store, txn: this.#index, writes });
    for (const fact of facts) this.host.record(fact);
    this.#watch();
    const proposed = { ok: true, index: this.#index, term: this.term, result } as const;
    if (key !== undefined) this.#answered.set(key, proposed);
    return proposed;
  }

  async readBarrier(): Promise<boolean> {
    await this.host.sleep(MILLISECOND);
    return this.isLeader;
  }

  #watch(): void {
    const running = new Set<string>();
    for (const { key, generation, after, command } of this.machine.deadlines()) {
      running.add(key);
      const known = this.#timers.get(key);
      if (known?.generation === generation) continue;
      known?.timer.cancel();
      const timer = this.host.after(after, () => this.propose(command, undefined));
      this.#timers.set(key, { generation, timer });
    }
    for (const [key, { timer }] of this.#timers) {
      if (running.has(key)) continue;
      timer.cancel();
      this.#timers.delete(key);
    }
  }
}
