/** The option `--strategy`: how storms are drawn. */

import { Option } from "commander";
import type { Scenario, Strategy } from "../src/index.js";
import { InputError, listed, STRATEGIES, shown } from "../src/input/index.js";

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

/** @throws InputError when it would change nothing in any of these scenarios. */
export function checkStrategy(
  strategy: Strategy | undefined,
  chosen: readonly Scenario[],
  all: readonly Scenario[],
): void {
  if (strategy === undefined || chosen.some((scenario) => scenario.strategy !== undefined)) return;
  const drawn = all.filter((scenario) => scenario.strategy !== undefined).map(({ id }) => id);
  const where = drawn.length === 0 ? "no scenario has one" : `scenarios that have one are ${listed(drawn)}`;
  throw new InputError(
    `--strategy: ${listed(chosen.map(({ id }) => id))} ${chosen.length === 1 ? "prescribes its" : "prescribe their"} own faults; ${where}`,
  );
}
