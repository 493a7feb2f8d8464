/**
 * Applications write and read on when the trouble is over: what was down takes part again, each write is done, and what was
 * written lately can be read at every replica. Other scenarios end their workload before the heal, and leave the quiet period to
 * what is under way.
 */
import { type FaultKind, faultsOf, SECOND } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario, SCOPE } from "./define.js";

const KINDS: readonly FaultKind[] = ["crash", "pause", "partition", "clog", "loss", "disk-stall"];

export const afterTrouble = mirrorScenario({
  id: "mirror-after-trouble",
  title: "applications go on when the trouble is over",
  shows:
    "Crashes, pauses and partitions in the first half, and as many writes and reads in the second. Each write after the trouble is done, and each replica " +
    "that is read shows what was written lately.",
  workload: {
    writes: { min: 100, max: 180 },
    reads: { min: 60, max: 120 },
    retire: { min: 0, max: 2 },
    suspend: { min: 0, max: 1 },
    to: 54 * SECOND,
  },
  storm: faultsOf(KINDS, SCOPE, { min: 1, max: 5 }),
  mustFire: KINDS,
  certain: [GOALS.freshRead, "applications-are-served", "every-grain-has-its-primary", "reads-show-the-log"],
  goals: [GOALS.freshRead, GOALS.promoted, GOALS.resumed],
});
