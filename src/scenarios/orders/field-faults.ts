/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a host of a service that never comes
 * back, an upgrade that stops half-way, connections and names, leap seconds, and providers that answer with statuses, limits and resets.
 */
import { FIELD_KINDS, rollout, stormBy, together, type Upgrade, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersMoments } from "../../model/orders/moments.js";
import { ordersScenario, SCOPE } from "./define.js";
import { SERVICES } from "./topology.js";

const PAIRED = SERVICES.flatMap((service) => [`${service}-1`, `${service}-2`]);
/** Hosts that publish twice as often, with smaller pools. */
const NEXT: Upgrade = { hosts: PAIRED, settings: { publishInterval: 100_000, maxPoolSize: 20 } };

export const fieldFaults = ordersScenario({
  id: "orders-field-faults",
  title: "processes that end themselves, a lost host, upgrades, broken connections, typed errors",
  shows:
    "Processes end themselves and come back with back-off, one host of a service or a registry is lost for good, hosts are upgraded one by one, connections break in ways " +
    "that no packet loss does, and providers answer with statuses, limits and resets. Every order ends, on the hosts that are left.",
  storm: (strategy) =>
    together(
      stormBy(
        strategy,
        FIELD_KINDS,
        {
          ...SCOPE,
          // One of these in a run at most; each store is one host, and so is the notifier.
          replicas: [...PAIRED, "registry-1", "registry-2"],
          upgrades: [NEXT],
          moments: [...ordersMoments, ...WORLD_MOMENTS].map(({ id }) => id),
        },
        2,
      ),
      rollout(SCOPE, NEXT),
    ),
  mustFire: FIELD_KINDS,
  goals: [GOALS.completed, GOALS.rescued],
});
