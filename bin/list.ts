/**
 * `seedstorm list [SCENARIO]`: what there is, or what one scenario shows.
 */
import { scenarioNamed } from "../src/input/index.js";
import { type Catalogue, catalogueLines, scenarioLines, style } from "../src/report/index.js";
import { type ExitCode, HELD } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

export function list(
  scenarioId: string | undefined,
  { json }: { readonly json: boolean },
  catalogue: Catalogue,
  terminal: Terminal,
): ExitCode {
  const view = style(terminal.columns, terminal.outColors);
  const scenario = scenarioId === undefined ? undefined : scenarioNamed(scenarioId, catalogue.scenarios);
  const system = catalogue.systems.find(({ id }) => id === scenario?.system);
  if (scenario === undefined || system === undefined) {
    terminal.out(json ? [asJson(catalogue)] : catalogueLines(catalogue, view));
  } else if (json) terminal.out([asJson({ ...catalogue, scenarios: [scenario], systems: [system] })]);
  else terminal.out(scenarioLines(scenario, system, view));
  return HELD;
}

const asJson = (catalogue: Catalogue): string => JSON.stringify(catalogue, null, 2);
