/**
 * What is called fresh is fresh: R10.
 *
 * Staleness is counted in true time: a replica is so stale as the oldest row is old that it doesn't show. It
 * reads `maxAge` and `skewBound` from the plan; clocks that drift stretch `maxAge`, and the plan's drifts are
 * added up for that.
 */
import type { Micros, Plan } from "seedstorm";
import { type Property, time, when, where, whole } from "seedstorm/check";
import { mirrorState, placeOfGrain, type Row } from "./state.js";

const MILLION = 1_000_000;

/** How stale, in true time, a fresh replica may be. */
function longest(plan: Plan): Micros | undefined {
  const { maxAge, skewBound } = plan.knobs;
  if (typeof maxAge !== "number" || typeof skewBound !== "number") return undefined;
  let slow = 0;
  for (const fault of plan.faults) if (fault.kind === "clock-drift" && fault.ppm < 0) slow -= fault.ppm;
  return Math.ceil((maxAge * MILLION) / (MILLION - Math.min(slow, MILLION / 2))) + skewBound;
}

export const freshMeansFresh: Property = {
  id: "fresh-means-fresh",
  alias: "R10",
  kind: "always",
  sentence: "A replica that is called fresh is no staler than `maxAge` and the bound on skew allow.",
  subscribes: ["durable", "state"],
  start(context) {
    const state = context.view(mirrorState);
    const bound = longest(context.plan);

    /** The oldest row of a grain that a replica at this sequence lacks. */
    function oldestMissing(grain: string, sequence: number): Row | undefined {
      const { rows } = state.log(grain);
      let missing: Row | undefined;
      for (let i = rows.length - 1; i >= 0; i--) {
        const row = rows[i];
        if (row === undefined || row.sequence <= sequence) break;
        if (row.type !== "other") missing = row;
      }
      return missing;
    }

    return {
      on(event) {
        if (bound === undefined || event.kind !== "state") return;
        if (event.entity !== "replica-read" || event.to !== "fresh") return;
        const sequence = whole(event.detail, "sequence") ?? 0;
        const { grain } = placeOfGrain(event.name);
        const missing = oldestMissing(grain, sequence);
        context.checked();
        if (missing === undefined) return;
        const staleness = event.at - missing.event.at;
        if (staleness <= bound) return;
        context.violated(
          event.name,
          `The replica of ${grain} showed sequence ${sequence} as fresh ${where(event)}, but sequence ${missing.sequence} was in the log since ${when(missing.event)}: ${time(staleness)} stale, at most ${time(bound)} is allowed.`,
          [missing.event, event],
        );
      },
    };
  },
};
