/** All of it: in each universe a random subset of every kind of fault short of damage to what is stored, and everything that people do. */
import { DAMAGE, type FaultKind, type FaultScope, STORM_KINDS, stormBy, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersMoments } from "../../model/orders/moments.js";
import { ordersScenario, SCOPE } from "./define.js";

/** Each store is one host: its medium stands for a volume that its provider replicates. */
const KINDS: readonly FaultKind[] = STORM_KINDS.filter(
  (kind) => !DAMAGE.has(kind) || kind === "fsync-failure",
);

const AIMED: FaultScope = {
  ...SCOPE,
  moments: [...ordersMoments, ...WORLD_MOMENTS].map(({ id }) => id),
};

export const ordersStorm = ordersScenario({
  id: "orders-storm",
  title: "a swarm of everything that can go wrong with order processing",
  shows:
    "Every kind of fault but damaged media, a random subset of them in each universe, and everything that customers and operators do. Every property holds; once " +
    "the storm is over every order ends, and new ones are completed as on any day.",
  workload: {
    orders: { min: 10, max: 30 },
    kills: { min: 0, max: 8 },
    configurations: { min: 0, max: 2 },
    forgeries: { min: 0, max: 2 },
    poison: 1,
  },
  storm: (strategy) => stormBy(strategy, KINDS, AIMED, 2),
  mustFire: KINDS,
  goals: [
    GOALS.completed,
    GOALS.rescued,
    GOALS.claimLost,
    GOALS.recordedLate,
    GOALS.logRewritten,
    GOALS.labelVoided,
  ],
});
