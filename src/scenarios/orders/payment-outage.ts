/** The payment provider is out of order for a while: it refuses calls, hangs, or applies some without a reply. */
import { faultsOf, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE } from "./define.js";

/** The payment provider alone. */
const PROVIDER = { ...SCOPE, services: [PAYMENTS] };

export const paymentOutage = ordersScenario({
  id: "orders-payment-outage",
  title: "a payment provider that is out of order",
  shows:
    "Calls of the payment provider are refused, hang, or are applied without a reply. Breakers open, and what they hold back is no attempt; nobody is charged " +
    "twice, whoever has failed five times is charged nothing, and when it is over everything goes on by itself.",
  workload: { orders: { min: 20, max: 45 }, shaky: 0, hopeless: 0 },
  storm: together(
    faultsOf(["external-errors", "external-hang", "external-lost-reply"], PROVIDER, { min: 1, max: 3 }),
    faultsOf(["external-lost-reply"], PROVIDER, { min: 1, max: 2 }),
  ),
  mustFire: ["external-errors", "external-hang", "external-lost-reply"],
  goals: [GOALS.completed, GOALS.breakerOpen, GOALS.paymentRetried, GOALS.paidByWebhook],
});
