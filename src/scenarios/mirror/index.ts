/** The scenarios of the replica mirror, in the order in which they are listed. */
import type { Scenario } from "seedstorm";
import { afterTrouble } from "./after-trouble.js";
import { calm } from "./calm.js";
import { clocks } from "./clocks.js";
import { fieldFaults } from "./field-faults.js";
import { lastingLoss } from "./lasting-loss.js";
import { lateAnswers } from "./late-answers.js";
import { mixed } from "./mixed.js";
import { partitions } from "./partitions.js";
import { primaryLoss } from "./primary-loss.js";
import { mirrorStorm } from "./storm.js";

export const mirrorScenarios: readonly Scenario[] = [
  calm,
  partitions,
  primaryLoss,
  mixed,
  clocks,
  fieldFaults,
  mirrorStorm,
  afterTrouble,
  lastingLoss,
  lateAnswers,
];
