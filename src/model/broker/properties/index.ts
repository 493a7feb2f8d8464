/** What must hold of every broker. */
import type { Property } from "seedstorm/check";
import { bucketReadsCurrent, watchesCatchUp, watchesComplete } from "./buckets.js";
import { purgesDone, streamsAsDeclared } from "./declaring.js";
import {
  answersEndDeliveries,
  answersTaken,
  deliveriesCounted,
  lostIsAdvised,
  nothingLeftOut,
  notTooLate,
  notTooSoon,
  outstandingBounded,
  pushedToMembers,
} from "./delivering.js";
import { failuresNotDone } from "./failures.js";
import { limitsHold, removalsHaveCause } from "./keeping.js";
import { messagesGetDone, requestsAnswered } from "./liveness.js";
import {
  acknowledgedKept,
  duplicatesStoredOnce,
  expectationsHold,
  oneMessage,
  readsComplete,
  refusalsHaveCause,
} from "./publishing.js";
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
  streamsAsDeclared,
  purgesDone,
  deliveriesCounted,
  nothingLeftOut,
  notTooSoon,
  notTooLate,
  answersEndDeliveries,
  answersTaken,
  outstandingBounded,
  pushedToMembers,
  lostIsAdvised,
  bucketReadsCurrent,
  watchesComplete,
  watchesCatchUp,
  messagesGetDone,
  requestsAnswered,
  collectedOnce,
];
