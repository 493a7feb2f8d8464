/** What must hold of the replica mirror: R1 to R12, and what else it promises to those around it. */

import type { Property } from "seedstorm/check";
import { applicationsAreServed, logRetains, readsHaveCauses, readsShowTheLog } from "./applications.js";
import { replicaCatchesUp, replicaLagIsBounded } from "./catching-up.js";
import {
  failedReadKeepsCursor,
  nothingAppliedAfterShutdown,
  pollsArePaced,
  suspendedMeansStopped,
} from "./consumers.js";
import { directoryEpochsIncrease, logEpochsAreExclusive } from "./epochs.js";
import { freshMeansFresh } from "./freshness.js";
import { handledStateReachesTheLog } from "./handled.js";
import {
  everyGrainHasItsPrimary,
  lostPrimaryIsReplaced,
  retiredGrainIsInTheLog,
  takeoversHaveCauses,
} from "./primaries.js";
import {
  noDeltaAsSnapshot,
  replicaEqualsLog,
  replicaHasWhatItsCursorPassed,
  replicaNeverGoesBack,
} from "./replica.js";
import { changesFollow, refusedWritesAreNotDone, rowsAreAsHandled } from "./rows.js";
import { survivorsServeApplications } from "./survivors.js";

export const mirrorProperties: readonly Property[] = [
  replicaNeverGoesBack,
  replicaEqualsLog,
  noDeltaAsSnapshot,
  replicaHasWhatItsCursorPassed,
  replicaCatchesUp,
  replicaLagIsBounded,
  failedReadKeepsCursor,
  nothingAppliedAfterShutdown,
  pollsArePaced,
  logEpochsAreExclusive,
  freshMeansFresh,
  handledStateReachesTheLog,
  directoryEpochsIncrease,
  everyGrainHasItsPrimary,
  takeoversHaveCauses,
  lostPrimaryIsReplaced,
  retiredGrainIsInTheLog,
  applicationsAreServed,
  readsHaveCauses,
  readsShowTheLog,
  logRetains,
  rowsAreAsHandled,
  changesFollow,
  refusedWritesAreNotDone,
  suspendedMeansStopped,
  survivorsServeApplications,
];
