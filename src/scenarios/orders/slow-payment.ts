/** Gray failure: the payment provider answers, but slowly; some calls take longer than anybody waits. */
import { faultsOf, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE, SERVICE_GROUND } from "./define.js";

export const slowPayment = ordersScenario({
  id: "orders-slow-payment",
  title: "a payment provider that is slow, on links that are slow too",
  shows:
    "Gray failure: everything answers in the end, much of it too late. Calls that were taken for lost are carried out, and asked for again under the same " +
    "token; workers are not held up by waiting.",
  workload: { orders: { min: 15, max: 40 } },
  storm: together(
    faultsOf(["external-slow"], { ...SCOPE, services: [PAYMENTS] }, { min: 2, max: 4 }),
    faultsOf(["slow-link", "reorder", "clog"], SERVICE_GROUND, { min: 1, max: 3 }),
  ),
  mustFire: ["external-slow", "slow-link", "reorder", "clog"],
  goals: [GOALS.completed, GOALS.paymentRetried],
});
