/** The scenarios of the runner, in the order in which people should meet them. */
import type { Scenario } from "seedstorm";
import { brokerTrouble } from "./broker-trouble.js";
import { calm } from "./calm.js";
import { clocks } from "./clocks.js";
import { crashes } from "./crashes.js";
import { failingPrograms } from "./failing-programs.js";
import { fieldFaults } from "./field-faults.js";
import { fullStreams } from "./full-streams.js";
import { givenUp } from "./given-up.js";
import { longEffects } from "./long-effects.js";
import { lostDisk } from "./lost-disk.js";
import { operators } from "./operators.js";
import { poison } from "./poison.js";
import { relayStorms } from "./relay-storms.js";
import { replay } from "./replay.js";
import { rolling } from "./rolling.js";
import { scaleOut } from "./scale-out.js";
import { secondRounds } from "./second-rounds.js";
import { sharding } from "./sharding.js";
import { runnerStorm } from "./storm.js";
import { unordered } from "./unordered.js";

export const runnerScenarios: readonly Scenario[] = [
  calm,
  crashes,
  relayStorms,
  longEffects,
  clocks,
  poison,
  failingPrograms,
  unordered,
  rolling,
  scaleOut,
  sharding,
  replay,
  brokerTrouble,
  fullStreams,
  lostDisk,
  operators,
  fieldFaults,
  runnerStorm,
  secondRounds,
  givenUp,
];
