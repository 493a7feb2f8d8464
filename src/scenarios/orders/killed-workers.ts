/** Workers are killed with orders in hand: one at a time, all over the services. */
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";

export const killedWorkers = ordersScenario({
  id: "orders-killed-workers",
  title: "workers that are killed in the middle of their work",
  shows:
    "An operator kills workers of every service while they have something in hand. Nobody else's order is touched, each order is taken up by another worker where it " +
    "stood, and nothing is done twice.",
  workload: { orders: { min: 25, max: 50 }, kills: { min: 30, max: 60 } },
  goals: [GOALS.workerKilled, GOALS.rescued, GOALS.completed],
});
