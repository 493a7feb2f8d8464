/** What must hold of order processing: the parts of P1 to P16 that are about services, and every other promise that it makes. */
import type { Property } from "seedstorm/check";
import { breakerOpensForCause } from "./breakers.js";
import { claimIsKept, settledStays } from "./claims.js";
import { configurationInForce } from "./configuration.js";
import { acceptedIsDurable, cancelledStays, noOrderLost, refusalHasCause, successOwed } from "./customers.js";
import { gatewayBreakerHears, malformedStaysOutside } from "./gateway.js";
import { labelsAreKnown } from "./labels.js";
import {
  backoffKept,
  carrierWaitKept,
  endedLeavesNothing,
  fiveAttempts,
  noDoubleCharge,
  paidIsCaptured,
  retryAfterKept,
  waitEnds,
} from "./money.js";
import { refusedIsNotDone } from "./refusals.js";
import { expiredIsGivenBack } from "./reservations.js";
import { givenUpIsRestarted } from "./services.js";
import { deliveriesEntered, outOfStockIsTrue, outOfStockOnce, stockConserved } from "./stock.js";
import { webhookIsKept } from "./webhooks.js";
import {
  completedIsWhole,
  confirmationSent,
  confirmedOnce,
  legalSteps,
  oneLabel,
  shippedInTheEnd,
} from "./wholeness.js";

export const ordersProperties: readonly Property[] = [
  noDoubleCharge,
  completedIsWhole,
  endedLeavesNothing,
  stockConserved,
  oneLabel,
  noOrderLost,
  fiveAttempts,
  outOfStockOnce,
  legalSteps,
  acceptedIsDurable,
  backoffKept,
  breakerOpensForCause,
  cancelledStays,
  carrierWaitKept,
  claimIsKept,
  configurationInForce,
  confirmationSent,
  confirmedOnce,
  deliveriesEntered,
  expiredIsGivenBack,
  gatewayBreakerHears,
  givenUpIsRestarted,
  labelsAreKnown,
  malformedStaysOutside,
  outOfStockIsTrue,
  paidIsCaptured,
  refusalHasCause,
  refusedIsNotDone,
  retryAfterKept,
  settledStays,
  shippedInTheEnd,
  successOwed,
  waitEnds,
  webhookIsKept,
];
