/**
 * What must hold of the order pipeline: G1 to G13, and what the same state machines promise beyond them.
 *
 * G14 to G17 are this house's own: definite answers for webhooks, exclusive delivery of records, exclusive use of keys, and checkpoints
 * of a state that the queue had.
 */

import type { Property } from "seedstorm/check";
import { acceptedOrdersStayReadable, noAnswerBeforeCommit, oneRecordPerKey } from "./acceptance.js";
import { deadLettersHaveCauses, refusalsHaveCauses } from "./causes.js";
import { checkpointBehindCursor, checkpointsAreSound } from "./checkpoints.js";
import { cursorIsTheAckedPrefix, noAckBeforeEffect, placementIsRespected } from "./delivery.js";
import { noDoubleEffect } from "./effects.js";
import { effectsAreAsRecorded } from "./effects-recorded.js";
import { exclusiveDelivery, exclusiveReservation } from "./exclusive-delivery.js";
import { leasesAreFenced } from "./leases.js";
import { everyRecordIsAcked, everyWebhookIsAnswered } from "./liveness.js";
import { observationsAreSigned } from "./observations.js";
import { providerLossIsSurvived } from "./outage.js";
import { auditIsDone, recordsAreDoneAtOnce, requestsGetAnswers, webhooksAreAnsweredAtOnce } from "./owed.js";
import { replicasHoldTheSameRecords } from "./records.js";
import {
  agreedHealthFollows,
  leaseIsTakenUp,
  observersAreHeard,
  upkeepFollowsTheCursor,
} from "./recovery.js";
import { survivorsAreServed } from "./survivors.js";

export const pipelineProperties: readonly Property[] = [
  acceptedOrdersStayReadable,
  oneRecordPerKey,
  noAnswerBeforeCommit,
  replicasHoldTheSameRecords,
  placementIsRespected,
  everyRecordIsAcked,
  noAckBeforeEffect,
  noDoubleEffect,
  cursorIsTheAckedPrefix,
  checkpointsAreSound,
  leasesAreFenced,
  observationsAreSigned,
  providerLossIsSurvived,
  everyWebhookIsAnswered,
  exclusiveDelivery,
  exclusiveReservation,
  checkpointBehindCursor,
  effectsAreAsRecorded,
  refusalsHaveCauses,
  deadLettersHaveCauses,
  webhooksAreAnsweredAtOnce,
  recordsAreDoneAtOnce,
  requestsGetAnswers,
  auditIsDone,
  leaseIsTakenUp,
  upkeepFollowsTheCursor,
  observersAreHeard,
  agreedHealthFollows,
  survivorsAreServed,
];
