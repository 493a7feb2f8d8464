/**
 * One seed, one plan: plans are drawn from fast-check arbitraries, and the seed alone decides what is drawn.
 */
import * as fc from "fast-check";

const TWO_POW_32 = 0x1_0000_0000;

/** The value that an arbitrary has for a seed; a pure function of both. Seeds are whole numbers, 0 to 2^53 - 1. */
export function generate<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  // fast-check takes 32 bits: fold the upper ones in, so that no two small seeds meet.
  const folded = ((seed % TWO_POW_32) ^ Math.imul(Math.floor(seed / TWO_POW_32), 0x9e3779b1)) | 0;
  const [value] = fc.sample(fc.noBias(arbitrary), { seed: folded, numRuns: 1 });
  return value as T; // one run gives one value
}
