/**
 * The clock of one machine, and how it lies.
 *
 * It can be off by a constant (skew), run fast or slow (drift), jump either way, flip between two times
 * (strobe) and stand still (freeze). The wall clock does all of that. The monotonic clock drifts and can stand
 * still, but it never goes back and never jumps. Timers follow its rate, those that are pending when the rate
 * changes too; a frozen clock stands still when it is read, while timers, which real machines drive by other
 * hardware, go on. What a drift has gained or lost stays when it ends; after a freeze the wall clock catches up. A leap
 * second sets the wall clock back for good, at once or bit by bit; the local time may be that of a wrong zone.
 *
 * A system must survive this because machines are set by hand, synchronised in steps, migrated while they run,
 * and because quartz is cheap.
 */
import { type CivilTime, civilTime, DEFAULT_EPOCH, type Zone } from "./civil.js";
import type { HostClock } from "./host.js";
import type { CivilStart } from "./spec.js";
import { type Micros, SECOND } from "./time.js";

const MILLION = 1_000_000;
/** However many drifts come together, a clock never runs slower than a tenth of true time. */
const SLOWEST_PPM = -900_000;

interface Strobe {
  readonly by: Micros;
  readonly period: Micros;
  readonly since: Micros;
  readonly onNoticed: () => void;
}

/** A leap second that the wall clock takes in bit by bit. */
interface Smear {
  readonly since: Micros;
  readonly length: Micros;
}

/** How a reading is wrong: the wall clock by an offset, both clocks by their rate, by standing still, or the local time's zone. */
export type ClockError = "offset" | "rate" | "freeze" | "zone";

const UNIVERSAL: CivilStart = { epoch: DEFAULT_EPOCH, zone: "UTC" };

interface Watcher {
  readonly clockError: ClockError;
  readonly onNoticed: () => void;
}

const unnoticed = (): void => {};

export class MachineClock implements HostClock {
  readonly #trueTime: () => Micros;
  /** True time and monotonic reading when the rate last changed. */
  #since: Micros = 0;
  #monotonicThen: Micros = 0;
  /** The sum of all drifts, and what the clock makes of it. */
  #drifts = 0;
  #ppm = 0;
  /** Faults that freeze it at present; the first to begin and the last to end count. */
  #freezes = 0;
  /** Added to the monotonic reading to get the wall clock. */
  #offset: Micros = 0;
  #strobes: Strobe[] = [];
  readonly #smears: Smear[] = [];
  readonly #civil: CivilStart;
  /** Zones that it was set to by mistake; the latest counts. */
  #wrongZones: { readonly zone: Zone }[] = [];
  /** Notified of every reading that a lie has made wrong. */
  #watchers: readonly Watcher[] = [];
  /**
   * Set by the machine: moves its pending timers, when the rate changes, to the times that the function gives for
   * theirs. Returns whether any was moved.
   */
  onRateChange: ((when: (at: Micros) => Micros) => boolean) | undefined = undefined;

  constructor(trueTime: () => Micros, civil: CivilStart = UNIVERSAL) {
    this.#trueTime = trueTime;
    this.#civil = civil;
  }

  now(): Micros {
    const now = this.#trueTime();
    if (this.#watchers.length > 0) this.#notice(now, true);
    let reading = this.#read(now) + this.#offset;
    for (const strobe of this.#strobes) {
      const phase = Math.floor((now - strobe.since) / strobe.period) % 2;
      if (phase === 0) continue;
      reading += strobe.by;
      strobe.onNoticed();
    }
    for (const { since, length } of this.#smears)
      reading -= Math.min(SECOND, Math.floor(((now - since) * SECOND) / length));
    return reading;
  }

  unix(): Micros {
    return this.#civil.epoch + this.now();
  }

  local(): CivilTime {
    if (this.#watchers.length > 0) this.#notify("zone");
    return civilTime(this.unix(), this.#wrongZones.at(-1)?.zone ?? this.#civil.zone);
  }

  monotonic(): Micros {
    const now = this.#trueTime();
    if (this.#watchers.length > 0) this.#notice(now, false);
    return this.#read(now);
  }

  /** How long a timer of `duration` takes in true time. */
  trueDuration(duration: Micros): Micros {
    if (this.#ppm === 0) return duration;
    const stretched = this.#stretched(duration);
    if (stretched !== duration) this.#notify("rate");
    return stretched;
  }

  /** Offset by `by`, either way: a skew while it lasts, a jump when it is never taken back. */
  shift(by: Micros): void {
    this.#offset += by;
  }

  /** Parts per million by which it is fast (or slow, when negative). */
  drift(ppm: number): void {
    const now = this.#trueTime();
    const since = this.#since;
    const before = this.#ppm;
    const elapsedAt = (at: Micros): Micros => at - since + Math.floor(((at - since) * before) / MILLION);
    const elapsed = elapsedAt(now);
    this.#rebase();
    this.#drifts += ppm;
    this.#ppm = Math.max(SLOWEST_PPM, this.#drifts);
    if (this.#ppm === before) return;
    // A timer is due when the clock has run as far as it would have run by then at the old rate.
    if (this.onRateChange?.((at) => now + this.#stretched(elapsedAt(at) - elapsed))) this.#notify("rate");
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

  /**
   * Flips the wall clock back and forth by `by`, every `period`; `onNoticed` is called for readings while it
   * is off. Returns how to end it.
   */
  strobe(by: Micros, period: Micros, onNoticed: () => void = unnoticed): () => void {
    const strobe: Strobe = { by, period, since: this.#trueTime(), onNoticed };
    this.#strobes.push(strobe);
    return () => {
      this.#strobes = this.#strobes.filter((other) => other !== strobe);
    };
  }

  /** A leap second is inserted: the wall clock loses a second, evenly over `smear`, or at once for 0. */
  leap(smear: Micros): void {
    if (smear === 0) this.#offset -= SECOND;
    else this.#smears.push({ since: this.#trueTime(), length: smear });
  }

  /** Has it keep the local time of another zone. Returns how to end that. */
  setZone(zone: Zone): () => void {
    const wrong = { zone };
    this.#wrongZones = [...this.#wrongZones, wrong];
    return () => {
      this.#wrongZones = this.#wrongZones.filter((other) => other !== wrong);
    };
  }

  /** Tells `onNoticed` of every reading, and of every timer, that a lie of this sort has made wrong. */
  watch(clockError: ClockError, onNoticed: () => void): void {
    this.#watchers = [...this.#watchers, { clockError, onNoticed }];
  }

  unwatch(onNoticed: () => void): void {
    this.#watchers = this.#watchers.filter((watcher) => watcher.onNoticed !== onNoticed);
  }

  #notice(now: Micros, wall: boolean): void {
    if (wall) this.#notify("offset");
    const elapsed = now - this.#since;
    if (this.#freezes > 0) {
      if (elapsed > 0) this.#notify("freeze");
    } else if (Math.floor((elapsed * this.#ppm) / MILLION) !== 0) {
      this.#notify("rate");
    }
  }

  #notify(clockError: ClockError): void {
    for (const watcher of this.#watchers) if (watcher.clockError === clockError) watcher.onNoticed();
  }

  #stretched(duration: Micros): Micros {
    return Math.ceil((duration * MILLION) / (MILLION + this.#ppm));
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
