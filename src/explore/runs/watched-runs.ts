/**
 * The other side of the watch: runs that this thread does for somebody who watches it. Each says that it has begun, and writes
 * down where it is; between them, while what came of one is reported, the watch waits.
 */
import type { Plan } from "../../sim/plan.js";
import { installTraps } from "../../sim/traps/install.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import type { Verification } from "../../storm/verify.js";
import { beginRun, rest } from "./shared-cells.js";
import { outcomeOf, scenarioAmong } from "./task.js";
import type { Watched } from "./watch.js";

export interface WatchedRuns {
  readonly scenarios: readonly Scenario[];
  run(plan: Plan): Promise<Outcome>;
  /** Runs the plan twice and compares every event. The outcome is the first run's. */
  verify(plan: Plan): Promise<Verification>;
}

/** @param load loads the scenarios, which may keep functions by their names: what is trapped is trapped before that. */
export async function watchedRuns(
  { cells, position }: Pick<Watched, "cells" | "position">,
  load: () => Promise<readonly Scenario[]>,
): Promise<WatchedRuns> {
  installTraps();
  const scenarios = await load();
  const scenarioOf = scenarioAmong(scenarios, "the scenarios that were loaded");
  const verified = async (plan: Plan, verify: boolean): Promise<Verification> => {
    beginRun(cells);
    try {
      return await outcomeOf(plan, verify, scenarioOf(plan.scenario), position);
    } finally {
      rest(cells);
    }
  };
  return {
    scenarios,
    run: async (plan) => (await verified(plan, false)).outcome,
    verify: (plan) => verified(plan, true),
  };
}
