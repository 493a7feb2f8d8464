/**
 * Applies the commands of a log to a state machine, once each, and remembers what clients were answered. What changed is recorded
 * by every replica; facts that belong to the whole group are recorded once, by the one that is asked to. Where the log comes
 * from, and what is committed of it, is not known here.
 */
import type { Host } from "seedstorm";
import type { Entry } from "./entry.js";
import type { Command, Session, StateMachine } from "./machine.js";
import { type Outcome, type SavedResult, Sessions } from "./sessions.js";

export class Applier<C extends Command, R> {
  readonly machine: StateMachine<C, R>;
  readonly sessions = new Sessions();
  readonly #host: Host;
  readonly #store: string;

  constructor(host: Host, group: string, machine: StateMachine<C, R>) {
    this.#host = host;
    this.#store = `${group}@${host.id}`;
    this.machine = machine;
  }

  /** What came of a request, if it was applied before. */
  find(session: Session): Outcome | undefined {
    return this.sessions.find(session);
  }

  /** Applies the entry that follows; undefined for one that is none of the state machine's business. */
  apply(
    { index, term, payload }: Pick<Entry, "index" | "term" | "payload">,
    records: boolean,
  ): Outcome | undefined {
    if (payload.kind !== "command") return undefined;
    const { session } = payload;
    const known = session && this.sessions.find(session);
    if (known !== undefined && !this.#host.defect("dedupe-read-from-stale-follower")) return known;
    const { result, writes, facts } = this.machine.apply(payload.command as C, { index, term }); // this group's commands
    const saved: SavedResult = { index, term, result };
    if (session !== undefined) this.sessions.save(session, saved);
    if (writes.length > 0) this.#host.record({ kind: "durable", store: this.#store, txn: index, writes });
    if (records && facts !== undefined) for (const fact of facts) this.#host.record(fact);
    return saved;
  }
}
