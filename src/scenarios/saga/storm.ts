/**
 * All of it: each universe turns on a random subset of every kind of fault short of damage to what is stored,
 * and code points that welcome trouble are on. All properties hold.
 */

import { type FaultKind, type FaultScope, STORM_KINDS, stormBy, together, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { SAGA_DEFAULTS } from "../../model/saga/knobs.js";
import { sagaMoments } from "../../model/saga/moments.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { cloudLinks, heldCalls } from "./cloud-links.js";
import { SCOPE, sagaScenario } from "./define.js";

/** There is one database: its medium stands for a volume that its provider replicates. */
const DAMAGE: ReadonlySet<FaultKind> = new Set([
  "bit-rot",
  "misdirected-write",
  "latent-sector-error",
  "disk-wipe",
]);
const KINDS: readonly FaultKind[] = STORM_KINDS.filter((kind) => !DAMAGE.has(kind));

const { leaseTtl, callTimeout } = SAGA_DEFAULTS;
/** What faults are aimed at, under the strategy that aims them. */
const AIMED: FaultScope = {
  ...SCOPE,
  moments: [...sagaMoments, ...WORLD_MOMENTS].map(({ id }) => id),
  timeouts: [leaseTtl, callTimeout],
};

export const sagaStorm = sagaScenario({
  id: "saga-storm",
  title: "a swarm of everything that can go wrong with the saga engine",
  shows:
    "Every kind of fault but damaged media, a random subset of them in each universe, and everything that customers and operators do. Every property of the " +
    "engine and of the world holds; once the storm is over, every run ends.",
  knobs: { buggify: true },
  workload: {
    reEnqueues: { min: 0, max: 2 },
    cleanUps: { min: 0, max: 2 },
    tampers: { min: 0, max: 2 },
    deploy: true,
  },
  storm: (strategy) =>
    together(
      stormBy(strategy, KINDS, AIMED, 2),
      cloudLinks(SCOPE.from, SCOPE.healAt),
      heldCalls(SCOPE.from, SCOPE.healAt, 1),
    ),
  mustFire: KINDS,
  goals: [
    ...Object.values(GOALS),
    STORAGE_GOALS.compacted,
    STORAGE_GOALS.rewritten,
    STORAGE_GOALS.recordedLate,
    STORAGE_GOALS.full,
  ],
});
