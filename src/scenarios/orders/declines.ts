/** Many cards are declined at once, as on the day when stolen ones are tried, and many requests make no sense: answers, and no failure of anybody. */
import { SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const declines = ordersScenario({
  id: "orders-declines",
  title: "a flood of requests that come to nothing",
  shows:
    "Most cards are declined, and most requests come with one that is malformed or contradicts it. Those orders end at once with a dead letter each, what makes " +
    "no sense is refused, no breaker opens for any of it, and the others are completed as on any day.",
  workload: {
    orders: { min: 40, max: 80 },
    burst: 8 * SECOND,
    declined: 75,
    shaky: 3,
    hopeless: 0,
    invalid: 85,
    conflicting: 70,
  },
  goals: [GOALS.declined, GOALS.paymentFailed, GOALS.invalidPost, GOALS.conflictingPost, GOALS.completed],
});
