/** What must hold of the saga engine: A1 to A15, and that its database's answers are snapshots. */
import type { Property } from "seedstorm/check";
import { compensationHasACause, completedStepsWereApplied } from "./causes.js";
import { compensationRunsBackwards, failedCompensationShows, rollbackLeavesNothing } from "./compensation.js";
import { stepsApplyOnce } from "./effects.js";
import { oneRunnerPerRun } from "./exclusion.js";
import { noStepAfterCompensation, outputWithCompletion, stepsRunInOrder } from "./forward.js";
import { completedMeansEveryStep, inputsNeverChange, legalRunStates } from "./lifecycle.js";
import { cancelIsHonoured, everyRunEnds } from "./liveness.js";
import { listsAreSnapshots } from "./snapshots.js";

export const sagaProperties: readonly Property[] = [
  legalRunStates,
  stepsRunInOrder,
  completedMeansEveryStep,
  compensationRunsBackwards,
  rollbackLeavesNothing,
  noStepAfterCompensation,
  stepsApplyOnce,
  outputWithCompletion,
  inputsNeverChange,
  oneRunnerPerRun,
  everyRunEnds,
  cancelIsHonoured,
  failedCompensationShows,
  completedStepsWereApplied,
  compensationHasACause,
  listsAreSnapshots,
];
