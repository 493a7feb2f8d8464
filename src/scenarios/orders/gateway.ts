/** The gateway refuses what is malformed by itself, also while nobody stands behind it. */
import { faultsOf } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE } from "./define.js";

const orderServices = SCOPE.hosts.filter(({ role }) => role === "orders");

export const gateway = ordersScenario({
  id: "orders-gateway",
  title: "malformed requests, refused by a gateway that validates",
  shows:
    "Every third request is malformed, while order services crash, stand still and are cut off. The gateway refuses such requests itself, whether or not " +
    "anybody stands behind it and its breaker is closed; the order service never sees one, and good orders lose nothing by them.",
  workload: { orders: { min: 12, max: 30 }, invalid: 50 },
  knobs: { gatewayValidates: true },
  storm: faultsOf(
    ["crash", "pause", "partition"],
    { ...SCOPE, hosts: orderServices, replicas: [] },
    { min: 2, max: 4 },
  ),
  mustFire: ["crash", "pause", "partition"],
  goals: [GOALS.refusedAtGateway, GOALS.completed],
});
