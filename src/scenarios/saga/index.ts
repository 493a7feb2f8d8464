/** The scenarios of the saga engine, in the order in which people should meet them. */
import type { Scenario } from "seedstorm";
import { afterTrouble } from "./after-trouble.js";
import { calm } from "./calm.js";
import { cancels } from "./cancels.js";
import { clocks } from "./clocks.js";
import { compensations } from "./compensations.js";
import { crashes } from "./crashes.js";
import { deploy } from "./deploy.js";
import { fieldFaults } from "./field-faults.js";
import { lastingLoss } from "./lasting-loss.js";
import { lateComers } from "./late-comers.js";
import { rescue } from "./rescue.js";
import { sagaStorm } from "./storm.js";

export const sagaScenarios: readonly Scenario[] = [
  calm,
  crashes,
  cancels,
  compensations,
  rescue,
  lateComers,
  clocks,
  deploy,
  fieldFaults,
  sagaStorm,
  afterTrouble,
  lastingLoss,
];
