/**
 * Nearly every run is cancelled, at any moment of its life, while messages are lost, late and doubled and
 * runners stand still. A cancel that was durable in time is heeded; one that comes too late changes nothing.
 */

import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { heldCalls } from "./cloud-links.js";
import { SCOPE, sagaScenario } from "./define.js";

const KINDS: readonly FaultKind[] = ["loss", "duplication", "reorder", "slow-link", "pause", "crash"];

export const cancels = sagaScenario({
  id: "saga-cancels",
  title: "cancels that race the steps of their runs",
  shows:
    "Most runs are cancelled, before, during and after their steps. Where the cancel was durable before the last step began, the run is compensated and " +
    "nothing is left; where it came too late, it is said so and nothing changes.",
  workload: { deployments: { min: 4, max: 9 }, proofs: { min: 2, max: 5 }, cancelled: 80, doomed: 10 },
  storm: together(faultsOf(KINDS, SCOPE, { min: 1, max: 5 }), heldCalls(SCOPE.from, SCOPE.healAt, 2)),
  mustFire: [...KINDS, "clog"],
  goals: [
    GOALS.completed,
    GOALS.rolledBack,
    GOALS.cancelledUnstarted,
    GOALS.cancelledUnderWay,
    GOALS.cancelTooLate,
    GOALS.rescued,
    GOALS.lateCallRefused,
  ],
});
