/** Operators load configurations, most of which are none. */
import { faultsOf } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SERVICE_GROUND } from "./define.js";

export const configuration = ordersScenario({
  id: "orders-configuration",
  title: "configurations that fail to load",
  shows:
    "Configurations are loaded while orders come in: cut short, with a wrong value, with nothing in them. Each is taken as a whole or refused with its reason, and " +
    "what was there before goes on.",
  workload: { configurations: { min: 4, max: 10 } },
  storm: faultsOf(
    ["crash"],
    { ...SERVICE_GROUND, hosts: SERVICE_GROUND.hosts.filter(({ role }) => role === "orders") },
    { min: 0, max: 2 },
  ),
  mustFire: ["crash"],
  goals: [GOALS.configRefused, GOALS.configTaken, GOALS.completed],
});
