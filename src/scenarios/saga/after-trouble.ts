/**
 * Customers go on when the trouble is over: runs are started, cancelled and listed through the quiet period, and each is as quick
 * as if nothing had ever been wrong. Other scenarios end their workload before the heal.
 */
import { type FaultKind, faultsOf, SECOND, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { RUNNER_GROUND, SCOPE, sagaScenario } from "./define.js";

const RUNNER_KINDS: readonly FaultKind[] = ["crash", "pause", "partition"];
const KINDS: readonly FaultKind[] = ["crash", "disk-stall", "external-slow", "external-hang"];

export const afterTrouble = sagaScenario({
  id: "saga-after-trouble",
  title: "customers go on when the trouble is over",
  shows:
    "Runners and the database crash, stand still and are cut off in the first half; runs are started, cancelled and listed in both. After the trouble every question is " +
    "answered at once, every run is over soon, and the auditor's findings are true.",
  workload: {
    deployments: { min: 6, max: 12 },
    proofs: { min: 2, max: 5 },
    lists: { min: 4, max: 10 },
    cleanUps: { min: 0, max: 2 },
    tampers: { min: 0, max: 3 },
    to: 46 * SECOND,
  },
  storm: together(
    faultsOf(RUNNER_KINDS, RUNNER_GROUND, { min: 1, max: 3 }),
    faultsOf(KINDS, SCOPE, { min: 1, max: 4 }),
  ),
  mustFire: [...RUNNER_KINDS, "disk-stall", "external-slow", "external-hang"],
  certain: [GOALS.completed, "customers-are-answered", "runs-are-over-soon", "cloud-lists-what-it-holds"],
  goals: [GOALS.completed, GOALS.rolledBack, GOALS.rescued, GOALS.driftFound],
});
