/** All of it: a random subset of every kind of fault in each universe, about half of them aimed at moments. */
import { type FaultKind, type FaultScope, STORM_KINDS, stormBy, WORLD_MOMENTS } from "seedstorm";
import { BROKER_GOALS as GOALS } from "../../model/broker/clients/goals.js";
import { brokerMoments } from "../../model/broker/moments.js";
import { brokerScenario, SCOPE } from "./define.js";

/** Nobody here calls a service outside or reads the wall clock. */
const UNNOTICED: ReadonlySet<FaultKind> = new Set(["clock-skew", "clock-jump", "clock-strobe"]);
const KINDS: readonly FaultKind[] = STORM_KINDS.filter(
  (kind) => !kind.startsWith("external-") && !UNNOTICED.has(kind),
);

const AIMED: FaultScope = { ...SCOPE, moments: [...brokerMoments, ...WORLD_MOMENTS].map(({ id }) => id) };

export const brokerStorm = brokerScenario({
  id: "broker-storm",
  title: "a swarm of everything that can go wrong with brokers and a store",
  shows:
    "Every kind of fault, a random subset of them in each universe, about half of them aimed at moments: messages stored and not acknowledged, assigned and not " +
    "delivered, acked and not answered, elections, snapshots. Every property holds; once the storm is over, everything gets done.",
  knobs: { buggify: true },
  workload: { tended: 8 },
  storm: (strategy) => stormBy(strategy, KINDS, AIMED, 2),
  mustFire: KINDS,
  goals: [
    "raft: election-under-load",
    "raft: snapshot-installed",
    GOALS.duplicate,
    GOALS.publishRetried,
    GOALS.redelivered,
    GOALS.lastDelivery,
    GOALS.terminated,
    GOALS.putOff,
    GOALS.pushed,
    GOALS.transferred,
  ],
});
