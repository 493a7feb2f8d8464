/**
 * Applies committed entries to the state machine, in order, once each, and remembers clients' results. What changed is
 * recorded by every replica; facts that belong to the whole group are recorded by the one that leads.
 */
import { crc32, type Host, type Json } from "seedstorm";
import type { Configuration } from "./configuration.js";
import type { Entry } from "./entry.js";
import type { LogMark } from "./log.js";
import type { Command, Session, StateMachine } from "./machine.js";
import { type FORGOTTEN, type SavedResult, Sessions } from "./sessions.js";
import { decodeState, encodeState, type Snapshot } from "./snapshot-file.js";

/** What became of an entry; FORGOTTEN for a repeat whose result nobody should be waiting for. */
export type Outcome = SavedResult | typeof FORGOTTEN;

/** What a witness has for a state. */
const NOTHING = new Uint8Array(0);

export class Applier<C extends Command, R> {
  readonly machine: StateMachine<C, R>;
  readonly #host: Host;
  readonly #store: string;
  readonly #sessions = new Sessions();
  #applied = 0;

  constructor(host: Host, group: string, machine: StateMachine<C, R>) {
    this.#host = host;
    this.#store = `${group}@${host.id}`;
    this.machine = machine;
  }

  /** Index of the last entry that was applied. */
  get applied(): number {
    return this.#applied;
  }

  /** What came of a request, if it was applied before. */
  find(session: Session): Outcome | undefined {
    return this.#sessions.find(session);
  }

  /** Applies the entry that follows; undefined for one that is none of the state machine's business. */
  apply(entry: Entry, leads: boolean): Outcome | undefined {
    this.#applied = entry.index;
    const { index, term, payload } = entry;
    if (payload.kind !== "command") return undefined;
    const { session } = payload;
    const known = session && this.#sessions.find(session);
    if (known !== undefined && !this.#host.defect("dedupe-read-from-stale-follower")) return known;
    const { result, writes, facts } = this.machine.apply(payload.command as C, { index, term }); // this group's commands
    const saved: SavedResult = { index, term, result };
    if (session !== undefined) this.#sessions.save(session, saved);
    if (writes.length > 0) this.#host.record({ kind: "durable", store: this.#store, txn: index, writes });
    if (leads && facts !== undefined) for (const fact of facts) this.#host.record(fact);
    return saved;
  }

  /**
   * How entries that are not committed would come out if they were applied now. Leaves no trace: the machine's state is
   * put back, at the cost of a list of all that is in it, and results are saved beside the sessions.
   */
  rehearse(entries: readonly Entry[]): (Outcome | undefined)[] {
    const before = this.machine.snapshot();
    const sessions = this.#sessions.rehearsal();
    const outcomes: (Outcome | undefined)[] = [];
    for (const { index, term, payload } of entries) {
      if (payload.kind !== "command") {
        outcomes.push(undefined);
        continue;
      }
      const { session } = payload;
      let outcome = session && sessions.find(session);
      if (outcome === undefined) {
        const { result } = this.machine.apply(payload.command as C, { index, term }); // as above
        const saved: SavedResult = { index, term, result };
        if (session !== undefined) sessions.save(session, saved);
        outcome = saved;
      }
      outcomes.push(outcome);
    }
    this.machine.restore(before);
    return outcomes;
  }

  /** The state as it is now, which is the state at `mark`. */
  snapshot(
    mark: LogMark,
    configuration: Configuration,
    configurationIndex: number,
    withState: boolean,
  ): Snapshot {
    const { index, chain } = mark;
    const term = this.#host.defect("snapshot-without-last-term") ? 0 : mark.term;
    const state = withState ? this.#capture() : NOTHING;
    const digest = crc32(state);
    return { index, term, chain, configuration, configurationIndex, state, digest };
  }

  /** Takes over the state of a snapshot. */
  restore(snapshot: Snapshot): void {
    this.#applied = snapshot.index;
    if (snapshot.state.length > 0) this.#put(snapshot.state);
  }

  /** A snapshot came from the leader: what it stands for is told to the history. */
  install(snapshot: Snapshot): void {
    this.restore(snapshot);
    if (snapshot.state.length === 0) return;
    const { index, term, digest } = snapshot;
    const writes = [{ key: "snapshot", value: { index, term, digest } }];
    this.#host.record({ kind: "durable", store: this.#store, txn: index, writes });
  }

  #capture(): Uint8Array {
    return encodeState([this.machine.snapshot(), this.#sessions.snapshot()]);
  }

  #put(state: Uint8Array): void {
    const [machine, sessions] = decodeState(state) as [Json, Json]; // as captured
    this.machine.restore(machine);
    this.#sessions.restore(sessions);
  }
}
