/**
 * Nothing goes wrong, but for what runs are bound to run into: quotas, cancels, protected resources, and
 * people who change things by hand.
 */
import { GOALS } from "../../model/saga/goals.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { sagaScenario } from "./define.js";

export const calm = sagaScenario({
  id: "saga-calm",
  title: "the saga engine on a quiet day",
  shows:
    "A minute without faults. Runs complete or are rolled back, cancels are heeded, what can't be taken back is reported and removed by an operator, and " +
    "an auditor finds what was changed behind the engine's back.",
  workload: { reEnqueues: { min: 0, max: 2 }, cleanUps: { min: 1, max: 2 }, tampers: { min: 0, max: 3 } },
  certain: [
    GOALS.completed,
    "answers-say-what-is-so",
    "customers-are-answered",
    "runs-are-over-soon",
    "ended-runs-are-put-away",
    "desired-follows-steps",
    "one-run-per-deployment",
    "cloud-lists-what-it-holds",
    "completed-means-every-step",
    "legal-run-states",
    "steps-run-in-order",
    "no-step-after-compensation",
    "steps-apply-once",
    "output-with-completion",
    "inputs-never-change",
    "one-runner-per-run",
    "every-run-ends",
    "completed-steps-were-applied",
    "cloud-has-what-is-desired",
    "cloud-refuses-for-a-reason",
  ],
  goals: [
    GOALS.completed,
    GOALS.rolledBack,
    GOALS.failed,
    GOALS.cancelledUnstarted,
    GOALS.cancelledUnderWay,
    GOALS.cancelTooLate,
    GOALS.compensationGivenUp,
    GOALS.cleanedUp,
    GOALS.claimLost,
    GOALS.deploymentBusy,
    GOALS.driftFound,
    GOALS.driftCleared,
    STORAGE_GOALS.compacted,
  ],
});
