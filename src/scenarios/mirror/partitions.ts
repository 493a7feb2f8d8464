/**
 * Links fail in every way, and one secondary is cut off from the log until the heal, so that a long backlog is waiting for it.
 */
import * as fc from "fast-check";
import { GOALS } from "../../model/mirror/goals.js";
import type { Fault, FaultKind } from "../../sim/faults.js";
import { faultsOf, together, within } from "../swarm.js";
import { GROUND, HEAL_AT, mirrorScenario } from "./define.js";
import { LOG, SECONDARIES } from "./topology.js";

const KINDS: readonly FaultKind[] = [
  "partition",
  "loss",
  "duplication",
  "reorder",
  "slow-link",
  "flaky-link",
  "clog",
  "bandwidth",
];

/** A secondary can't reach the log, until all is well again. */
const longCut: fc.Arbitrary<Fault[]> = fc
  .record({ secondary: fc.constantFrom(...SECONDARIES), at: within(6, 22) })
  .map(({ secondary, at }) => [
    { id: "f0", kind: "partition", at, for: HEAL_AT - at, a: [secondary], b: [LOG], oneWay: false },
  ]);

export const partitions = mirrorScenario({
  id: "mirror-partitions",
  title: "partitions and lag between the clusters and the log",
  shows:
    "Links are cut, lossy, slow and narrow, and one secondary sees nothing of the log for long. When all is well again it reads its backlog batch after " +
    "batch; rows that nobody can decode and signals that change nothing stop no consumer.",
  workload: {
    writes: { min: 80, max: 150 },
    signal: { min: 0, max: 2 },
    insertRow: { min: 0, max: 3 },
  },
  storm: together(longCut, faultsOf(KINDS, GROUND, { min: 0, max: 6 })),
  promisesFaults: KINDS,
  goals: [
    GOALS.polledAgain,
    GOALS.undecodablePassed,
    GOALS.coalesced,
    GOALS.appendRetried,
    GOALS.appendFound,
    GOALS.resequenced,
    GOALS.signalIgnored,
    GOALS.staleRead,
  ],
});
