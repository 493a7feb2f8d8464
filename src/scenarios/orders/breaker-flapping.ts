/** Upstreams that fail and recover, again and again, with so much traffic that breakers notice each time. */

import * as fc from "fast-check";
import { numbered, SECOND } from "seedstorm";
import { CARRIERS } from "../../model/orders/external/carrier.js";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario } from "./define.js";

/** In turns out of order and well. */
const flapping = fc
  .record({
    target: fc.constantFrom(...[PAYMENTS, ...CARRIERS].map((name) => `external/${name}`)),
    kind: fc.constantFrom("external-errors" as const, "external-hang" as const),
    begin: fc.integer({ min: 3 * SECOND, max: 6 * SECOND }),
    down: fc.integer({ min: SECOND, max: 4 * SECOND }),
    up: fc.integer({ min: SECOND, max: 4 * SECOND }),
    ratio: fc.integer({ min: 60, max: 100 }).map((n) => n / 100),
  })
  .map(({ target, kind, begin, down, up, ratio }) => {
    const faults = [];
    for (let at = begin; at + down < HEAL_AT; at += down + up)
      faults.push({ kind, at, for: down, target, ratio });
    return faults;
  });

export const breakerFlapping = ordersScenario({
  id: "orders-breaker-flapping",
  title: "breakers before upstreams that fail and recover, again and again",
  shows:
    "Payment provider or carriers are out of order and well in turns of seconds. Breakers open and close with them, never for long after; what they hold back is " +
    "put off and not lost.",
  workload: { orders: { min: 50, max: 90 }, declined: 2, shaky: 2, hopeless: 0 },
  knobs: { stockPerProduct: 200 },
  storm: fc.array(flapping, { minLength: 1, maxLength: 2 }).map((lists) => numbered(lists.flat())),
  mustFire: ["external-errors", "external-hang"],
  goals: [GOALS.breakerOpen, GOALS.completed],
});
