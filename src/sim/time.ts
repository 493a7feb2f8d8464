/**
 * Virtual time. Every time and every duration in a universe is a whole number of
 * microseconds, so that arithmetic is exact and the same on every machine.
 */

/** A point in time or a duration, in whole microseconds of virtual time. */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;

/** `n` milliseconds as microseconds; fractions of a microsecond are cut off. */
export const ms = (n: number): Micros => Math.floor(n * MILLISECOND);

/** `n` seconds as microseconds; fractions of a microsecond are cut off. */
export const seconds = (n: number): Micros => Math.floor(n * SECOND);
