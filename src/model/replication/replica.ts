/**
 * One copy of a replicated resource: the log and what is on disk of it, the configurations in it, and the state that
 * comes of applying what is committed, in order. Who leads, and why, is not known here.
 */
import { crc32, type Host, type Json, MILLISECOND } from "seedstorm";
import { invariant } from "../invariant.js";
import { Applier } from "./applier.js";
import type { Configuration, MemberRecord } from "./configuration.js";
import type { Entry } from "./entry.js";
import type { Log, LogMark } from "./log.js";
import type { Command, Session, StateMachine } from "./machine.js";
import { ConfigurationHistory, keepsContent, memberOf } from "./membership.js";
import type { Outcome, SavedResult } from "./sessions.js";
import { ENTRIES_KEPT, STATE_BYTES_PER_ENTRY } from "./settings.js";
import { decodeState, encodeState, type Snapshot } from "./snapshot-file.js";
import { type Recovered, Storage, type StorageListener } from "./storage.js";

/** The member whose copy this is. */
export interface ReplicaListener extends Omit<StorageListener, "onIdle"> {
  /** Another configuration is in force. */
  onConfiguration(): void;
}

/** What a leader does with its copy as the log goes on. */
export interface Office {
  /** The log file can be written to again. */
  flush(): void;
  onApplied(entry: Entry, outcome: Outcome | undefined): void;
  /** As much is applied as is committed. */
  afterApply(): void;
}

/** The earliest that a snapshot is taken when trouble is welcome. */
const EARLY_SNAPSHOT_AFTER = 8;
const SLOW_APPLY_AT_MOST = 100 * MILLISECOND;
/** What a witness has for a state. */
const NOTHING = new Uint8Array(0);

export class Replica<C extends Command, R> {
  readonly host: Host;
  readonly group: string;
  readonly machine: StateMachine<C, R>;
  readonly storage: Storage;
  /** All of what is in the log. */
  readonly log: Log;
  /** As long as this member leads. */
  office: Office | undefined;
  readonly #listener: ReplicaListener;
  readonly #store: string;
  readonly #first: Configuration;
  readonly #snapshotEvery: number;
  #configurations: ConfigurationHistory;
  readonly #applier: Applier<C, R>;
  #commit = 0;
  #applied = 0;
  #snapshot: Snapshot | undefined;
  #appliesLater = false;

  constructor(
    host: Host,
    group: string,
    machine: StateMachine<C, R>,
    first: Configuration,
    snapshotEvery: number,
    listener: ReplicaListener,
  ) {
    this.host = host;
    this.group = group;
    this.machine = machine;
    this.#applier = new Applier(host, group, machine);
    this.storage = new Storage(host, group, {
      onStable: () => listener.onStable(),
      onTrouble: () => listener.onTrouble(),
      onIdle: () => this.office?.flush(),
    });
    this.log = this.storage.log;
    this.#listener = listener;
    this.#store = `${group}@${host.id}`;
    this.#first = first;
    this.#snapshotEvery = snapshotEvery;
    this.#configurations = new ConfigurationHistory(first);
  }

  get commit(): number {
    return this.#commit;
  }

  /** Index of the last entry that was applied. */
  get applied(): number {
    return this.#applied;
  }

  get configurations(): ConfigurationHistory {
    return this.#configurations;
  }

  get configuration(): Configuration {
    return this.#configurations.current;
  }

  /** The newest one: what a follower is sent that needs what was compacted away. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** What the configuration says of this host, if it means this very identity of it. */
  get ownRecord(): MemberRecord | undefined {
    const record = memberOf(this.configuration, this.host.id);
    return record?.contentGeneration === this.storage.contentGeneration ? record : undefined;
  }

