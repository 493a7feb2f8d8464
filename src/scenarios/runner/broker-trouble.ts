/**
 * Brokers lose their leader, are cut off, lose power together, and one of them its stored data; their disks are full for a while.
 * What is not acked is published again; what was acked is still there.
 */
import { type FaultKind, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { BROKER_GROUND, runnerScenario } from "./define.js";

const KINDS: readonly FaultKind[] = [
  "crash",
  "partition",
  "pause",
  "disk-stall",
  "disk-full",
  "fsync-failure",
  "loss",
];
const DAMAGE: readonly FaultKind[] = ["disk-wipe", "bit-rot"];

export const brokerTrouble = runnerScenario({
  id: "runner-broker-trouble",
  title: "brokers that lose their leader, their links and their disks",
  shows:
    "Leaders of streams crash, are cut off and stall, all brokers lose power, one of them what it had stored. Publishes are repeated under their ids, " +
    "deliveries come again, and nothing that was acked is lost.",
  knobs: { buggify: true },
  storm: together(
    faultsOf(KINDS, BROKER_GROUND, { min: 2, max: 6 }),
    faultsOf(DAMAGE, BROKER_GROUND, { min: 0, max: 1 }),
  ),
  mustFire: [...KINDS, ...DAMAGE],
  goals: [GOALS.duplicateSkipped, GOALS.dispatchRetried],
});
