/**
 * One seed, one plan: plans are drawn from fast-check arbitraries, and the seed alone decides what is drawn.
 */
import * as fc from "fast-check";

const TWO_POW_32 = 0x1_0000_0000;

/** The value that an arbitrary has for a seed; a pure function of both. Seeds are whole numbers, 0 to 2^53 - 1. */
export function generate<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  return sampled(arbitrary, folded(seed));
}

/**
 * As `generate`, by numbers that have nothing to do with those of any other purpose. Neighbouring seeds have nothing in
 * common either: fast-check's generator begins alike for seeds that are alike, which shows in what is drawn first.
 */
export function generateFor<T>(purpose: "universe" | "storm", arbitrary: fc.Arbitrary<T>, seed: number): T {
  let hash = folded(seed) ^ PURPOSES[purpose];
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return sampled(arbitrary, hash ^ (hash >>> 16));
}

const PURPOSES = { universe: 0x3c6ef372, storm: 0x1b873593 } as const;

/** fast-check takes 32 bits: the upper ones are folded in, so that no two small seeds meet. */
function folded(seed: number): number {
  return ((seed % TWO_POW_32) ^ Math.imul(Math.floor(seed / TWO_POW_32), 0x9e3779b1)) | 0;
}

function sampled<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  const [value] = fc.sample(fc.noBias(arbitrary), { seed, numRuns: 1 });
  return value as T; // one run gives one value
}
