/**
 * A consumer: keeps the replica of one grain up to date by polling the replication log.
 *
 * It sleeps, reads a batch of entries after its cursor, works out the newest state that they lead to, puts
 * that into the replica store and moves its cursor. A full batch is followed by the next one at once. Of
 * complete states only the last one counts; changes are folded into the state that they follow, and where one
 * doesn't follow, a snapshot is read instead. Entries that nobody here can decode are passed over with an
 * alarm. A read that failed, and a store without room, leave the cursor where it is.
 *
 * It stops when it is told to stop, not whenever a signal reaches it.
 */
import { type Host, ms, TIMED_OUT } from "seedstorm";
import { GOALS } from "./goals.js";
import { changed, decode, type Entry, fold, type GrainState, UNWRITTEN } from "./grain.js";
import type { MirrorKnobs } from "./knobs.js";
import type { ReplicaStore } from "./replica-store.js";
import { ShutdownWatch } from "./shutdown.js";
import { READ_FROM, SNAPSHOT } from "./wire.js";

/** What a batch comes to. */
interface Target {
  readonly state: GrainState;
  /** The entry that has brought it there; undefined when nothing has. */
  readonly newest: Entry | undefined;
  /** A change that follows a state which is not there. */
  readonly gap: boolean;
  /** Something stands in the log that the state doesn't have. */
  readonly behind: boolean;
}

export class Consumer {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #log: string;
  readonly #grain: string;
  readonly #store: ReplicaStore;
  readonly #shutdown = new ShutdownWatch();
  readonly #name: string;
  /** Entries up to here are dealt with. */
  #cursor: number;
  /** What was last put into the store. */
  #state: GrainState;
  /** Something in the log, up to the cursor, is not in the state. */
  #behind = false;
  /** Reads of the log so far, and how many of them were full. */
  #asked = 0;
  #full = 0;

