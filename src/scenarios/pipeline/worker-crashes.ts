/**
 * Workers crash between any two of their steps: before the payment is asked for, after it was applied, after it
 * was recorded, before the acknowledgement. The delivery comes back, somebody else takes it, and the order is
 * charged once.
 */
import { faultsOf, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const workerCrashes = pipelineScenario({
  id: "worker-crashes",
  title: "workers crash and stall between any two steps, and the payment service misbehaves",
  shows:
    "Workers crash just before and just after external calls and stand still past the visibility time-out; the payment service " +
    "applies calls and loses the replies. Each order is charged exactly once.",
  storm: (scope) => {
    const workers = { ...scope, hosts: scope.hosts.filter((spec) => spec.role === "worker"), replicas: [] };
    return together(
      faultsOf(["crash-point", "crash", "pause"], workers, { min: 3, max: 8 }),
      faultsOf(["external-slow", "external-errors", "external-hang", "external-lost-reply"], scope, {
        min: 1,
        max: 4,
      }),
    );
  },
  mustFire: [
    "crash-point",
    "crash",
    "pause",
    "external-slow",
    "external-errors",
    "external-hang",
    "external-lost-reply",
  ],
  goals: ["redelivery", "payment retried"],
});
