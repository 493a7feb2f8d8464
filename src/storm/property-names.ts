/**
 * Names of properties: each has an id, and may have an alias, its number in a catalogue, which is valid wherever the id is.
 * Here aliases become ids, once, where scenarios are loaded and files are read; everything behind that knows ids alone.
 */
import type { Property } from "../check/property.js";
import { CODE_FAILURE } from "./run.js";
import type { Scenario, System } from "./scenario.js";

type Named = Pick<Property, "id" | "alias">;

/** What runs report that no system declares, by its alias. */
const EVERY_SYSTEM: readonly Named[] = [{ id: CODE_FAILURE, alias: "W0" }];

/** The id behind a name, which may be an id or an alias. Names that no property has come back as they are. */
export function propertyId(name: string, properties: readonly Named[]): string {
  return [...properties, ...EVERY_SYSTEM].find(({ id, alias }) => id === name || alias === name)?.id ?? name;
}

/** The same scenarios, with ids in the place of aliases in what they and their systems' defects name. */
export function withPropertyIds(scenarios: readonly Scenario[]): readonly Scenario[] {
  const systems = new Map<System, System>();
  return scenarios.map((scenario) => {
    const { system, expectedViolations } = scenario;
    const known = systems.get(system) ?? systemWithIds(system);
    systems.set(system, known);
    const ids = idsOf(expectedViolations, system.properties);
    return known === system && ids === expectedViolations
      ? scenario
      : { ...scenario, system: known, expectedViolations: ids };
  });
}

function systemWithIds(system: System): System {
  const defects = system.defects.map((defect) => {
    const caughtBy = idsOf(defect.caughtBy, system.properties);
    return caughtBy === defect.caughtBy ? defect : { ...defect, caughtBy };
  });
  return defects.every((defect, i) => defect === system.defects[i]) ? system : { ...system, defects };
}

/** The very list that was given where it has no alias in it. */
function idsOf(names: readonly string[], properties: readonly Named[]): readonly string[] {
  const ids = names.map((name) => propertyId(name, properties));
  return ids.every((id, i) => id === names[i]) ? names : ids;
}
