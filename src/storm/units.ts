/**
 * Times and shares as scenarios write them: `ms(20)` is a time, `ms(10, 500)` is any time between the two, to be drawn.
 * Times are whole microseconds, shares are numbers from 0 to 1.
 */
import * as fc from "fast-check";
import { MILLISECOND, type Micros, SECOND, ms as wholeMs, seconds as wholeSeconds } from "../sim/time.js";

/** So many milliseconds; fractions of a microsecond are cut off. */
export function ms(n: number): Micros;
/** Any number of whole milliseconds between the two. */
export function ms(low: number, high: number): fc.Arbitrary<Micros>;
export function ms(low: number, high?: number): Micros | fc.Arbitrary<Micros> {
  if (high === undefined) return wholeMs(low);
  return fc.integer({ min: low, max: high }).map((n) => n * MILLISECOND);
}

/** So many seconds; fractions of a microsecond are cut off. */
export function seconds(n: number): Micros;
/** Any time between the two. */
export function seconds(low: number, high: number): fc.Arbitrary<Micros>;
export function seconds(low: number, high?: number): Micros | fc.Arbitrary<Micros> {
  if (high === undefined) return wholeSeconds(low);
  return fc.integer({ min: low * SECOND, max: high * SECOND });
}

/** So many hundredths. */
export function percent(n: number): number;
/** Any whole number of hundredths between the two. */
export function percent(low: number, high: number): fc.Arbitrary<number>;
export function percent(low: number, high?: number): number | fc.Arbitrary<number> {
  if (high === undefined) return low / 100;
  return fc.integer({ min: low, max: high }).map((n) => n / 100);
}
