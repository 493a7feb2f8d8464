/**
 * Shops go on when the trouble is over: as many orders come in the quiet period as in the storm, and each is answered at its first
 * attempt and done at its first delivery. Other scenarios end their workload before the heal.
 */
import { type FaultKind, faultsOf, SECOND } from "seedstorm";
import { pipelineScenario } from "./define.js";

const KINDS: readonly FaultKind[] = ["crash", "pause", "partition", "loss", "disk-stall", "external-errors"];

export const afterTrouble = pipelineScenario({
  id: "after-trouble",
  title: "shops go on when the trouble is over",
  shows:
    "Crashes, pauses, partitions and loss in the first half, and orders in both. What is sent when all is well again is answered at once and done at once, " +
    "somebody keeps the lease, checkpoints follow, and observers agree that all is well.",
  workload: { orders: { min: 16, max: 32 }, to: 54 * SECOND },
  knobs: { observeInterval: 4 * SECOND, maintenanceInterval: 6 * SECOND, "raft.snapshotEvery": 24 },
  storm: (scope) => faultsOf(KINDS, scope, { min: 2, max: 7 }),
  mustFire: KINDS,
  certain: ["checkpoint saved", "records-are-done-at-once", "observers-are-heard"],
  goals: ["checkpoint saved", "resource event", "lease changed hands"],
});
