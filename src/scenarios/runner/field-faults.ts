/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a node or a broker that never comes
 * back, an upgrade that stops half-way, connections and names, leap seconds, and providers that answer with statuses, limits and resets.
 */
import { FIELD_KINDS, rollout, stormBy, together, type Upgrade, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { runnerMoments } from "../../model/runner/moments.js";
import { runnerScenario, SCOPE } from "./define.js";
import { BROKERS, NODES } from "./topology.js";

/** Nodes that do one effect at a time and look for work less often. */
const NODE: Upgrade = {
  hosts: NODES,
  settings: { "environment/*": "RUNNER_EFFECTS_CONCURRENCY=1\nRUNNER_RELAY_POLL=300" },
};
const BROKER: Upgrade = { hosts: BROKERS, settings: { "raft.snapshotEvery": 8 } };

export const fieldFaults = runnerScenario({
  id: "runner-field-faults",
  title: "processes that end themselves, lost hosts, upgrades, broken connections, typed errors",
  shows:
    "Processes end themselves and come back with back-off, a node or a broker is lost for good, nodes and brokers are upgraded one by one, connections break in ways " +
    "that no packet loss does, and providers answer with statuses, limits and resets. Every saga ends, on what is left.",
  strategy: "aimed",
  storm: (strategy) =>
    together(
      stormBy(
        strategy,
        FIELD_KINDS,
        {
          ...SCOPE,
          // One of these in a run at most; store and gateway are one host each.
          replicas: [...NODES, ...BROKERS],
          upgrades: [NODE, BROKER],
          moments: [...runnerMoments, ...WORLD_MOMENTS].map(({ id }) => id),
        },
        2,
      ),
      rollout(SCOPE, NODE),
    ),
  mustFire: FIELD_KINDS,
  goals: [GOALS.effectRetried, GOALS.claimTakenOver, GOALS.partTakenOver],
});
