/**
 * A cluster is lost early and never comes back, which may be the home of all grains, or an upgrade stops half-way and leaves two ways to
 * write the log in use; nothing else goes wrong, and applications go on. Those that are left have the grains and serve them: judged
 * while the loss lasts, which is until the end.
 */
import * as fc from "fast-check";
import { type Fault, prescribed, rollout, SECOND, seconds, together, type Upgrade } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario, SCOPE } from "./define.js";
import { CLUSTERS, HOME } from "./topology.js";

const NEXT: Upgrade = { hosts: CLUSTERS, settings: { entries: "mixed", pollInterval: 300_000 } };

export const lastingLoss = mirrorScenario({
  id: "mirror-lasting-loss",
  title: "a cluster is lost for good, and the others go on without it",
  shows:
    "Between 3 and 8 seconds a cluster, mostly the home of all grains, is lost and never comes back; the others may write the log in different ways. The others take the " +
    "grains over, and from then on each write is done and each of their replicas can be read, for the rest of the run.",
  workload: { writes: { min: 80, max: 150 }, reads: { min: 30, max: 60 }, to: 52 * SECOND },
  storm: together(
    prescribed<"host-loss">({
      kind: fc.constant("host-loss"),
      target: fc.constantFrom(HOME, HOME, ...CLUSTERS),
      at: seconds(3, 8),
    }),
    fc.oneof(rollout({ ...SCOPE, healAt: 10 * SECOND }, NEXT), fc.constant<Fault[]>([])),
  ),
  mustFire: ["host-loss", "upgrade"],
  certain: ["survivors-serve-applications"],
  goals: [GOALS.promoted, GOALS.writtenAfterPromotion, GOALS.freshRead],
});
