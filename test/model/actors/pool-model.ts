/**
 * What a pool does, without actors, promises and timers: lists of names, and a clock that is set. Written from the promises of
 * `pool-api.ts`, for differential tests.
 */
import type { PoolConfig } from "../../../src/model/actors/pool-api.js";

interface Waiting {
  readonly name: number;
  readonly until: number;
}

export class PoolModel {
  now = 0;
  /** When each actor that is free became so, in that order. */
  idle: number[] = [];
  lent = new Set<number>();
  /** Lent to somebody, and dead since. */
  lost = new Set<number>();
  waiting: Waiting[] = [];
  /** What became of each checkout: `lent`, `timed-out`, `refused`. */
  readonly answers = new Map<number, string>();
  size: number;
  readonly #config: PoolConfig;
  #growAt = 0;
  #shrinkAt: number;

  constructor(config: PoolConfig) {
    this.#config = config;
    this.#shrinkAt = config.cooldown;
    this.size = config.initialSize;
    this.idle = Array.from({ length: this.size }, () => 0);
  }

  checkout(name: number): void {
    if (this.idle.length > 0) {
      this.idle.pop();
      this.#lend(name);
    } else if (this.waiting.length >= (this.#config.maxWaiters ?? Number.POSITIVE_INFINITY)) {
      this.answers.set(name, "refused");
    } else {
      this.waiting.push({ name, until: this.now + this.#config.checkoutTimeout });
    }
    this.#rescale();
  }

  /** The lease that this checkout led to is given back; perhaps not for the first time. */
  checkin(name: number): void {
    if (!this.lent.delete(name)) return;
    this.#free();
    this.#rescale();
  }

  /** The actor that was lent so ends, and there is another. */
  crash(name: number): void {
    if (!this.lent.delete(name)) return;
    this.lost.add(name);
    this.#free();
    this.#rescale();
  }

  advance(to: number): void {
    for (;;) {
      const due = this.#nextDue();
      if (due > to) break;
      this.now = due;
      for (const { name, until } of this.waiting) if (until <= due) this.answers.set(name, "timed-out");
      this.waiting = this.waiting.filter(({ until }) => until > due);
      this.#rescale();
    }
    this.now = to;
  }

  #lend(name: number): void {
    this.answers.set(name, "lent");
    this.lent.add(name);
  }

  #free(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(this.now);
    else this.#lend(next.name);
  }

  #wanted(): number {
    const { scaleFactor, minStep, maxStep, minSize, maxSize, scaleUpAbove, scaleDownBelow } = this.#config;
    const step = Math.max(minStep, Math.min(maxStep, Math.floor(scaleFactor * this.size)));
    const load = this.size === 0 ? this.waiting.length : (this.lent.size + this.waiting.length) / this.size;
    if (load > scaleUpAbove) return Math.min(this.size + step, maxSize);
    return load < scaleDownBelow ? Math.max(this.size - step, minSize) : this.size;
  }

  #rescale(): void {
    const { cooldown, idleTimeout } = this.#config;
    const wanted = this.#wanted();
    const before = this.size;
    if (wanted > before && this.now >= this.#growAt) {
      for (let more = wanted - before; more > 0; more--) this.#free();
      this.size = wanted;
    }
    if (wanted < before && this.now >= this.#shrinkAt)
      this.size -= this.idle.splice(0, before - wanted).length;
    if (this.size !== before) {
      this.#growAt = this.now + cooldown;
      this.#shrinkAt = this.#growAt;
    }
    while (this.#canSpareOne() && this.now - (this.idle[0] ?? this.now) >= idleTimeout) {
      this.idle.shift();
      this.size--;
    }
  }

  #canSpareOne(): boolean {
    const left = this.size - 1;
    return (
      left >= this.#config.minSize && this.lent.size + this.waiting.length <= this.#config.scaleUpAbove * left
    );
  }

  #nextDue(): number {
    const times = this.waiting.map(({ until }) => until);
    times.push(this.#wanted() > this.size ? this.#growAt : this.#shrinkAt);
    const oldest = this.idle[0];
    if (oldest !== undefined && this.#canSpareOne()) times.push(oldest + this.#config.idleTimeout);
    return Math.min(...times.filter((time) => time > this.now), Number.POSITIVE_INFINITY);
  }
}
