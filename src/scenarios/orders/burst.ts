/**
 * Many orders come at once: pools grow, the queue fills, and whoever finds no room in it is told so and comes
 * again.
 */
import { SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const burst = ordersScenario({
  id: "orders-burst",
  title: "order processing when a hundred orders come within a second",
  shows:
    "A burst on small pools and a short queue, and a provider that takes only so many calls a second. Pools grow within seconds, who finds no room is " +
    "refused and asks again, who is too fast waits as long as the provider says; nothing that was accepted is dropped.",
  workload: { orders: { min: 70, max: 140 }, burst: 1 * SECOND, cancelled: 3 },
  knobs: { queueCapacity: 14, providerCallsPerSecond: 60, stockPerProduct: 200 },
  goals: [GOALS.completed, GOALS.queueFull, GOALS.rateLimited, "pool: grew"],
});
