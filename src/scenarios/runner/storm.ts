/**
 * All of it: each universe turns on a random subset of every kind of fault short of damage to what is stored, with poison,
 * rolling restarts and code points that welcome trouble. All properties hold.
 */
import { DAMAGE, type FaultKind, type FaultScope, STORM_KINDS, stormBy, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { runnerMoments } from "../../model/runner/moments.js";
import { runnerScenario, SCOPE } from "./define.js";
import { rollout } from "./rolling.js";

/** There is one store: its medium stands for a volume that its provider replicates. */
const KINDS: readonly FaultKind[] = STORM_KINDS.filter((kind) => !DAMAGE.has(kind));

const AIMED: FaultScope = {
  ...SCOPE,
  moments: [...runnerMoments, ...WORLD_MOMENTS].map(({ id }) => id),
  timeouts: [2_000_000, 2_500_000, 1_500_000],
};

export const runnerStorm = runnerScenario({
  id: "runner-storm",
  title: "a swarm of everything that can go wrong with the runner",
  shows:
    "Every kind of fault but damaged media, a random subset of them in each universe, and everything that customers, producers of poison and operators do. Every " +
    "property holds; once the storm is over, every saga ends.",
  workload: { poison: { min: 0, max: 2 }, operator: rollout },
  knobs: { buggify: true },
  strategy: "swarm",
  storm: (strategy) => stormBy(strategy, KINDS, AIMED, 2),
  mustFire: KINDS,
  goals: [
    GOALS.compensationRun,
    GOALS.timerFired,
    GOALS.deadLettered,
    GOALS.quarantined,
    GOALS.effectRetried,
    GOALS.claimTakenOver,
    GOALS.partTakenOver,
    GOALS.drained,
    GOALS.commandReplayed,
    GOALS.duplicateSkipped,
  ],
});
