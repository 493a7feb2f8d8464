/**
 * All of it: each universe turns on a random subset of every kind of fault that can hit the mirror, for log
 * and directory short of damage to what they have stored, and code points that welcome trouble are on. All
 * properties hold.
 */
import * as fc from "fast-check";
import { type FaultKind, type FaultScope, STORM_KINDS, stormBy, together, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { MIRROR_DEFAULTS } from "../../model/mirror/knobs.js";
import { mirrorMoments } from "../../model/mirror/moments.js";
import { mirrorScenario, SCOPE } from "./define.js";
import { DIRECTORY, LOG } from "./topology.js";

/** The mirror calls no services outside. */
const KINDS: readonly FaultKind[] = STORM_KINDS.filter((kind) => !kind.startsWith("external-"));
/** What the disks of log and directory suffer: their medium stands for a replicated database. */
const DISK_KINDS: readonly FaultKind[] = [
  "fsync-failure",
  "disk-full",
  "disk-slow",
  "disk-stall",
  "crash-point",
];

const { grace, maxAge, readTimeout } = MIRROR_DEFAULTS;
/** What faults are aimed at, under the strategy that aims them. */
const AIMED: FaultScope = {
  ...SCOPE,
  moments: [...mirrorMoments, ...WORLD_MOMENTS].map(({ id }) => id),
  timeouts: [grace, maxAge, readTimeout],
};

export const mirrorStorm = mirrorScenario({
  id: "mirror-storm",
  title: "a swarm of everything that can go wrong with the mirror",
  shows:
    "Every kind of fault, a random subset of them in each universe, in both modes of the log. Every property of the mirror and of the world " +
    "holds; once the storm is over, every replica has what the log has.",
  knobs: fc.record({
    buggify: fc.constant(true),
    entries: fc.constantFrom("full-state", "mixed"),
    deltaReplay: fc.boolean(),
    retain: fc.integer({ min: 16, max: 64 }),
  }),
  workload: {
    reads: { min: 20, max: 40 },
    retire: { min: 0, max: 2 },
    signal: { min: 0, max: 2 },
    suspend: { min: 0, max: 1 },
    insertRow: { min: 0, max: 2 },
  },
  storm: (strategy) =>
    together(
      stormBy(strategy, KINDS, AIMED, 2),
      stormBy(strategy, DISK_KINDS, { ...AIMED, replicas: [LOG, DIRECTORY] }, 1),
    ),
  mustFire: KINDS,
  goals: Object.values(GOALS),
});
