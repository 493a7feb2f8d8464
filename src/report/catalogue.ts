/**
 * What there is: scenarios, the systems that they run, the properties that must hold, the faults that may strike and
 * the defects that may be planted, as plain data: what is listed, and printed for programs.
 */

import type { Property } from "../check/property.js";
import { CATALOGUE } from "../sim/faults/catalogue.js";
import { WORLD_MOMENTS } from "../sim/moments.js";
import type { Incident, Origin } from "../storm/defect.js";
import type { Scenario, System } from "../storm/scenario.js";

export interface ListedScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  /** Id of its system. */
  readonly system: string;
  readonly mustFire: readonly string[];
  readonly goals: readonly string[];
  /** What each of its universes comes to. */
  readonly certain: readonly string[];
  readonly expectedViolations: readonly string[];
}

export interface ListedSystem {
  readonly id: string;
  readonly title: string;
  readonly properties: readonly Pick<Property, "id" | "alias" | "kind" | "sentence">[];
  readonly defects: readonly {
    readonly id: string;
    readonly breaks: string;
    readonly caughtBy: readonly string[];
    readonly origin: Origin | null;
    /** A public report of its kind. */
    readonly incident: Incident | null;
  }[];
  readonly moments: readonly ListedMoment[];
}

export interface ListedMoment {
  readonly id: string;
  readonly when: string;
}

export interface Catalogue {
  readonly scenarios: readonly ListedScenario[];
  /** Those of the scenarios. */
  readonly systems: readonly ListedSystem[];
  readonly faults: readonly { readonly kind: string; readonly does: string }[];
  /** The world's own, which faults in any system may be aimed at. */
  readonly moments: readonly ListedMoment[];
}

export function catalogueOf(scenarios: readonly Scenario[]): Catalogue {
  return {
    scenarios: scenarios.map((scenario) => ({
      id: scenario.id,
      title: scenario.title,
      shows: scenario.shows,
      system: scenario.system.id,
      mustFire: scenario.mustFire,
      goals: scenario.goals,
      certain: scenario.certain ?? [],
      expectedViolations: scenario.expectedViolations,
    })),
    systems: systemsOf(scenarios).map((system) => ({
      id: system.id,
      title: system.title,
      properties: system.properties.map(({ id, alias, kind, sentence }) => ({
        id,
        ...(alias === undefined ? {} : { alias }),
        kind,
        sentence,
      })),
      defects: system.defects.map(({ id, breaks, caughtBy, origin, incident }) => ({
        id,
        breaks,
        caughtBy,
        origin: origin ?? null,
        incident: incident ?? null,
      })),
      moments: (system.moments ?? []).map(({ id, when }) => ({ id, when })),
    })),
    faults: Object.entries(CATALOGUE).map(([kind, { does }]) => ({ kind, does })),
    moments: WORLD_MOMENTS.map(({ id, when }) => ({ id, when })),
  };
}

function systemsOf(scenarios: readonly Scenario[]): System[] {
  return [...new Set(scenarios.map(({ system }) => system))];
}
