/** Customers change their minds while their orders are being paid for. */
import { faultsOf, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { deliveredTwice, ordersScenario, SCOPE } from "./define.js";

export const cancels = ordersScenario({
  id: "orders-cancels",
  title: "cancels that race the payment",
  shows:
    "Most orders are cancelled, at any moment of their way, while the payment provider is slow and loses replies. Who hears that an order is cancelled is " +
    "charged nothing for it; who hears that it is too late gets it.",
  workload: { orders: { min: 20, max: 45 }, cancelled: 60, drained: 30 },
  storm: together(
    faultsOf(
      ["external-slow", "external-lost-reply", "external-hang"],
      { ...SCOPE, services: [PAYMENTS] },
      { min: 1, max: 3 },
    ),
    deliveredTwice("inventory-1", 0.5),
    deliveredTwice("inventory-2", 0.5),
  ),
  mustFire: ["duplication", "external-slow", "external-lost-reply", "external-hang"],
  goals: [GOALS.cancelled, GOALS.cancelTooLate, GOALS.voided, GOALS.claimLost, GOALS.completed],
});
