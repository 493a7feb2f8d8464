/**
 * `seedstorm replay FILE`: the universe of a plan file or a repro file again. The file is all it takes: plans
 * stay good when the generators that drew them change. A failure is shown with what led to it; a repro is
 * compared with what it was written for.
 */

import { compare, readRepro, shrinkTraceLine } from "../src/explore/index.js";
import { printable } from "../src/input/index.js";
import { executeRun, type OutputOptions } from "./execute-run.js";
import type { ExitCode } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { scenarioNamed, type Universes } from "./simulator.js";
import type { Writer } from "./terminal.js";

export async function replay(
  file: string,
  options: OutputOptions,
  simulator: Universes,
  terminal: Writer,
): Promise<ExitCode> {
  const repro = readRepro(file, simulator.scenarios);
  const { plan, shrinkTrace, passing } = repro;
  const scenario = scenarioNamed(plan.scenario, simulator.scenarios);
  const command = `${invocation()} replay ${quoted(file)}`;
  return executeRun(
    {
      scenario,
      plan,
      command,
      source: printable(file),
      notes:
        shrinkTrace === undefined ? [] : [`shrunk: ${shrinkTraceLine(shrinkTrace, scenario.system.noun)}`],
      extra: {},
      compare: (outcome) => compare(repro, outcome),
      sliced: true,
      ...(passing === undefined ? {} : { passing }),
    },
    options,
    simulator,
    terminal,
  );
}
