/** All that is promised of channels over the broker, as senders, receivers, subscribers and operators see it. */
import type { Property } from "seedstorm";
import { deadLettersAreThere, nothingLost, subscribersMissNothing } from "./keeping.js";
import {
  deliveredNoMoreThan,
  doneIsDone,
  expiresInTime,
  firstInFirstOut,
  receiversServed,
} from "./receiving.js";
import {
  capacityKept,
  fullAsConfigured,
  keptOnce,
  sendAnswersAreTrue,
  senderAnsweredInTime,
} from "./sending.js";

export const channelProperties: readonly Property[] = [
  sendAnswersAreTrue,
  keptOnce,
  capacityKept,
  fullAsConfigured,
  senderAnsweredInTime,
  firstInFirstOut,
  doneIsDone,
  deliveredNoMoreThan,
  expiresInTime,
  receiversServed,
  nothingLost,
  subscribersMissNothing,
  deadLettersAreThere,
];
