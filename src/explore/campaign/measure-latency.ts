/** How long clients waited in one run, and when its faults were active: counted, or added to what others came to. */

import { durationOf } from "../../sim/faults/catalogue.js";
import type { Micros } from "../../sim/time.js";
import { asBegun } from "../../sim/triggers.js";
import type { Outcome, System } from "../../storm/scenario.js";
import {
  addAt,
  bucketOf,
  countIn,
  emptyLatency,
  type Latency,
  listOf,
  SHORTEST_WINDOW,
  SLICES_PER_WINDOW,
  widen,
  windowAt,
} from "./latency.js";

const MOST_WINDOWS = 64;

/** Of one run; undefined where the system names nothing that anybody waits for. */
export function latencyOf(outcome: Outcome, system: System): Latency | undefined {
  if (system.latencies === undefined) return undefined;
  const latency = emptyLatency();
  addRunTo(latency, outcome, system);
  return latency;
}

/** Adds one run: the same as adding what it comes to alone, for less. */
export function addRunTo(sum: Latency, { plan, history, virtualTime }: Outcome, { latencies }: System): void {
  if (latencies === undefined) return;
  sum.runs++;
  sum.until = Math.max(sum.until, virtualTime);
  const window = windowFor(virtualTime);
  while (sum.window < window) widen(sum);
  for (const [name, all] of Object.entries(latencies(history))) {
    const windows = listOf(sum.series, name);
    for (const { at, took } of all) {
      const own = windowAt(windows, Math.floor(at / sum.window));
      own.begun++;
      if (took === undefined) own.open++;
      else countIn(own.took, bucketOf(took), 1);
    }
  }
  const slice = sum.window / SLICES_PER_WINDOW;
  for (const fault of asBegun(plan.faults, history, plan.topology)) {
    if (fault.at >= virtualTime) continue;
    const active = listOf(sum.faults, fault.kind);
    // What happens in a moment is shown as one slice, as it would be in a chart of this run alone.
    const end = Math.min(virtualTime, fault.at + Math.max(durationOf(fault), window / SLICES_PER_WINDOW));
    for (let index = Math.floor(fault.at / slice); index * slice < end; index++) {
      addAt(active, index, Math.min(end, (index + 1) * slice) - Math.max(fault.at, index * slice));
    }
  }
}

function windowFor(virtualTime: Micros): Micros {
  let window = SHORTEST_WINDOW;
  while (window * MOST_WINDOWS < virtualTime) window *= 2;
  return window;
}