  constructor(host: Host, knobs: MirrorKnobs, log: string, grain: string, store: ReplicaStore) {
    this.#host = host;
    this.#knobs = knobs;
    this.#log = log;
    this.#grain = grain;
    this.#store = store;
    this.#name = `${grain}@${host.id}`;
    this.#state = host.defect("RW2") ? UNWRITTEN : store.state(grain);
    this.#cursor = this.#state.sequence;
    if (this.#cursor > 0 && host.incarnation > 1) host.reached(GOALS.resumed);
  }

  /** Tells the consumer whether it should stop. */
  signal(value: boolean): void {
    this.#shutdown.send(value);
  }

  /** Resolves when the consumer was shut down; nothing is applied after. */
  async run(): Promise<void> {
    const { pollInterval } = this.#knobs;
    this.#recordLife("stopped", "running");
    for (;;) {
      const woken = await this.#shutdown.sleep(this.#host, pollInterval);
      if (woken === "sent") {
        if (this.#shutdown.value || this.#host.defect("RW10")) break;
        this.#host.reached(GOALS.signalIgnored);
      } else if (this.#host.defect("RW13")) {
        void this.#catchUp();
      } else {
        await this.#catchUp();
      }
    }
    this.#recordLife("running", "stopped");
    this.#host.reached(GOALS.stopped);
  }

  async #catchUp(): Promise<void> {
    while ((await this.#poll()) && !this.#shutdown.value && !this.#host.defect("RW3")) {
      this.#host.reached(GOALS.polledAgain);
    }
  }

  /** Reads one batch and applies it. True: it was full, so there may be more. */
  async #poll(): Promise<boolean> {
    const { batchLimit, readTimeout } = this.#knobs;
    const poll = this.#store.pollSent();
    const request = { grain: this.#grain, after: this.#cursor, limit: batchLimit };
    this.#asked++;
    const entries = await this.#host.request(READ_FROM, this.#log, request, readTimeout);
    if (this.#host.buggify("mirror/consumer-dawdles")) await this.#host.sleep(ms(300));
    if (this.#shutdown.value && !this.#host.defect("RW13")) return false;
    if (entries === TIMED_OUT) return this.#failed();
    if (entries.length > 0 && !(await this.#apply(entries))) return false;
    const full = entries.length === batchLimit;
    if (full) this.#full++;
    if (full || this.#behind) poll.timer.cancel();
    else this.#store.confirm(this.#grain, poll);
    return full;
  }

  /** False: something failed, and the cursor stands where it stood. */
  async #apply(entries: readonly Entry[]): Promise<boolean> {
    const last = entries[entries.length - 1]?.sequence ?? this.#cursor;
    if (this.#host.defect("RW4") && entries.some((entry) => decode(entry) === undefined))
      return this.#failed();
    if (this.#host.defect("RW1") && entries.some((entry) => entry.type === "delta")) {
      this.#moved("refused", last, entries.length);
      return true;
    }
    let target = this.#target(entries);
    if (target.gap) {
      const snapshot = await this.#snapshot(target);
      if (snapshot === undefined || this.#shutdown.value) return this.#failed();
      target = snapshot;
    }
    const { state, newest, behind } = target;
    if (newest !== undefined) {
      if ((await this.#store.update(this.#grain, state, newest.timestamp)) === "no-room")
        return this.#failed();
      this.#state = state;
    }
    this.#behind = behind;
    this.#moved(newest === undefined ? "passed" : "applied", Math.max(last, state.sequence), entries.length);
    return true;
  }

  #target(entries: readonly Entry[]): Target {
    const { deltaReplay } = this.#knobs;
    let state = this.#state;
    let newest: Entry | undefined;
    let gap = false;
    let behind = this.#behind;
    let previous = this.#cursor;
    for (const entry of entries) {
      const decoded = decode(entry);
      // Without replay a change matters only when what it follows is out of sight: that may be a complete state.
      const outOfSight = decoded?.type === "delta" && decoded.after > previous;
      previous = entry.sequence;
      if (decoded === undefined) {
        this.#host.reached(GOALS.undecodablePassed);
        behind = true;
      } else if (decoded.type === "full-state") {
        state = decoded.state;
        newest = entry;
        gap = false;
        behind = false;
      } else if (!deltaReplay) {
        this.#host.reached(GOALS.deltaPassed);
        gap ||= outOfSight;
        behind = true;
      } else if (decoded.after === state.sequence) {
        this.#host.reached(GOALS.deltaFolded);
        const whole = this.#host.defect("RW11") ? UNWRITTEN : state;
        state = changed(whole, decoded.sequence, decoded.set);
        newest = entry;
        behind = false;
      } else {
        gap = true;
        behind = true;
      }
    }
    return { state, newest, gap, behind };
  }

  /** Where a snapshot of the log leads to, if that is further; undefined when the log doesn't answer. */
  async #snapshot(target: Target): Promise<Target | undefined> {
    const request = { grain: this.#grain };
    const chain = await this.#host.request(SNAPSHOT, this.#log, request, this.#knobs.readTimeout);
    if (chain === TIMED_OUT) return undefined;
    const usable = this.#knobs.deltaReplay ? chain : chain.slice(0, 1);
    const state = fold(UNWRITTEN, usable);
    if (state.sequence <= target.state.sequence) return target;
    this.#host.reached(GOALS.resynchronised);
    const newest = chain.find((entry) => entry.sequence === state.sequence);
    return { state, newest, gap: false, behind: usable.length < chain.length };
  }

  #failed(): false {
    const before = this.#cursor;
    if (this.#host.defect("RW12")) this.#cursor += this.#knobs.batchLimit;
    this.#recordPoll("failed", before, 0);
    return false;
  }

  #moved(outcome: string, cursor: number, read: number): void {
    const before = this.#cursor;
    this.#cursor = cursor;
    this.#recordPoll(outcome, before, read);
  }

  #recordPoll(outcome: string, before: number, read: number): void {
    const detail = { before, after: this.#cursor, read, asked: this.#asked, full: this.#full };
    this.#host.record({
      kind: "state",
      entity: "poll",
      name: this.#name,
      from: "reading",
      to: outcome,
      detail,
    });
  }

  #recordLife(from: string, to: string): void {
    const detail = { cursor: this.#cursor, asked: this.#asked, full: this.#full };
    this.#host.record({ kind: "state", entity: "consumer", name: this.#name, from, to, detail });
  }
}
