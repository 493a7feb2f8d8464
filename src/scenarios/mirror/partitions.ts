/**
 * Links fail in every way, and one secondary is cut off from the log until the heal, so that a long backlog
 * is waiting for it. In half of the universes the primary loses sight of the log as well, and what it has
 * handled last must wait for the heal.
 */
import * as fc from "fast-check";
import { type Fault, type FaultKind, faultsOf, seconds, together } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { HEAL_AT, mirrorScenario, SCOPE } from "./define.js";
import { HOME, LOG, SECONDARIES } from "./topology.js";

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

/** One of the clusters can't reach the log, until all is well again. */
function cutOff(clusters: readonly string[], from: number, to: number): fc.Arbitrary<Fault[]> {
  return fc
    .record({ cluster: fc.constantFrom(...clusters), at: seconds(from, to) })
    .map(({ cluster, at }) => [
      { id: "f0", kind: "partition", at, for: HEAL_AT - at, a: [cluster], b: [LOG], oneWay: false },
    ]);
}

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
  storm: together(
    cutOff(SECONDARIES, 6, 22),
    fc.oneof(fc.constant<Fault[]>([]), cutOff([HOME], 22, 31)),
    faultsOf(KINDS, SCOPE, { min: 0, max: 6 }),
  ),
  mustFire: KINDS,
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
