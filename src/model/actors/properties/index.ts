/** All that is promised of the actor layer, for any system that is built on it. */
import type { Property } from "seedstorm";
import { callsAnswered, deadAreSilent, oneAtATime } from "./actors.js";
import { breakerProperties } from "./breaker.js";
import { callErrorsAreTrue } from "./call-errors.js";
import { channelDeadLetters, channelFifo, channelKeeps, channelServesWhoWaits } from "./channel.js";
import { channelWaitsForCause } from "./channel-waits.js";
import { poolBounds, poolOneHolder, poolServesInOrder } from "./pool.js";
import { poolIdleTime } from "./pool-idle.js";
import { poolSizeInTime } from "./pool-size.js";
import { callsCounted, deadForgotten, failingAvoided, noExpiredRoute, servicesFound } from "./registry.js";
import { oneCrashOneOrder, restartIntensity, restartScope } from "./supervision.js";
import { childrenGoFirst } from "./trees.js";

export const actorProperties: readonly Property[] = [
  callsAnswered,
  callErrorsAreTrue,
  oneAtATime,
  deadAreSilent,
  restartScope,
  restartIntensity,
  oneCrashOneOrder,
  childrenGoFirst,
  ...breakerProperties,
  poolBounds,
  poolOneHolder,
  poolServesInOrder,
  poolIdleTime,
  poolSizeInTime,
  channelFifo,
  channelDeadLetters,
  channelKeeps,
  channelServesWhoWaits,
  channelWaitsForCause,
  noExpiredRoute,
  servicesFound,
  failingAvoided,
  callsCounted,
  deadForgotten,
];
