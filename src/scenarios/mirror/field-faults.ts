/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a cluster that never comes back, an
 * upgrade that stops half-way and leaves two ways to write the log in use, connections and names, leap seconds.
 */
import { FIELD_KINDS, rollout, stormBy, together, type Upgrade, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorMoments } from "../../model/mirror/moments.js";
import { mirrorScenario, SCOPE } from "./define.js";
import { CLUSTERS } from "./topology.js";

const KINDS = FIELD_KINDS.filter((kind) => !kind.startsWith("external-"));

/** Clusters that write changes where others write whole states, and poll more often. */
const NEXT: Upgrade = { hosts: CLUSTERS, settings: { entries: "mixed", pollInterval: 300_000 } };

export const fieldFaults = mirrorScenario({
  id: "mirror-field-faults",
  title: "processes that end themselves, a lost cluster, upgrades, broken connections",
  shows:
    "Processes end themselves and come back with back-off, a cluster is lost for good, clusters are upgraded one by one to write changes in the place of whole states, and " +
    "connections break in ways that no packet loss does. The replicas that are left have what the log has.",
  storm: (strategy) =>
    together(
      stormBy(
        strategy,
        KINDS,
        {
          ...SCOPE,
          // One of these in a run at most; log and directory stand for services that are replicated.
          replicas: CLUSTERS,
          upgrades: [NEXT],
          moments: [...mirrorMoments, ...WORLD_MOMENTS].map(({ id }) => id),
        },
        2,
      ),
      rollout(SCOPE, NEXT),
    ),
  mustFire: KINDS,
  goals: [GOALS.promoted, GOALS.deltaFolded, GOALS.resumed],
});
