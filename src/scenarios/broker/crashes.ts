/** Brokers, the store, workers and keepers crash, between any two durable writes. */
import { faultsOf, together } from "seedstorm";
import { BROKER_GOALS as GOALS } from "../../model/broker/clients/goals.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { brokerScenario, SCOPE, SERVERS } from "./define.js";

export const brokerCrashes = brokerScenario({
  id: "broker-crashes",
  title: "brokers, store and workers crash between any two writes",
  shows:
    "Crashes before and after durable writes of brokers and of the store, and of everybody else. What was acknowledged stays, what was delivered and not answered " +
    "comes again with its count, watches go on where they were, and a bucket in memory is known to be lost.",
  workload: { tended: 2 },
  storm: together(
    faultsOf(["crash-point", "crash"], SERVERS, { min: 2, max: 6 }),
    faultsOf(["crash", "pause"], SCOPE, { min: 1, max: 3 }),
  ),
  mustFire: ["crash-point", "crash", "pause"],
  goals: [GOALS.publishRetried, GOALS.redelivered, GOALS.watchReset, STORAGE_GOALS.recordedLate],
});
