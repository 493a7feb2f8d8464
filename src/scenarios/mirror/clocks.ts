/**
 * Clocks lie, and secondaries are cut off from the log now and then. What is served as fresh must be fresh by
 * true time, whatever the writer's clock says and the reader's.
 */

import { CLOCK_KINDS, faultsOf, swarm, together } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario, SCOPE } from "./define.js";
import { CLUSTERS, UNDER_STORM } from "./topology.js";

/** Only clusters go by clocks. */
const CLUSTER_GROUND = {
  ...SCOPE,
  hosts: UNDER_STORM.filter(({ role }) => role === "cluster"),
  replicas: CLUSTERS,
};

export const clocks = mirrorScenario({
  id: "mirror-clocks",
  title: "hostile clocks: states from the future, ages that mean nothing",
  shows:
    "Wall clocks are wrong by up to two minutes either way, drift, strobe and stand still, while replicas lose sight of the log. No replica that has fallen " +
    "behind calls itself fresh.",
  workload: { reads: { min: 40, max: 80 } },
  storm: together(
    swarm(CLOCK_KINDS, CLUSTER_GROUND, 4),
    faultsOf(["partition", "pause"], SCOPE, { min: 1, max: 4 }),
  ),
  mustFire: [...CLOCK_KINDS, "partition", "pause"],
  goals: [GOALS.freshRead, GOALS.staleRead],
});
