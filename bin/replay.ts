/**
 * `seedstorm replay FILE`: the universe of a plan file again. The file is all it takes: plans stay good when the
 * generators that drew them change.
 */
import { printable } from "../src/explore/input-error.js";
import { readPlan } from "../src/explore/plan-file.js";
import type { ExitCode } from "./exit-codes.js";
import { perform, quoted, type TellingOptions } from "./perform.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export async function replay(
  file: string,
  options: TellingOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const plan = readPlan(file, simulator.scenarios);
  const scenario = scenarioNamed(plan.scenario, simulator.scenarios);
  const command = `npx seedstorm replay ${quoted(file)}`;
  return perform(
    { scenario, plan, command, source: printable(file), notes: [], extra: {} },
    options,
    simulator,
    terminal,
  );
}
