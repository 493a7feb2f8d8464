/**
 * How early a deadline may end as true time counts.
 *
 * Deadlines run on the leader's monotonic clock, which a drift fault makes run fast; all drifts of a plan are added
 * up, as if one clock had them all at once, so that what is called too early is too early by any clock. Jumps,
 * strobes and frozen clocks move only what a clock shows.
 */
import { MILLISECOND, type Micros, type Plan } from "seedstorm";

const MILLION = 1_000_000;
/** For rounding in conversions between clocks. */
const SLACK: Micros = MILLISECOND;

/** The least true time that a deadline of `duration` can take in this plan's universe. */
export function earliestEnd(plan: Plan, duration: Micros): Micros {
  let ppm = 0;
  for (const fault of plan.faults) if (fault.kind === "clock-drift" && fault.ppm > 0) ppm += fault.ppm;
  return Math.max(0, Math.floor((duration * MILLION) / (MILLION + ppm)) - SLACK);
}
