/** What must hold of the saga engine: A1 to A15, and what else it promises to those around it. */
import type { Property } from "seedstorm/check";
import { answersSayWhatIsSo, customersAreAnswered, listsAreComplete } from "./answers.js";
import { compensationHasACause, completedStepsWereApplied } from "./causes.js";
import { cloudListsWhatItHolds, cloudRefusesForAReason } from "./cloud.js";
import { compensationRunsBackwards, failedCompensationShows, rollbackLeavesNothing } from "./compensation.js";
import { cloudHasWhatIsDesired, desiredFollowsSteps, oneRunPerDeployment } from "./desired.js";
import { driftIsReported, driftIsTrue } from "./drift.js";
import { stepsApplyOnce } from "./effects.js";
import { oneRunnerPerRun } from "./exclusion.js";
import { noStepAfterCompensation, outputWithCompletion, stepsRunInOrder } from "./forward.js";
import { completedMeansEveryStep, inputsNeverChange, legalRunStates } from "./lifecycle.js";
import { cancelIsHonoured, everyRunEnds } from "./liveness.js";
import { endedRunsArePutAway, runsAreOverSoon, stepsFailForAReason } from "./owed.js";
import { listsAreSnapshots } from "./snapshots.js";
import { survivorsRunSagas } from "./survivors.js";

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
  desiredFollowsSteps,
  oneRunPerDeployment,
  cloudHasWhatIsDesired,
  driftIsTrue,
  driftIsReported,
  answersSayWhatIsSo,
  listsAreComplete,
  customersAreAnswered,
  stepsFailForAReason,
  runsAreOverSoon,
  endedRunsArePutAway,
  cloudRefusesForAReason,
  cloudListsWhatItHolds,
  survivorsRunSagas,
];
