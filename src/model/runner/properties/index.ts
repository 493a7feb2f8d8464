/** What must hold of the runner, in the order in which reports tell it. */
import type { Property } from "seedstorm/check";
import {
  ackAfterCommit,
  checkpointsAdvance,
  deterministicTransitions,
  oneTransition,
  wholeTransition,
} from "./commit.js";
import { effectOnce, effectRecordedTruly, resultsPublished } from "./effects.js";
import { eventsProcessed, ordersEnd, quarantineFirst, sagasEnd, stockAddsUp } from "./endings.js";
import { drainAcquiresNothing, placementFollowed, replayAsMeant } from "./operations.js";
import { deliveredOnce, ordered, outboxDrains, outboxUntilConfirmed } from "./outbox.js";
import { tenantsApart, traceCarried } from "./tenants.js";
import { timersKept } from "./timers.js";

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
  timersKept,
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
];
