/** What must hold of the replica mirror: R1 to R12. */

import type { Property } from "seedstorm/check";
import { replicaCatchesUp, replicaLagIsBounded } from "./catching-up.js";
import { failedReadKeepsCursor, nothingAppliedAfterShutdown } from "./consumers.js";
import { directoryEpochsIncrease, logEpochsAreExclusive } from "./epochs.js";
import { freshMeansFresh } from "./freshness.js";
import { handledStateReachesTheLog } from "./handled.js";
import {
  noDeltaAsSnapshot,
  replicaEqualsLog,
  replicaHasWhatItsCursorPassed,
  replicaNeverGoesBack,
} from "./replica.js";

export const mirrorProperties: readonly Property[] = [
  replicaNeverGoesBack,
  replicaEqualsLog,
  noDeltaAsSnapshot,
  replicaHasWhatItsCursorPassed,
  replicaCatchesUp,
  replicaLagIsBounded,
  failedReadKeepsCursor,
  nothingAppliedAfterShutdown,
  logEpochsAreExclusive,
  freshMeansFresh,
  handledStateReachesTheLog,
  directoryEpochsIncrease,
];
