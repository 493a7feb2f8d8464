/**
 * Runners die, stand still and lose sight of the database, clocks drift, and operators enqueue by hand what
 * they believe to be stuck. Runs are rescued by other runners, and never executed by two.
 */

import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { RUNNER_GROUND, SCOPE, sagaScenario } from "./define.js";

const RUNNER_KINDS: readonly FaultKind[] = ["crash", "pause", "partition", "clog"];
const CLOCKS: readonly FaultKind[] = ["clock-drift", "clock-freeze", "clock-jump"];

export const rescue = sagaScenario({
  id: "saga-rescue",
  title: "runners that die, hang and come back, and runs that others rescue",
  shows:
    "Runners crash, are paused past their leases and are cut off from the database; clocks drift and freeze; jobs are enqueued by hand while the first ones live. Every " +
    "run is taken up by somebody, by one runner at a time, and ends.",
  workload: { deployments: { min: 4, max: 9 }, reEnqueues: { min: 1, max: 5 } },
  storm: together(
    faultsOf([...RUNNER_KINDS, "pause", "pause"], RUNNER_GROUND, { min: 3, max: 8 }),
    faultsOf(CLOCKS, SCOPE, { min: 1, max: 3 }),
    faultsOf(["external-slow"], SCOPE, { min: 1, max: 3 }),
  ),
  knobs: { buggify: true },
  mustFire: [...RUNNER_KINDS, ...CLOCKS, "external-slow"],
  goals: [
    GOALS.completed,
    GOALS.rescued,
    GOALS.resumedForward,
    GOALS.leaseLost,
    GOALS.fenced,
    GOALS.secondJobWaited,
    GOALS.claimLost,
    GOALS.stepRaised,
  ],
});
