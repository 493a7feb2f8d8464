/**
 * Randomness: independent streams forked by name off one seed.
 *
 * A stream's draws depend on its name and on how often it was drawn from, and on nothing else. That
 * is what makes shrinking work: without one fault, every other fault draws what it drew before. The
 * generator is seedrandom's `alea`, which uses only exact floating-point steps and therefore gives
 * the same numbers on every engine. Decisions are taken on integers.
 */
import seedrandom from "seedrandom";

const TWO_POW_32 = 0x1_0000_0000;
const TWO_POW_MINUS_32 = 1 / TWO_POW_32;

/**
 * What the streams of one universe have in common. When another era begins, each of them goes on, from its next draw
 * on, as another stream: up to there the universe is the same, after it chance falls otherwise.
 */
export class StreamEpoch {
  /** Counts up; streams compare it with the era that they were seeded in. */
  number = 0;
  /** Distinguishes a stream from the same stream of other eras. */
  name = "";

  begin(name: string): void {
    this.number++;
    this.name = name;
  }
}

/** Streams outside a universe know no other era. */
const ONLY_ERA = new StreamEpoch();

export class Random {
  readonly #name: string;
  readonly #era: StreamEpoch;
  /** The era that it was seeded in; streams that are never drawn from are never seeded. */
  #seededIn = -1;
  // The generator's state: here and not behind the library's closures, since universes draw from thousands of streams, each now and then.
  #s0 = 0.5;
  #s1 = 0.5;
  #s2 = 0.5;
  #carry = 1;

  /** @param name the full name of the stream; the first part is by custom the plan's seed. */
  constructor(name: string, era: StreamEpoch = ONLY_ERA) {
    this.#name = name;
    this.#era = era;
  }

  /** Another stream, independent of this one: its draws take nothing from this one's. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`, this.#era);
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    if (this.#seededIn !== this.#era.number) this.#seed();
    // One step of alea.
    const sum = 2_091_639 * this.#s0 + this.#carry * TWO_POW_MINUS_32;
    const carry = sum | 0;
    const next = sum - carry;
    this.#s0 = this.#s1;
    this.#s1 = this.#s2;
    this.#s2 = next;
    this.#carry = carry;
    return (next * TWO_POW_32) >>> 0;
  }

  /** A whole number in [0, bound); 0 when the bound is 1 or less. */
  below(bound: number): number {
    return bound <= 1 ? 0 : Math.floor((this.uint32() * bound) / TWO_POW_32);
  }

  /** A whole number in [low, high], both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True for the given share of draws; `ratio` is in [0, 1]. Always draws once. */
  chance(ratio: number): boolean {
    return this.uint32() < ratio * TWO_POW_32;
  }

  /** One of the items; a RangeError when there are none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (items.length === 0) throw new RangeError("cannot pick from an empty list");
    return item as T; // the index is within the list
  }

  /** A new list with the same items in a random order. */
  shuffle<T>(items: readonly T[]): T[] {
    const result = items.slice();
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = result[i] as T;
      result[i] = result[j] as T;
      result[j] = swap;
    }
    return result;
  }

  #seed(): void {
    const { number, name } = this.#era;
    this.#seededIn = number;
    const full = name === "" ? this.#name : `${this.#name}/${name}`;
    const { s0, s1, s2, c } = seedrandom.alea(full, { state: true }).state();
    this.#s0 = s0;
    this.#s1 = s1;
    this.#s2 = s2;
    this.#carry = c;
  }
}

/**
 * A distribution as a table of 1,024 whole numbers: a draw is one look-up, exact on every engine,
 * where inverse logarithms would differ in their last bit.
 */
export type Table = Int32Array;

const TABLE_SIZE = 1024;

/**
 * Builds a table from quantiles.
 *
 * @param quantiles ascending pairs [share, value]; the first share is 0 and the last is 1. Values between two
 *   pairs lie on a straight line.
 * @param scale every value is multiplied by this before it is rounded down.
 */
export function tableOf(
  quantiles: readonly (readonly [share: number, value: number])[],
  scale: number,
): Table {
  const table = new Int32Array(TABLE_SIZE);
  let upper = 1;
  for (let i = 0; i < TABLE_SIZE; i++) {
    const share = (i + 0.5) / TABLE_SIZE;
    while (upper < quantiles.length - 1 && (quantiles[upper]?.[0] ?? 1) < share) upper++;
    const [fromShare, from] = quantiles[upper - 1] ?? [0, 0];
    const [toShare, to] = quantiles[upper] ?? [1, from];
    table[i] = Math.floor((from + ((to - from) * (share - fromShare)) / (toShare - fromShare)) * scale);
  }
  return table;
}

/** One draw from a table. */
export function draw(table: Table, random: Random): number {
  return table[random.uint32() >>> 22] ?? 0;
}
