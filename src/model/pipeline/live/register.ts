/**
 * One key of a bucket as a replicated machine: whoever asks reads the machine's state, applies his command to it, and writes the
 * new state in the place of the one that he read. Who loses that race reads again. The machines are those of the simulation;
 * what runs out by itself is ended by whoever has seen the same revision for as long as it may last, by his own clock.
 *
 * A write without an answer may have been done, and so may one that is said to have lost its race: servers were seen to answer so
 * to what they had stored. It carries the name of its request, so that the next read shows: a write that
 * comes late finds its revision gone.
 */
import { type Host, type Json, type Micros, ms, type Timer, type Write } from "seedstorm";
import type { Bucket, Looked, Put } from "seedstorm/live";
import type { Command, StateMachine } from "../../replication/machine.js";

/** A revision of the key. */
export interface Entry {
  /** The machine's state. */
  readonly state: Json;
  /** How often the key was moved. */
  readonly version: number;
  /** What the command wrote, as replicas would have recorded it. */
  readonly writes: readonly Write[];
  /** The request that wrote it, and what it was answered. */
  readonly by: string;
  readonly result: Json;
}

/** What became of a command. */
export type Asked<R> =
  | { readonly status: "done"; readonly result: R }
  /** Certainly not done. */
  | { readonly status: "unavailable" }
  /** May have been done. */
  | { readonly status: "unknown" };

/** How it is asked. */
export interface Question<C> {
  readonly command: C;
  /** Different for every request. */
  readonly by: string;
  readonly timeout: Micros;
  /** What is answered at once by who loses a race; only a planted defect does not read again. */
  readonly onLostRace?: Json;
}

/** A machine's log knows no terms. */
const TERM = 1;
const PAUSE = ms(100);

type Found = Exclude<Looked, { readonly status: "silent" }>;

/** What came of a write. That it lost its race was answered, too, to writes that had been done. */
type Moved<R> = (Asked<R> & { readonly status: "done" }) | Exclude<Put, { readonly status: "stored" }>;

/** A write of which it is not known whether it was done. */
interface Unanswered {
  /** The revision that it was to follow. */
  readonly after: number;
}

export class Register<C extends Command, R> {
  readonly #host: Host;
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #fresh: () => StateMachine<C, R>;
  #watched: { readonly revision: number; readonly timer: Timer } | undefined;
  #expiries = 0;

  constructor(host: Host, bucket: Bucket, key: string, fresh: () => StateMachine<C, R>) {
    this.#host = host;
    this.#bucket = bucket;
    this.#key = key;
    this.#fresh = fresh;
  }

  /** The state as it is read; undefined where nobody answers. */
  async look(timeout: Micros): Promise<StateMachine<C, R> | undefined> {
    const until = this.#host.clock.monotonic() + timeout;
    for (;;) {
      const looked = await this.#bucket.get(this.#key);
      if (looked.status !== "silent") return this.#machine(looked);
      if (this.#host.clock.monotonic() >= until) return undefined;
      await this.#host.sleep(PAUSE);
    }
  }

  async ask(question: Question<C>): Promise<Asked<R>> {
    const until = this.#host.clock.monotonic() + question.timeout;
    let unanswered: Unanswered | undefined;
    for (;;) {
      const looked = await this.#bucket.get(this.#key);
      if (looked.status !== "silent") {
        const came = await this.#cameOf(question.by, unanswered, looked);
        if (typeof came === "object") return { status: "done", result: came.result as unknown as R }; // as `#move` wrote it
        if (came === "not-done") unanswered = undefined;
        if (came !== "unclear") {
          const moved = await this.#move(question, looked);
          if (moved.status === "done") return moved;
          if (moved.status !== "nobody") unanswered ??= { after: revisionOf(looked) };
        }
      }
      if (this.#host.clock.monotonic() >= until)
        return { status: unanswered === undefined ? "unavailable" : "unknown" };
      await this.#host.sleep(PAUSE);
    }
  }

  /**
   * What came of a write that was not answered: its entry; or it was not done and never will be; or it may still be, in the place
   * that this client writes to again (`open`); or that can't be said now.
   */
  async #cameOf(
    by: string,
    unanswered: Unanswered | undefined,
    looked: Found,
  ): Promise<Entry | "not-done" | "open" | "unclear"> {
    if (unanswered === undefined) return "not-done";
    const { after } = unanswered;
    if (revisionOf(looked) <= after) return "open";
    const later = await this.#bucket.since(this.#key, after);
    if (later === undefined || later.length === 0) return "unclear";
    return later.map(({ value }) => entryIn(value)).find((entry) => entry.by === by) ?? "not-done";
  }

  /** Applies a command to what was found, and writes what comes of it. */
  async #move({ command, by, onLostRace }: Question<C>, looked: Found): Promise<Moved<R>> {
    const machine = this.#machine(looked);
    const version = looked.status === "found" ? entryIn(looked.value).version + 1 : 1;
    const { result, writes, facts } = machine.apply(command, { index: version, term: TERM });
    if (writes.length > 0) {
      const entry: Entry = {
        state: machine.snapshot(),
        version,
        writes,
        by,
        result: result as unknown as Json,
      }; // plain data
      const put = await this.#bucket.put(this.#key, entry as unknown as Json, revisionOf(looked));
      if (put.status === "lost-race" && onLostRace !== undefined)
        return { status: "done", result: onLostRace as unknown as R }; // what the machine might have answered
      if (put.status !== "stored") return put;
      this.#watch(put.revision, machine);
    }
    for (const fact of facts ?? []) this.#host.record(fact);
    return { status: "done", result };
  }

  #machine(looked: Found): StateMachine<C, R> {
    const machine = this.#fresh();
    if (looked.status === "absent") return machine;
    machine.restore(entryIn(looked.value).state);
    this.#watch(looked.revision, machine);
    return machine;
  }

  /** From now on a revision has been seen for as long as its deadline lasts, unless another one is seen before. */
  #watch(revision: number, machine: StateMachine<C, R>): void {
    if (this.#watched !== undefined && this.#watched.revision >= revision) return;
    this.#watched?.timer.cancel();
    this.#watched = undefined;
    const [deadline] = machine.deadlines();
    if (deadline === undefined) return;
    const timer = this.#host.after(deadline.after, () => void this.#expire(revision, deadline.command));
    this.#watched = { revision, timer };
  }

  async #expire(revision: number, command: C): Promise<void> {
    this.#watched = undefined; // should nothing come of it, whoever looks next begins anew
    const looked = await this.#bucket.get(this.#key);
    if (looked.status === "silent") return;
    if (revisionOf(looked) !== revision) {
      this.#machine(looked);
      return;
    }
    this.#expiries += 1;
    const by = `${this.#host.id}#${this.#host.incarnation}:${this.#key} expires ${this.#expiries}`;
    await this.#move({ command, by, timeout: 0 }, looked);
  }
}

const entryIn = (value: Json): Entry => value as unknown as Entry; // as `#move` wrote it

const revisionOf = (looked: Looked): number => (looked.status === "found" ? looked.revision : 0);
