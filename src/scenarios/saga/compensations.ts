/**
 * Many runs fail or are cancelled, and many of their compensations fail too: resources are protected, the
 * cloud is out of order, runners crash while they compensate. What was not taken back shows, and is removed
 * by an operator.
 */

import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { CLOUD_LINK_KINDS, cloudLinks } from "./cloud-links.js";
import { RUNNER_GROUND, SCOPE, sagaScenario } from "./define.js";

const CLOUD_KINDS: readonly FaultKind[] = ["external-errors", "external-hang", "external-lost-reply"];

export const compensations = sagaScenario({
  id: "saga-compensations",
  title: "compensations that fail, and runners that crash in the midst of them",
  shows:
    "Most runs turn round, and the way back is as rough: protected resources, refused and lost calls, crashes. A run is rolled back only if everything " +
    "was taken back; otherwise it ends as failed, its ledger says where, and an operator's rollback removes the rest.",
  workload: { doomed: 70, protected: 40, cancelled: 30, cleanUps: { min: 1, max: 3 } },
  storm: together(
    faultsOf(CLOUD_KINDS, SCOPE, { min: 1, max: 4 }),
    cloudLinks(SCOPE.from, SCOPE.healAt),
    faultsOf(["crash-point", "crash", "pause"], RUNNER_GROUND, { min: 1, max: 4 }),
  ),
  mustFire: [...CLOUD_KINDS, ...CLOUD_LINK_KINDS, "crash-point", "crash", "pause"],
  goals: [
    GOALS.rolledBack,
    GOALS.failed,
    GOALS.resumedBackward,
    GOALS.compensationRetried,
    GOALS.compensationGivenUp,
    GOALS.cleanedUp,
    GOALS.ambiguous,
    GOALS.lateCallRefused,
  ],
});
