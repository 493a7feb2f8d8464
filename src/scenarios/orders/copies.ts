/** All that customers and services ask comes twice, and each copy is a little later than the request: there may be room by then, or an order. */
import * as fc from "fast-check";
import { ms, SECOND, several, together } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { deliveredTwice, ordersScenario } from "./define.js";

const HEARS = ["gateway-1", "gateway-2", "orders-1", "orders-2"] as const;

/** A host that stands still hears what has come meanwhile all at once; one that restarts has forgotten what it answered. */
const interruptions = [
  several<"crash">(
    { min: 0, max: 2 },
    {
      kind: fc.constant("crash"),
      target: fc.constantFrom(...HEARS),
      at: fc.integer({ min: 4_000, max: 20_000 }).map((n) => n * 1_000),
      for: ms(200, 2_000),
    },
  ),
  several<"pause">(
    { min: 0, max: 2 },
    {
      kind: fc.constant("pause"),
      target: fc.constantFrom(...HEARS),
      at: fc.integer({ min: 4_000, max: 20_000 }).map((n) => n * 1_000),
      for: ms(200, 2_000),
    },
  ),
];

export const copies = ordersScenario({
  id: "orders-copies",
  title: "requests that the network delivers twice",
  shows:
    "Orders come in a burst to a short queue, some are cancelled at once, and every request comes twice. A customer who is refused for want of room, or " +
    "because there is no such order yet, may rely on it: the copy that comes later changes nothing.",
  workload: { orders: { min: 40, max: 70 }, burst: 2 * SECOND, cancelled: 40 },
  knobs: { queueCapacity: 8, clientTries: 2, stockPerProduct: 200 },
  storm: together(...HEARS.map((host) => deliveredTwice(host, 1)), ...interruptions),
  mustFire: ["duplication", "crash", "pause"],
  goals: [GOALS.queueFull, GOALS.replayedPost, GOALS.cancelled, GOALS.completed],
});
