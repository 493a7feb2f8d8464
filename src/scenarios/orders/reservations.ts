/** Payments take longer than a reservation is held for, and so does the way to the inventory at times. */
import * as fc from "fast-check";
import { faultsOf, ms, SECOND, several, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario, SCOPE, SERVICE_GROUND } from "./define.js";

/** Answers about what the inventory has done arrive when the reservation may already have expired. */
const lateAnswers = several<"clog">(
  { min: 4, max: 9 },
  {
    kind: fc.constant("clog"),
    from: fc.constantFrom("inventory-1", "inventory-2"),
    to: fc.constantFrom("orders-1", "orders-2"),
    at: fc.integer({ min: 3 * SECOND, max: HEAL_AT - 3 * SECOND }),
    for: ms(1_200, 2_200),
  },
);

/** Requests that nobody waits for any more when they come: their orders may have ended. */
const lateRequests = several<"clog">(
  { min: 4, max: 8 },
  {
    kind: fc.constant("clog"),
    from: fc.constantFrom("orders-1", "orders-2"),
    to: fc.constantFrom("inventory-1", "inventory-2"),
    at: fc.integer({ min: 3 * SECOND, max: HEAL_AT - 7 * SECOND }),
    for: ms(2_800, 6_500),
  },
);

export const reservations = ordersScenario({
  id: "orders-reservations",
  title: "reservations that run out while their orders are being paid for",
  shows:
    "Stock is held for half a second, payments take longer, and requests to the inventory come late or not at all. What has run out is sold to somebody else or " +
    "reserved anew; what was committed before the payment stays, and no order is paid for goods that are gone.",
  workload: { orders: { min: 30, max: 60 }, hot: 85, products: 3, restocks: { min: 5, max: 12 } },
  knobs: { reservationTtl: ms(400), products: 3, stockPerProduct: 15 },
  storm: together(
    faultsOf(["external-slow", "external-hang"], { ...SCOPE, services: [PAYMENTS] }, { min: 1, max: 3 }),
    faultsOf(
      ["slow-link", "flaky-link", "pause"],
      {
        ...SERVICE_GROUND,
        hosts: SERVICE_GROUND.hosts.filter(({ role }) => role === "orders" || role === "inventory"),
      },
      { min: 0, max: 3 },
    ),
    lateAnswers,
    lateRequests,
  ),
  mustFire: ["clog", "external-slow", "external-hang", "slow-link", "flaky-link", "pause"],
  goals: [GOALS.reservationExpired, GOALS.reservedAnew, GOALS.outOfStock, GOALS.completed],
});
