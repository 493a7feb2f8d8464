/** So many workers of one service are killed that its supervision gives up. */
import * as fc from "fast-check";
import { prescribed, SECOND } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario } from "./define.js";

/** Whoever is killed must have something in hand. */
const slowPayments = prescribed<"external-slow">({
  kind: fc.constant("external-slow"),
  target: fc.constant(`external/${PAYMENTS}`),
  at: fc.constant(3 * SECOND),
  for: fc.constant(HEAL_AT - 3 * SECOND),
  factor: fc.integer({ min: 6, max: 10 }),
});

export const killedService = ordersScenario({
  id: "orders-killed-service",
  title: "a service whose supervision gives up",
  shows:
    "Workers of one payment service are killed by the hundred, until its pool and then its supervisor have restarted too often and end. They begin anew a second later, " +
    "as a machine's init would have them do; payments are asked for again, and made once.",
  workload: {
    orders: { min: 70, max: 110 },
    kills: { min: 350, max: 450 },
    killed: ["payment-1"],
    declined: 2,
    hopeless: 0,
    cancelled: 3,
  },
  knobs: { stockPerProduct: 300 },
  storm: slowPayments,
  mustFire: ["external-slow"],
  goals: [GOALS.workerKilled, GOALS.serviceGaveUp, GOALS.completed],
});
