/** Many cards are declined at once, as on the day when stolen ones are tried: an answer, and no failure of anybody. */
import { SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const declines = ordersScenario({
  id: "orders-declines",
  title: "a flood of cards that are declined",
  shows:
    "Most cards are declined. Those orders end at once with a dead letter each, no breaker opens for it, and the others are completed as on any day.",
  workload: { orders: { min: 40, max: 80 }, burst: 8 * SECOND, declined: 75, shaky: 3, hopeless: 0 },
  goals: [GOALS.declined, GOALS.paymentFailed, GOALS.completed],
});
