/** Registries and instances come and go; some that seem to be there are dead, some that seem dead are there. */
import { faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE, SERVICE_GROUND } from "./define.js";

const registries = SCOPE.hosts.filter(({ role }) => role === "registry");

export const registryChurn = ordersScenario({
  id: "orders-registry-churn",
  title: "instances that come and go, dead ones and zombies",
  shows:
    "Registries and instances crash, stand still and are cut off from each other. Requests find an instance that works as long as there is one that can be " +
    "found, and all of them once it is over.",
  workload: { orders: { min: 12, max: 35 } },
  storm: together(
    faultsOf(
      ["crash", "pause", "partition"],
      { ...SCOPE, hosts: registries, replicas: [] },
      { min: 1, max: 3 },
    ),
    faultsOf(["crash", "pause", "partition", "flaky-link"], SERVICE_GROUND, { min: 2, max: 4 }),
  ),
  mustFire: ["crash", "pause", "partition", "flaky-link"],
  goals: [GOALS.completed, GOALS.rescued],
});
