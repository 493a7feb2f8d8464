/** Scenarios by their ids, as people type them. */
import type { Scenario } from "../storm/scenario.js";
import { InputError, shown } from "./formats/input-error.js";
import { suggestion } from "./formats/nearest.js";

/** The scenario with this id. @throws InputError that suggests the nearest name. */
export function scenarioNamed<S extends Pick<Scenario, "id">>(id: string, scenarios: readonly S[]): S {
  const scenario = scenarios.find((candidate) => candidate.id === id);
  if (scenario !== undefined) return scenario;
  const ids = scenarios.map((candidate) => candidate.id);
  throw new InputError(`no scenario ${shown(id)}${suggestion(id, ids, "scenarios")}`);
}
