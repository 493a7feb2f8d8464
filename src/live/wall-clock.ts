/**
 * The servers stamp what they store by the machine's wall clock, everybody else's facts are stamped by its monotonic clock. On one
 * machine the difference of the two is a number, as long as nobody sets the wall clock: it is measured when a drill begins and
 * when it ends, and a drill over which it changed has no order.
 */
import { DrillError } from "./nats-server.js";

/** The wall clock's milliseconds begin at exact moments: this many of them are watched for. */
const TICKS = 24;
/** What the measurement may be off by, and a slow clock may be pulled. */
const TOLERATED_NS = 2_000_000n;
const NS_PER_MS = 1_000_000n;

/** By how many nanoseconds the wall clock is ahead of the monotonic one. */
export function wallAhead(): bigint {
  let most: bigint | undefined;
  for (let i = 0; i < TICKS; i++) {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    // A tick that is noticed late makes the difference smaller: the largest is the one that was noticed first.
    const ahead = BigInt(now) * NS_PER_MS - process.hrtime.bigint();
    if (most === undefined || ahead > most) most = ahead;
  }
  return most ?? 0n;
}

/** @throws DrillError where the wall clock was set in between. */
export function checkUnset(before: bigint, after: bigint): void {
  const change = after > before ? after - before : before - after;
  if (change <= TOLERATED_NS) return;
  throw new DrillError(
    `the machine's wall clock was set during the drill, by ${change / NS_PER_MS} ms: what the servers stored can't be put in order with what happened besides`,
    "failed",
  );
}

/** Nanoseconds since 1970 of a time as servers write it: `2026-01-31T10:20:30.123456789Z`, with as many digits as it takes. */
export function nanosecondsOf(stamp: string): bigint {
  const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(stamp) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * NS_PER_MS + BigInt(fraction.padEnd(9, "0"));
}
