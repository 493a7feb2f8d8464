/** The payment provider's answers are lost and its webhooks come, while the payment service is slow to write down what it hears. */
import * as fc from "fast-check";
import { ms, prescribed, SECOND, several, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario } from "./define.js";
import { ORDER_STORE_HOST } from "./topology.js";

/** Half of the answers are lost: an order may be paid for, and only the webhook says so. */
const lostAnswers = prescribed<"external-lost-reply">({
  kind: fc.constant("external-lost-reply"),
  target: fc.constant(`external/${PAYMENTS}`),
  at: fc.constant(3 * SECOND),
  for: fc.constant(HEAL_AT - 3 * SECOND),
  ratio: fc.constant(0.5),
});

/** Between reading an order and writing to it so much time passes that a worker may write meanwhile. */
const slowToWrite = ["payment-1", "payment-2"].map((from) =>
  several<"slow-link">(
    { min: 1, max: 2 },
    {
      kind: fc.constant("slow-link"),
      from: fc.constant(from),
      to: fc.constant(ORDER_STORE_HOST),
      at: fc.integer({ min: 3 * SECOND, max: 12 * SECOND }),
      for: ms(8_000, 18_000),
      factor: fc.integer({ min: 200, max: 500 }),
    },
  ),
);

export const lateWebhooks = ordersScenario({
  id: "orders-late-webhooks",
  title: "webhooks that race the workers whose answers were lost",
  shows:
    "Half of the payment provider's answers are lost, and its webhooks tell what came of the calls, while workers try again and the payment service takes long to " +
    "write down what it has heard. A webhook that is taken in is known with its order; one that lost the race is delivered again.",
  workload: { orders: { min: 30, max: 60 }, declined: 0, hopeless: 0, shaky: 0, drained: 0, cancelled: 0 },
  knobs: { stockPerProduct: 200 },
  storm: together(lostAnswers, ...slowToWrite),
  mustFire: ["external-lost-reply", "slow-link"],
  goals: [GOALS.paidByWebhook, GOALS.paymentRetried, GOALS.completed],
});
