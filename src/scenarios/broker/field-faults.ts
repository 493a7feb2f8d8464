/**
 * What reports from the field are about and a power cut is not: processes that end themselves, a broker or a worker that never comes
 * back, an upgrade that stops half-way, connections and names, leap seconds.
 */
import { FIELD_KINDS, rollout, stormBy, together, type Upgrade, WORLD_MOMENTS } from "seedstorm";
import { BROKER_GOALS as GOALS } from "../../model/broker/clients/goals.js";
import { brokerMoments } from "../../model/broker/moments.js";
import { brokerScenario, SCOPE } from "./define.js";
import { BROKERS } from "./topology.js";

const KINDS = FIELD_KINDS.filter((kind) => !kind.startsWith("external-"));

/** Brokers that take snapshots four times as often. */
const NEXT: Upgrade = { hosts: BROKERS, settings: { "raft.snapshotEvery": 8 } };

const AIMED = {
  ...SCOPE,
  // One of these in a run at most. The first two brokers have streams of a single replica.
  replicas: [BROKERS[2], "worker-1", "worker-2", "mailer-1", "mailer-2"],
  upgrades: [NEXT],
  moments: [...brokerMoments, ...WORLD_MOMENTS].map(({ id }) => id),
};

export const brokerFieldFaults = brokerScenario({
  id: "broker-field-faults",
  title: "processes that end themselves, a lost broker, upgrades, broken connections",
  shows:
    "Processes end themselves and come back with back-off, a broker or a worker is lost for good, brokers are upgraded one by one, and connections break in ways that no " +
    "packet loss does. What was acknowledged stays, and everything gets done on what is left.",
  storm: (strategy) => together(stormBy(strategy, KINDS, AIMED, 2), rollout(SCOPE, NEXT)),
  mustFire: KINDS,
  goals: [GOALS.publishRetried, GOALS.redelivered, "raft: election-under-load"],
});
