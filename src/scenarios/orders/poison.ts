/** Orders that no worker survives. */
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const poison = ordersScenario({
  id: "orders-poison",
  title: "orders that kill the worker that takes them up",
  shows:
    "A few orders carry a name that no payment can be described with: whoever takes them up fails. After so many workers such an order is taken out, with a dead " +
    "letter; pools and other orders are none the worse for it.",
  workload: { orders: { min: 12, max: 30 }, poison: 6 },
  goals: [GOALS.poisoned, GOALS.completed],
});
