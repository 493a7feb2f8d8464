/**
 * The timers of one simulated process: first in, first out among those due at the same time, as in Node.
 *
 * The world breaks ties of events by the seed; Node doesn't, and programs rely on that. So a process keeps a queue of its own,
 * ordered by (due, number), and has one event of the world under way for its head. Each timer runs in an event of its own, so
 * that next-ticks and promises settle between two of them. Immediates are timers that are due at once. `unref` is noted and
 * has no effect: a simulated process does not exit because it has nothing left to do.
 */
import type { Host, Timer } from "../../sim/host.js";
import { MILLISECOND, type Micros } from "../../sim/time.js";

/** What Node makes of a longer or unusable delay. */
const SHORTEST_MS = 1;
const LONGEST_MS = 2_147_483_647;

type Callback = (...args: unknown[]) => unknown;

/** What `setTimeout`, `setInterval` and `setImmediate` return. */
export class Timeout {
  due: Micros = 0;
  /** Orders those that are due at the same time; -1 while it does not wait. */
  number = -1;
  #referenced = true;

  constructor(
    readonly queue: TimerQueue,
    /** What a program may clear it by, besides the object itself. */
    readonly id: number,
    readonly delay: Micros,
    readonly repeats: boolean,
    readonly run: () => void,
  ) {}

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  /** Begins its delay anew. */
  refresh(): this {
    this.queue.remove(this);
    this.queue.add(this);
    return this;
  }

  close(): this {
    this.queue.remove(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    this.queue.remember(this);
    return this.id;
  }
}

export class TimerQueue {
  readonly #host: Host;
  /** Waiting timers, by (due, number). */
  readonly #waiting: Timeout[] = [];
  /** Those that were turned into a number: a program may clear them by it. */
  readonly #byId = new Map<number, Timeout>();
  #numbers = 0;
  #ids = 0;
  #armed: { readonly due: Micros; readonly timer: Timer } | undefined;
  #ended = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Runs `callback` after `ms` milliseconds as Node reads them, again and again if it repeats. */
  timeout(callback: Callback, ms: unknown, args: unknown[] = [], repeats = false): Timeout {
    const number = Number(ms ?? SHORTEST_MS);
    const delay = number >= SHORTEST_MS && number <= LONGEST_MS ? Math.trunc(number) : SHORTEST_MS;
    return this.#start(delay * MILLISECOND, repeats, callback, args);
  }

  immediate(callback: Callback, args: unknown[] = []): Timeout {
    return this.#start(0, false, callback, args);
  }

  /** Takes out what `setTimeout` and the like returned, or its number; anything else is let pass, as in Node. */
  clear(timer: unknown): void {
    if (timer instanceof Timeout) {
      this.remove(timer);
      this.#byId.delete(timer.id);
    } else if (typeof timer === "number" || typeof timer === "string") {
      const known = this.#byId.get(Number(timer));
      if (known !== undefined) this.clear(known);
    }
  }

  remember(timer: Timeout): void {
    this.#byId.set(timer.id, timer);
  }

  add(timer: Timeout): void {
    if (this.#ended) return;
    timer.due = this.#host.clock.monotonic() + timer.delay;
    timer.number = this.#numbers++;
    const at = this.#position(timer);
    this.#waiting.splice(at, 0, timer);
    if (at === 0) this.#arm();
  }

  remove(timer: Timeout): void {
    if (timer.number < 0) return;
    this.#waiting.splice(this.#position(timer), 1);
    timer.number = -1;
  }

  /** The process is over: nothing fires any more. */
  end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
    this.#armed?.timer.cancel();
  }

  #start(delay: Micros, repeats: boolean, callback: Callback, args: unknown[]): Timeout {
    const run = args.length === 0 ? (callback as () => void) : () => void callback(...args);
    const timer = new Timeout(this, ++this.#ids, delay, repeats, run);
    this.add(timer);
    return timer;
  }

  /** Where it stands, or would. New ones are the last of their time, so the search begins at the end. */
  #position({ due, number }: Timeout): number {
    const waiting = this.#waiting;
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = waiting[middle] as Timeout; // below the length, so filled
      if (other.due < due || (other.due === due && other.number < number)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    if (this.#armed !== undefined) {
      if (this.#armed.due <= first.due) return;
      this.#armed.timer.cancel();
    }
    const { due } = first;
    const timer = this.#host.after(due - this.#host.clock.monotonic(), () => this.#fire(due));
    this.#armed = { due, timer };
  }

  /** Runs the first timer, unless what this event was for was cleared meanwhile. */
  #fire(due: Micros): void {
    this.#armed = undefined;
    const timer = this.#waiting[0];
    if (timer === undefined || timer.due > due) {
      this.#arm();
      return;
    }
    this.#waiting.shift();
    timer.number = -1;
    if (timer.repeats) this.add(timer);
    else this.#byId.delete(timer.id);
    this.#arm();
    timer.run();
  }
}
