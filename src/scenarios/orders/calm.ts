/** Nothing goes wrong, but for what orders are bound to run into: declined cards, empty shelves, changed minds. */
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const calm = ordersScenario({
  id: "orders-calm",
  title: "order processing on a quiet day",
  shows:
    "A minute and a half without faults. Orders are completed and confirmed, or end for a reason: a declined card, an empty shelf, a customer who " +
    "changed their mind. Malformed and contradictory requests are refused, and so are webhooks that the provider has not signed.",
  workload: { configurations: { min: 0, max: 2 }, forgeries: { min: 1, max: 2 } },
  certain: [
    GOALS.completed,
    GOALS.confirmed,
    GOALS.webhookForged,
    "no-double-charge",
    "completed-is-whole",
    "stock-conserved",
    "one-label",
    "no-order-lost",
    "legal-steps",
    "accepted-is-durable",
    "confirmation-sent",
    "one-confirmation",
    "settled-stays-settled",
    "success-owed",
  ],
  goals: [
    GOALS.completed,
    GOALS.confirmed,
    GOALS.declined,
    GOALS.paymentFailed,
    GOALS.paymentRetried,
    GOALS.cancelled,
    GOALS.cancelTooLate,
    GOALS.invalidPost,
    GOALS.conflictingPost,
    GOALS.alternateCarrier,
    GOALS.webhookForged,
    GOALS.voided,
    GOALS.configRefused,
    GOALS.configTaken,
  ],
});
