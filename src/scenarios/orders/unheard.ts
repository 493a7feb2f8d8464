/** The order service hears what it is asked and is not heard: what it has done, and what it has refused, nobody knows. */
import { fc, ms, prescribed, SECOND, several, together } from "seedstorm";
import { GOALS as ACTOR_GOALS } from "../../model/actors/goals.js";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";
import { ORDERS_TOPOLOGY } from "./topology.js";

const idsOf = (...roles: string[]): string[] =>
  ORDERS_TOPOLOGY.filter(({ role }) => roles.includes(role)).map(({ id }) => id);

/** Both instances are cut off from those who ask them and from the registries, in one direction; the store hears them. */
const unheard = prescribed<"partition">({
  kind: fc.constant("partition"),
  a: fc.constant(idsOf("orders")),
  b: fc.constant(idsOf("gateway", "registry")),
  oneWay: fc.constant(true),
  at: fc.integer({ min: 4, max: 9 }).map((n) => n * SECOND),
  for: ms(7_000, 10_000),
});

const crashes = several<"crash">(
  { min: 0, max: 1 },
  {
    kind: fc.constant("crash"),
    target: fc.constantFrom(...idsOf("orders", "gateway")),
    at: fc.integer({ min: 4_000, max: 25_000 }).map((n) => n * 1_000),
    for: ms(200, 6_000),
  },
);

export const unheardScenario = ordersScenario({
  id: "orders-unheard",
  title: "an order service that hears what it is asked and is not heard",
  shows:
    "Requests come to the order service, and its answers come to nobody, until the registries take it for lost. Whoever asked is told that nobody knows, not that " +
    "nothing was done; who asks when nobody is to be found is told that, and nothing comes of it.",
  workload: { orders: { min: 15, max: 35 }, cancelled: 30 },
  storm: together(unheard, crashes),
  mustFire: ["partition", "crash"],
  goals: [GOALS.completed, GOALS.breakerOpen, ACTOR_GOALS.registryNone, GOALS.replayedPost],
});
