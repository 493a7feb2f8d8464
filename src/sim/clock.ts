/**
 * The clock of one machine, and how it lies.
 *
 * It can be off by a constant (skew), run fast or slow (drift), jump either way, flip between two times
 * (strobe) and stand still (freeze). The wall clock does all of that. The monotonic clock drifts and can stand
 * still, but it never goes back and never jumps. Timers run at the drifted rate that holds when they
 * are set; a frozen clock stands still when it is read, while timers, which real machines drive by other
 * hardware, go on.
 *
 * A system must survive this because machines are set by hand, synchronised in steps, migrated while they run,
 * and because quartz is cheap.
 */
import type { HostClock } from "./host.js";
import type { Micros } from "./time.js";

const MILLION = 1_000_000;

interface Strobe {
  readonly by: Micros;
  readonly period: Micros;
  readonly since: Micros;
}

export class MachineClock implements HostClock {
  readonly #trueTime: () => Micros;
  /** True time and monotonic reading when the rate last changed. */
  #since: Micros = 0;
  #monotonicThen: Micros = 0;
  #ppm = 0;
  /** Faults that freeze it at present; the first to begin and the last to end count. */
  #freezes = 0;
  /** Added to the monotonic reading to get the wall clock. */
  #offset: Micros = 0;
  #strobes: Strobe[] = [];
  /** Called at every reading while the clock lies: tells the fault that it was noticed. */
  #watchers: (() => void)[] = [];

  constructor(trueTime: () => Micros) {
    this.#trueTime = trueTime;
  }

  now(): Micros {
    if (this.#watchers.length > 0) for (const watcher of this.#watchers) watcher();
    let reading = this.#read(this.#trueTime()) + this.#offset;
    for (const strobe of this.#strobes) {
      const phase = Math.floor((this.#trueTime() - strobe.since) / strobe.period) % 2;
      if (phase === 1) reading += strobe.by;
    }
    return reading;
  }

  monotonic(): Micros {
    if (this.#watchers.length > 0) for (const watcher of this.#watchers) watcher();
    return this.#read(this.#trueTime());
  }

  /** How long a timer of `duration` takes in true time. */
  trueDuration(duration: Micros): Micros {
    if (this.#ppm === 0) return duration;
    for (const watcher of this.#watchers) watcher();
    return Math.ceil((duration * MILLION) / (MILLION + this.#ppm));
  }

  /** Offset by `by`, either way: a skew while it lasts, a jump when it is never taken back. */
  shift(by: Micros): void {
    this.#offset += by;
  }

  /** Parts per million by which it is fast (or slow, when negative). */
  drift(ppm: number): void {
    this.#rebase();
    this.#ppm += ppm;
  }

  freeze(): void {
    this.#rebase();
    this.#freezes++;
  }

  /** Goes on from where it stood; the wall clock catches up. */
  thaw(): void {
    if (--this.#freezes > 0) return;
    const now = this.#trueTime();
    this.#offset += now - this.#since;
    this.#since = now;
  }

  /** Flips the wall clock `by` to and fro, every `period`. Returns how to end it. */
  strobe(by: Micros, period: Micros): () => void {
    const strobe: Strobe = { by, period, since: this.#trueTime() };
    this.#strobes.push(strobe);
    return () => {
      this.#strobes = this.#strobes.filter((other) => other !== strobe);
    };
  }

  watch(watcher: () => void): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  unwatch(watcher: () => void): void {
    this.#watchers = this.#watchers.filter((other) => other !== watcher);
  }

  #read(now: Micros): Micros {
    if (this.#freezes > 0) return this.#monotonicThen;
    const elapsed = now - this.#since;
    if (this.#ppm === 0) return this.#monotonicThen + elapsed;
    return this.#monotonicThen + elapsed + Math.floor((elapsed * this.#ppm) / MILLION);
  }

  #rebase(): void {
    const now = this.#trueTime();
    this.#monotonicThen = this.#read(now);
    // While frozen, `#since` stays where the freeze began, so that thawing knows how much to catch up.
    if (this.#freezes === 0) this.#since = now;
  }
}
