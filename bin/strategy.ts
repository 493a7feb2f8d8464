/** The option `--strategy`: how storms are drawn. */

import { Option } from "commander";
import type { Strategy } from "../src/index.js";
import { InputError, STRATEGIES, shown } from "../src/input/index.js";

export function strategyOption(): Option {
  return new Option(
    "--strategy <name>",
    `how storms are drawn: ${STRATEGIES.join(", ")}; a scenario that prescribes its own faults has no other`,
  ).argParser(parseStrategy);
}

function parseStrategy(text: string): Strategy {
  const strategy = STRATEGIES.find((name) => name === text);
  if (strategy === undefined) {
    throw new InputError(`--strategy: expected one of ${STRATEGIES.join(", ")}, got ${shown(text)}`);
  }
  return strategy;
}
