/** Two hosts are lost at a time, of the same service or of two. */

import * as fc from "fast-check";
import { faultsOf, numbered, SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario, SERVICE_GROUND } from "./define.js";
import { UNDER_STORM } from "./topology.js";

const ids = UNDER_STORM.map(({ id }) => id);

/** Two hosts go down within a second, and stay down for some seconds. */
const twoAtATime = fc
  .record({
    at: fc.integer({ min: 3 * SECOND, max: HEAL_AT - 12 * SECOND }),
    late: fc.integer({ min: 0, max: SECOND }),
    down: fc.integer({ min: SECOND, max: 10 * SECOND }),
    hosts: fc.shuffledSubarray(ids, { minLength: 2, maxLength: 2 }),
  })
  .map(({ at, late, down, hosts }) =>
    hosts.map((target, n) => ({ kind: "crash" as const, at: at + n * late, for: down, target })),
  );

export const twoServices = ordersScenario({
  id: "orders-two-services",
  title: "services that are killed, two at a time",
  shows:
    "Any two hosts crash together, stores and registries among them, and again. What was accepted survives, the other host of each service carries on, and " +
    "when all are back everything is as if nothing had been.",
  workload: { orders: { min: 12, max: 35 } },
  storm: fc
    .tuple(
      fc.array(twoAtATime, { minLength: 1, maxLength: 3 }),
      faultsOf(["crash-point"], SERVICE_GROUND, { min: 0, max: 2 }),
    )
    .map(([pairs, points]) => numbered([...pairs.flat(), ...points])),
  mustFire: ["crash"],
  goals: [GOALS.rescued, GOALS.completed],
});
