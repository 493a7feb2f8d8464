/**
 * `seedstorm list [SCENARIO]`: what there is, or what one scenario shows.
 */
import { catalogueJson, catalogueLines, scenarioLines, style } from "../src/report/index.js";
import { type ExitCode, HELD } from "./exit-codes.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export function list(
  scenarioId: string | undefined,
  { json }: { readonly json: boolean },
  { scenarios }: Pick<Simulator, "scenarios">,
  terminal: Terminal,
): ExitCode {
  const view = style(terminal.columns, terminal.outColors);
  const scenario = scenarioId === undefined ? undefined : scenarioNamed(scenarioId, scenarios);
  if (json) {
    terminal.out([JSON.stringify(catalogueJson(scenario === undefined ? scenarios : [scenario]), null, 2)]);
  } else
    terminal.out(scenario === undefined ? catalogueLines(scenarios, view) : scenarioLines(scenario, view));
  return HELD;
}
