/** The order store is away for longer than a worker's claim lasts, again and again, while orders are under way. */
import * as fc from "fast-check";
import { ms, SECOND, several } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario } from "./define.js";
import { ORDER_STORE_HOST } from "./topology.js";

export const storeOutage = ordersScenario({
  id: "orders-store-outage",
  title: "an order store that is away for longer than a claim lasts",
  shows:
    "The order store crashes and stays away for seconds, while workers have orders in hand. Nobody can renew a claim meanwhile, and no claim runs out by that; " +
    "what was accepted is there when it is back.",
  workload: { orders: { min: 40, max: 70 } },
  storm: several<"crash">(
    { min: 2, max: 3 },
    {
      kind: fc.constant("crash"),
      target: fc.constant(ORDER_STORE_HOST),
      at: fc.integer({ min: 5 * SECOND, max: HEAL_AT - 10 * SECOND }),
      for: ms(3_000, 9_000),
    },
  ),
  mustFire: ["crash"],
  goals: [GOALS.rescued, GOALS.completed],
});
