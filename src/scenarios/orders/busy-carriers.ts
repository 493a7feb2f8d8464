/** More orders are to be shipped than carriers take, and carriers say how long to wait. */
import * as fc from "fast-check";
import { faultsOf, ms, SECOND, several, together } from "seedstorm";
import { CARRIERS } from "../../model/orders/external/carrier.js";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE } from "./define.js";

const limits = several<"external-rate-limit">(
  { min: 1, max: 3 },
  {
    kind: fc.constant("external-rate-limit"),
    target: fc.constantFrom(...CARRIERS.map((name) => `external/${name}`)),
    at: fc.integer({ min: 3 * SECOND, max: 12 * SECOND }),
    for: ms(5_000, 15_000),
    perSecond: fc.integer({ min: 1, max: 4 }),
  },
);

export const busyCarriers = ordersScenario({
  id: "orders-busy-carriers",
  title: "carriers that take a few calls a second and ask to be left alone",
  shows:
    "A burst of orders, and carriers that take fewer calls than that: they refuse the others and say how long to wait. They are left alone for so long, by each " +
    "host that has heard it; the other carrier ships meanwhile, unless the first may have made a label, and what neither takes is shipped later.",
  workload: { orders: { min: 30, max: 60 }, burst: 8 * SECOND, declined: 2, hopeless: 0, cancelled: 3 },
  knobs: { stockPerProduct: 200 },
  storm: together(
    limits,
    faultsOf(
      ["external-hang", "external-lost-reply"],
      { ...SCOPE, services: [...CARRIERS] },
      { min: 0, max: 1 },
    ),
  ),
  mustFire: ["external-rate-limit", "external-hang", "external-lost-reply"],
  goals: [GOALS.carrierWaits, GOALS.alternateCarrier, GOALS.completed],
});
