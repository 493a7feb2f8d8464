/** What must hold of the runner, in the order in which reports tell it. */
import type { Property } from "seedstorm/check";
import { answersAsWritten, commandsDecided } from "./aggregates.js";
import {
  gaugesAreTrue,
  healthIsTrue,
  infoIsTrue,
  logsCarryContext,
  metersAddUp,
  wellWhenHealed,
} from "./answers.js";
import { givenUpForCause, policyFollowed, quarantinedForCause, quarantineIsFinal } from "./causes.js";
import { noGap } from "./checkpoints.js";
import {
  ackAfterCommit,
  checkpointsAdvance,
  deterministicTransitions,
  oneTransition,
  wholeTransition,
} from "./commit.js";
import { declaredAsSet } from "./declared.js";
import { effectOnce, effectRecordedTruly, resultsPublished } from "./effects.js";
import { eventsProcessed, ordersEnd, quarantineFirst, sagasEnd, stockAddsUp } from "./endings.js";
import { drainAcquiresNothing, placementFollowed, replayAsMeant } from "./operations.js";
import { operatorsAnswered, replaysEnd } from "./operators.js";
import { deliveredOnce, ordered, outboxDrains, outboxUntilConfirmed, workArrives } from "./outbox.js";
import { breakerSpares, concurrencyKept, putOffComesBack, triesKept } from "./retries.js";
import { drainFinishes, partsSettle, rangesServed, reloadInForce, replayFeedsAll } from "./rollout.js";
import { tenantsApart, traceCarried } from "./tenants.js";
import { timersCome, timersKept } from "./timers.js";

export const runnerProperties: readonly Property[] = [
  ackAfterCommit,
  outboxUntilConfirmed,
  effectOnce,
  traceCarried,
  wholeTransition,
  oneTransition,
  checkpointsAdvance,
  eventsProcessed,
  deterministicTransitions,
  deliveredOnce,
  workArrives,
  timersKept,
  timersCome,
  tenantsApart,
  quarantineFirst,
  ordered,
  outboxDrains,
  drainAcquiresNothing,
  sagasEnd,
  effectRecordedTruly,
  resultsPublished,
  ordersEnd,
  stockAddsUp,
  replayAsMeant,
  placementFollowed,
  quarantinedForCause,
  quarantineIsFinal,
  givenUpForCause,
  policyFollowed,
  triesKept,
  putOffComesBack,
  breakerSpares,
  concurrencyKept,
  noGap,
  drainFinishes,
  reloadInForce,
  rangesServed,
  partsSettle,
  replayFeedsAll,
  replaysEnd,
  declaredAsSet,
  operatorsAnswered,
  commandsDecided,
  answersAsWritten,
  healthIsTrue,
  wellWhenHealed,
  metersAddUp,
  gaugesAreTrue,
  infoIsTrue,
  logsCarryContext,
];
