/**
 * Planted defects of the saga engine: protections that can be switched off one at a time. `AW` and a number
 * is a weakness of the design that it follows; the others are classics of the trade.
 *
 * `AW6` lets two runners take one run, and what they ask of the cloud twice is still recognised by its token:
 * it shows by A10 alone.
 */
import { type Defect, defect } from "../defect.js";

export const sagaDefects: readonly Defect[] = [
  defect("AW1", ["A11"], "A run and its job are inserted by two transactions, and the job may never come."),
  defect("AW2", ["A11"], "A job has one attempt: when its runner dies, nobody takes the run up again."),
  defect("AW3", ["A7"], "A step that is executed again calls the cloud under a fresh token."),
  defect(
    "AW4",
    ["A5"],
    "Compensation begins below the step that failed, though its call may have been applied.",
  ),
  defect("AW5", ["A8"], "A step's result and the run's context are written by two transactions."),
  defect("AW6", ["A10"], "A runner looks whether a run is free, and then takes it without a condition."),
  defect("AW7", ["A10"], "Jobs exclude each other, not runs: a job enqueued by hand runs beside the first."),
  defect("AW8", ["A6"], "A run that crashed while it was compensated is resumed forward."),
  defect("AW9", ["A5", "A13"], "A run ends as rolled back though a compensation has failed."),
  defect("AW10", ["A12"], "A runner goes by its own copy of the run and misses a cancel."),
  defect("AW11", ["A11"], "A step waits for the cloud without end."),
  defect("AW12", ["A11"], "A renamed step module can't be found under the name that a live run has for it."),
  defect("AW13", ["A9"], "What a step makes of the run's inputs is stored as the inputs."),
  defect(
    "AW14",
    ["A1"],
    "A run that has nothing to compensate fails at once, on an edge that nobody has defined.",
  ),
  defect(
    "progress-before-result",
    ["A2", "A3"],
    "A run moves on to the next step when a step begins, and not when it is completed.",
  ),
  defect("forgotten-compensation-index", ["A4"], "A runner that takes over a compensation begins it anew."),
  defect(
    "revert-leaves-no-trace",
    ["A5"],
    "To revert what the cloud has not seen does nothing, and the call may come yet.",
  ),
  defect(
    "lease-unconfirmed",
    ["A10"],
    "A runner that stood still past its lease goes on before it has looked.",
  ),
  defect("lease-by-wall-clock", ["A10"], "The database lets leases run out by a clock that can be set."),
  defect("answer-before-sync", ["A10"], "The database answers before what it answers is durable."),
  defect("failed-sync-ignored", ["A11"], "The database takes a log for synced whose sync has failed."),
];
