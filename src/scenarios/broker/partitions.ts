/** Links fail in every way between brokers, and between them and everybody else. */
import { faultsOf } from "seedstorm";
import { BROKER_GOALS as GOALS } from "../../model/broker/clients/goals.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { brokerScenario, SCOPE } from "./define.js";

const KINDS = [
  "partition",
  "partition",
  "clog",
  "loss",
  "duplication",
  "reorder",
  "flaky-link",
  "slow-link",
] as const;

export const brokerPartitions = brokerScenario({
  id: "broker-partitions",
  title: "brokers are cut off from each other and from everybody else",
  shows:
    "Partitions of every shape, clogged, lossy, slow and flaky links. A leader that is cut off answers nothing that did not commit, clients find the next one, and " +
    "what they asked twice is done once.",
  workload: { tended: 2 },
  storm: faultsOf([...KINDS], SCOPE, { min: 3, max: 9 }),
  mustFire: ["partition", "clog", "loss", "duplication", "reorder", "flaky-link", "slow-link"],
  goals: [GOALS.publishRetried, STORAGE_GOALS.commitRepeated],
});
