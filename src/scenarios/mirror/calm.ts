/**
 * Nothing goes wrong, but for what people do: grains are retired and registered again, consumers are
 * signalled, mirroring is taken down and up again.
 */
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario } from "./define.js";

export const calm = mirrorScenario({
  id: "mirror-calm",
  title: "the mirror on a quiet day",
  shows:
    "A minute without faults. Writes are acknowledged and reach every replica, fresh reads are served, and an operator's interventions " +
    "lose nothing.",
  workload: {
    retire: { min: 0, max: 3 },
    signal: { min: 0, max: 3 },
    suspend: { min: 0, max: 2 },
  },
  certain: [
    "applications-are-served",
    "every-grain-has-its-primary",
    "handled-state-reaches-the-log",
    "replica-catches-up",
    "replica-equals-log",
    "takeovers-have-causes",
    "replica-never-goes-back",
    "no-delta-as-snapshot",
    "replica-has-what-its-cursor-passed",
    "replica-lag-is-bounded",
    "failed-read-keeps-cursor",
    "nothing-applied-after-shutdown",
    "log-epochs-are-exclusive",
    "fresh-means-fresh",
    "directory-epochs-increase",
    "refused-reads-have-causes",
    "reads-show-the-log",
    GOALS.freshRead,
    GOALS.staleRead,
  ],
  goals: [
    GOALS.freshRead,
    GOALS.staleRead,
    GOALS.polledAgain,
    GOALS.registeredAgain,
    GOALS.signalIgnored,
    GOALS.stopped,
    GOALS.truncated,
  ],
});
