/**
 * What there is: scenarios, the systems that they run, the properties that must hold, the faults that may strike and
 * the defects that may be planted. For people as text, for programs as JSON.
 */

import type { Property } from "../check/property.js";
import { CATALOGUE } from "../sim/faults/catalogue.js";
import { type Moment, WORLD_MOMENTS } from "../sim/moments.js";
import type { Incident, Origin } from "../storm/defect.js";
import type { Scenario, System } from "../storm/scenario.js";
import { originText } from "./origin.js";
import { hanging, type TextStyle } from "./text-style.js";
import { list } from "./words.js";

export interface CatalogueJson {
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly shows: string;
    readonly system: string;
    readonly mustFire: readonly string[];
    readonly goals: readonly string[];
    readonly expectedViolations: readonly string[];
  }[];
  readonly systems: readonly {
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
    readonly moments: readonly { readonly id: string; readonly when: string }[];
  }[];
  readonly faults: readonly { readonly kind: string; readonly does: string }[];
  /** The world's own, which faults in any system may be aimed at. */
  readonly moments: readonly { readonly id: string; readonly when: string }[];
}

export function catalogueJson(scenarios: readonly Scenario[]): CatalogueJson {
  return {
    scenarios: scenarios.map((scenario) => ({
      id: scenario.id,
      title: scenario.title,
      shows: scenario.shows,
      system: scenario.system.id,
      mustFire: scenario.mustFire,
      goals: scenario.goals,
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

/** Everything, a line or two each. */
export function catalogueLines(scenarios: readonly Scenario[], style: TextStyle): string[] {
  const { color } = style;
  const faults = Object.entries(CATALOGUE).map(([kind, { does }]): [string, string] => [kind, does]);
  return [
    color.bold("Scenarios"),
    ...entries(
      scenarios.map(({ id, title }) => [id, title]),
      style,
    ),
    ...systemsOf(scenarios).flatMap((system) => ["", ...systemLines(system, style)]),
    "",
    color.bold("Faults"),
    ...entries(faults, style),
    "",
    ...hanging("", `${color.bold("Moments")} that faults in any system can be aimed at`, style.columns),
    ...entries(momentsOf(WORLD_MOMENTS), style),
    "",
    ...hanging(
      "",
      "seedstorm list SCENARIO says what one shows; seedstorm run SCENARIO runs it.",
      style.columns,
    ),
  ];
}

/** One scenario with what it shows and what it promises. */
export function scenarioLines(scenario: Scenario, style: TextStyle): string[] {
  const { color, columns } = style;
  const fact = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : hanging(`${color.bold(name)}  `, list(values, 40), columns);
  return [
    `${color.bold(scenario.id)}`,
    ...hanging("", scenario.title, columns),
    "",
    ...hanging("", scenario.shows, columns),
    "",
    ...fact("Faults promised", scenario.mustFire),
    ...fact("Goals promised", scenario.goals),
    ...fact("In every run", scenario.certain ?? []),
    ...fact("Declared weak", scenario.expectedViolations),
    "",
    ...systemLines(scenario.system, style),
  ];
}

function systemLines(system: System, style: TextStyle): string[] {
  const { color } = style;
  const defects = system.defects.map((defect): [string, string] => {
    const { id, breaks, caughtBy } = defect;
    const origin = originText(defect);
    return [id, `${breaks} (${origin === undefined ? "" : `${origin}, `}caught by ${list(caughtBy, 6)})`];
  });
  const moments = momentsOf(system.moments ?? []);
  return [
    ...hanging(`${color.bold(`System ${system.id}`)}  `, system.title, style.columns),
    ...entries(
      system.properties.map(({ id, alias, sentence }) => [
        id,
        alias === undefined ? sentence : `${sentence} (${alias})`,
      ]),
      style,
    ),
    ...(defects.length === 0
      ? []
      : ["", `${color.bold("Defects")} that can be planted in it`, ...entries(defects, style)]),
    ...(moments.length === 0
      ? []
      : [
          "",
          ...hanging("", `${color.bold("Moments")} that faults in it can be aimed at`, style.columns),
          ...entries(moments, style),
        ]),
  ];
}

function momentsOf(moments: readonly Moment[]): (readonly [string, string])[] {
  return moments.map(({ id, when }) => [id, when]);
}

function entries(items: readonly (readonly [name: string, text: string])[], style: TextStyle): string[] {
  const longest = items.reduce((most, [name]) => Math.max(most, name.length), 0);
  const names = Math.min(longest, Math.floor(style.columns / 2.5));
  return items.flatMap(([name, text]) => {
    const head = `  ${name.padEnd(names)}  `;
    return hanging(head, text, style.columns).map((line, i) =>
      i === 0 ? line.replace(name, style.color.cyan(name)) : line,
    );
  });
}

function systemsOf(scenarios: readonly Scenario[]): System[] {
  return [...new Set(scenarios.map(({ system }) => system))];
}
