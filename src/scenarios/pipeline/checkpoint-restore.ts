/**
 * Checkpoints are saved while object stores are slow, refuse, hang or are cut off, and while the one who saves
 * crashes between the object and the pointer. Whenever a pointer is set, its object is on a quorum of providers,
 * and what is restored in the end has the hash that the pointer names.
 */
import { faultsOf, seconds, together } from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operatorActions } from "./operators.js";

export const checkpointRestore = pipelineScenario({
  id: "checkpoint-restore",
  title: "checkpoints under failing object stores and crashing savers",
  shows:
    "Object storage of each provider misbehaves and the maintenance host crashes between writing the object and setting the pointer. " +
    "Pointers only ever name objects that a quorum of providers has.",
  knobs: { maintenanceInterval: seconds(2) },
  storm: (scope) => {
    const keepers = {
      ...scope,
      hosts: scope.hosts.filter((spec) => spec.role === "maintenance"),
      replicas: [],
    };
    const stores = { ...scope, services: ["objects-aws", "objects-gcp", "objects-azure"] };
    return together(
      faultsOf(["crash-point", "crash", "pause"], keepers, { min: 1, max: 5 }),
      faultsOf(["external-slow", "external-errors", "external-hang", "external-lost-reply"], stores, {
        min: 1,
        max: 5,
      }),
    );
  },
  operations: (topology, from, to) => operatorActions(topology, from, to, 6),
  mustFire: ["crash-point", "external-slow", "external-errors", "external-hang", "external-lost-reply"],
  goals: ["checkpoint saved", "checkpoint restored", "checkpoint restored from another copy"],
});
