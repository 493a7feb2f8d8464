/** The scenarios of the broker, in the order in which people should meet them. */
import type { Scenario } from "seedstorm";
import { brokerCalm } from "./calm.js";
import { brokerCrashes } from "./crashes.js";
import { brokerCutOffLeader } from "./cut-off-leader.js";
import { brokerFieldFaults } from "./field-faults.js";
import { brokerPartitions } from "./partitions.js";
import { storeCrashes } from "./store.js";
import { brokerStorm } from "./storm.js";

export const brokerScenarios: readonly Scenario[] = [
  brokerCalm,
  brokerCrashes,
  brokerPartitions,
  brokerCutOffLeader,
  storeCrashes,
  brokerFieldFaults,
  brokerStorm,
];
