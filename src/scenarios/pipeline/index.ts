/**
 * The scenarios of the order pipeline, in the order in which they are listed and take turns: the calm one, then those that
 * bring about most, then those that look at one thing each.
 */
import type { Scenario } from "seedstorm";
import { afterTrouble } from "./after-trouble.js";
import { changedMembers } from "./changed-members.js";
import { checkpointRestore } from "./checkpoint-restore.js";
import { clockChaos } from "./clock-chaos.js";
import { cutOffLeader } from "./cut-off-leader.js";
import { diskTrouble } from "./disk-trouble.js";
import { duplicateWebhooks } from "./duplicate-webhooks.js";
import { elections } from "./elections.js";
import { fastPath } from "./fast-path.js";
import { fieldFaults } from "./field-faults.js";
import { flakyLinks } from "./flaky-links.js";
import { halfWrittenVotes } from "./half-written-votes.js";
import { handovers } from "./handovers.js";
import { lastingLoss } from "./lasting-loss.js";
import { lateComers } from "./late-comers.js";
import { leaseContention } from "./lease-contention.js";
import { placementDenied } from "./placement-denied.js";
import { powerLoss } from "./power-loss.js";
import { providerLoss } from "./provider-loss.js";
import { reconfiguration } from "./reconfiguration.js";
import { regionLoss } from "./region-loss.js";
import { secondChances } from "./second-chances.js";
import { slowEverything } from "./slow-everything.js";
import { splitBrain } from "./split-brain.js";
import { steady } from "./steady.js";
import { storm } from "./storm.js";
import { stragglers } from "./stragglers.js";
import { twoVoters } from "./two-voters.js";
import { workerCrashes } from "./worker-crashes.js";
import { zoneLoss } from "./zone-loss.js";

export const pipelineScenarios: readonly Scenario[] = [
  steady,
  storm,
  elections,
  powerLoss,
  lateComers,
  reconfiguration,
  cutOffLeader,
  stragglers,
  providerLoss,
  regionLoss,
  zoneLoss,
  splitBrain,
  flakyLinks,
  clockChaos,
  duplicateWebhooks,
  workerCrashes,
  leaseContention,
  placementDenied,
  checkpointRestore,
  diskTrouble,
  slowEverything,
  twoVoters,
  fastPath,
  afterTrouble,
  fieldFaults,
  changedMembers,
  halfWrittenVotes,
  secondChances,
  lastingLoss,
  handovers,
];
