/**
 * The holder of the maintenance lease stands still, is cut off, or crashes, and another takes over. When the old
 * holder wakes it still believes that it holds the lease: its writes must be refused by every resource, by
 * their epoch.
 */
import { faultsOf } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const leaseContention = pipelineScenario({
  id: "lease-contention",
  title: "lease holders stand still, are cut off or crash, and come back believing",
  shows:
    "Pauses longer than the lease's time to live, partitions and crashes of its holders. The lease changes hands with a higher " +
    "epoch, and the stale holder is refused wherever it writes.",
  storm: (scope) => {
    const keepers = {
      ...scope,
      hosts: scope.hosts.filter((spec) => spec.role === "maintenance"),
      replicas: [],
    };
    return faultsOf(["pause", "crash", "partition", "clog", "clock-freeze"], keepers, { min: 3, max: 8 });
  },
  mustFire: ["pause", "crash", "partition", "clog"],
  goals: ["lease changed hands", "stale holder fenced"],
});
