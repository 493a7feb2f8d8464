/** What must hold of every broker. */
import type { Property } from "seedstorm/check";
import { bucketReadsCurrent, bucketWritesAsAsked, watchesCatchUp, watchesComplete } from "./buckets.js";
import { nonsenseRefused, purgesDone, streamsAsDeclared } from "./declaring.js";
import {
  answersEndDeliveries,
  answersTaken,
  deliveriesCounted,
  lostIsAdvised,
  nothingLeftOut,
  notTooLate,
  notTooSoon,
  outstandingBounded,
} from "./delivering.js";
import { failuresNotDone } from "./failures.js";
import { limitsHold, overIsGone, removalsHaveCause, subjectsKeptApart } from "./keeping.js";
import { messagesGetDone, requestsAnswered, requestsTried } from "./liveness.js";
import { acksKept, deliveredAsStored, statesTrue } from "./looking.js";
import {
  acknowledgedKept,
  duplicatesStoredOnce,
  expectationsHold,
  oneMessage,
  readsComplete,
  refusalsHaveCause,
} from "./publishing.js";
import { pullsWait } from "./pulling.js";
import { goodbyesHeard, membersTakeTurns, pushedToMembers } from "./pushing.js";
import { collectedOnce } from "./receipts.js";

export const brokerProperties: readonly Property[] = [
  acknowledgedKept,
  oneMessage,
  duplicatesStoredOnce,
  expectationsHold,
  refusalsHaveCause,
  readsComplete,
  failuresNotDone,
  limitsHold,
  removalsHaveCause,
  overIsGone,
  subjectsKeptApart,
  streamsAsDeclared,
  nonsenseRefused,
  purgesDone,
  deliveriesCounted,
  nothingLeftOut,
  notTooSoon,
  notTooLate,
  answersEndDeliveries,
  answersTaken,
  acksKept,
  deliveredAsStored,
  pullsWait,
  statesTrue,
  outstandingBounded,
  pushedToMembers,
  goodbyesHeard,
  membersTakeTurns,
  lostIsAdvised,
  bucketReadsCurrent,
  bucketWritesAsAsked,
  watchesComplete,
  watchesCatchUp,
  messagesGetDone,
  requestsAnswered,
  requestsTried,
  collectedOnce,
];