  /** Reads what the disk kept, or makes a fresh copy on the host's first boot. */
  async recover(contentGeneration: number): Promise<Recovered> {
    const recovered = await this.storage.recover(contentGeneration);
    if (recovered.status === "lost") return recovered;
    const { snapshot } = recovered;
    if (snapshot !== undefined) {
      this.#snapshot = snapshot;
      this.#commit = snapshot.index;
      this.#restore(snapshot);
      if (snapshot.configurationIndex > 0) this.host.reached("raft: recovered-with-changed-members");
    }
    const { configuration = this.#first, configurationIndex = 0, index = 0 } = snapshot ?? {};
    this.#configurations = new ConfigurationHistory(configuration, configurationIndex);
    for (const entry of this.log.slice(this.log.base.index + 1, Number.MAX_SAFE_INTEGER)) {
      if (entry.index > index) this.#configurations.append(entry);
    }
    return recovered;
  }

  /** Adds one entry behind the last one. */
  append(entry: Entry): void {
    this.log.append(entry);
    if (entry.payload.kind !== "members") return;
    this.#configurations.append(entry);
    this.#listener.onConfiguration();
  }

  /** Puts a leader's entries into the log, and cuts off what contradicts them. */
  take(entries: readonly Entry[], end: number): void {
    const { log, host } = this;
    for (const entry of entries) {
      if (entry.index <= log.base.index) continue;
      const term = log.termAt(entry.index);
      if (term === entry.term) continue;
      if (term !== undefined) this.cutAfter(entry.index - 1);
      this.append(entry);
    }
    if (log.lastIndex > end && host.defect("truncate-on-stale-append")) this.cutAfter(end);
    if (entries.length > 0) this.storage.flush();
  }

  /** Drops the tail behind `index`. */
  cutAfter(index: number): void {
    this.storage.cutAfter(index);
    if (this.#configurations.index > index) this.host.reached("raft: membership-undone");
    this.#configurations.cutAfter(index);
    this.#listener.onConfiguration();
  }

  /** Where a log that differs at `index` may agree with this one: before all of the term that stands there. */
  beforeTermAt(index: number): number {
    const term = this.log.termAt(index);
    let before = index - 1;
    while (before > this.#commit && this.log.termAt(before) === term) before--;
    return before;
  }

  /** Everything up to `index` is committed, and applied now, or soon. */
  commitTo(index: number): void {
    if (index <= this.#commit) return;
    invariant(index <= this.log.lastIndex, "nothing is committed that is not in the log");
    this.#commit = index;
    if (this.#appliesLater) return;
    if (!this.host.buggify("raft/slow-apply")) {
      this.#apply();
      return;
    }
    this.#appliesLater = true;
    this.host.after(this.host.random.below(SLOW_APPLY_AT_MOST), () => {
      this.#appliesLater = false;
      this.#apply();
    });
  }

  /** Takes over a leader's snapshot, unless this copy has got that far by itself. */
  install(snapshot: Snapshot): void {
    const { index, chain } = snapshot;
    if (index <= this.#commit) return;
    if (this.log.mark(index)?.chain === chain) {
      this.commitTo(index);
      return;
    }
    this.storage.installSnapshot(snapshot);
    this.#configurations.reset(snapshot.configuration, snapshot.configurationIndex);
    this.#snapshot = snapshot;
    this.#commit = index;
    this.#restore(snapshot);
    this.#recordInstalled(snapshot);
    this.host.reached("raft: snapshot-installed");
    this.#listener.onConfiguration();
  }

  /** Takes a snapshot if one is due. It can only be taken of what is stable. */
  takeSnapshot(): void {
    const applied = this.#applied;
    const since = applied - (this.#snapshot?.index ?? 0);
    if (since < this.#snapshotEvery) {
      if (since < EARLY_SNAPSHOT_AFTER || !this.host.buggify("raft/early-snapshot")) return;
    }
    // A large state is written less often: what snapshots cost stays in proportion to what is logged.
    if (since * STATE_BYTES_PER_ENTRY < (this.#snapshot?.state.length ?? 0)) return;
    const mark = this.log.mark(applied);
    if (mark === undefined || applied > this.storage.stableIndex) return;
    const { configuration, index } = this.#configurationFor(applied);
    const own = memberOf(configuration, this.host.id);
    const withState = own === undefined || keepsContent(own);
    this.#snapshot = this.#capture(mark, configuration, index, withState);
    this.#configurations.compactTo(applied);
    this.storage.saveSnapshot(this.#snapshot, applied - ENTRIES_KEPT);
  }

  /** What came of a request, if it was applied before. */
  find(session: Session): Outcome | undefined {
    return this.#applier.find(session);
  }

  /**
   * How entries that are not committed would come out if they were applied now. Leaves no trace: the machine's state is
   * put back, at the cost of a list of all that is in it, and results are saved beside the sessions.
   */
  rehearse(entries: readonly Entry[]): (Outcome | undefined)[] {
    const before = this.machine.snapshot();
    const sessions = this.#applier.sessions.rehearsal();
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

  #apply(): void {
    while (this.#applied < this.#commit) {
      const entry = this.log.get(this.#applied + 1);
      if (entry === undefined) break;
      this.#applied = entry.index;
      const outcome = this.#applier.apply(entry, this.office !== undefined);
      this.office?.onApplied(entry, outcome);
    }
    invariant(this.#applied <= this.#commit, "nothing is applied before it is committed");
    this.office?.afterApply();
    this.takeSnapshot();
  }

  /** The configuration that a snapshot at an index says. */
  #configurationFor(index: number): { readonly index: number; readonly configuration: Configuration } {
    if (this.host.defect("snapshot-with-first-members")) return { index: 0, configuration: this.#first };
    return this.#configurations.at(index);
  }

  /** The state as it is now, which is the state at `mark`. */
  #capture(
    mark: LogMark,
    configuration: Configuration,
    configurationIndex: number,
    withState: boolean,
  ): Snapshot {
    const { index, chain } = mark;
    const term = this.host.defect("snapshot-without-last-term") ? 0 : mark.term;
    const state = withState
      ? encodeState([this.machine.snapshot(), this.#applier.sessions.snapshot()])
      : NOTHING;
    const digest = crc32(state);
    return { index, term, chain, configuration, configurationIndex, state, digest };
  }

  /** Takes over the state of a snapshot. */
  #restore(snapshot: Snapshot): void {
    invariant(snapshot.index >= this.#applied, "no snapshot takes back what was applied");
    this.#applied = snapshot.index;
    if (snapshot.state.length === 0) return;
    const [machine, sessions] = decodeState(snapshot.state) as [Json, Json]; // as captured
    this.machine.restore(machine);
    this.#applier.sessions.restore(sessions);
  }

  /** What a leader's snapshot stands for, in the history. */
  #recordInstalled({ index, term, digest, state }: Snapshot): void {
    if (state.length === 0) return;
    const writes = [{ key: "snapshot", value: { index, term, digest } }];
    this.host.record({ kind: "durable", store: this.#store, txn: index, writes });
  }
}
