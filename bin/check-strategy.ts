/** Whether a strategy that is asked for means anything: scenarios that prescribe their own faults have none. */
import type { Scenario, Strategy } from "../src/index.js";
import { InputError, listed } from "../src/input/index.js";

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
