/** The catalogue as text: everything that there is, or what one scenario shows. It loads no system. */
import type { Catalogue, ListedMoment, ListedScenario, ListedSystem } from "./catalogue.js";
import { originText } from "./origin.js";
import { hanging, type TextStyle } from "./text-style.js";
import { list } from "./words.js";

/** Everything, a line or two each. */
export function catalogueLines(
  { scenarios, systems, faults, moments }: Catalogue,
  style: TextStyle,
): string[] {
  const { color } = style;
  return [
    color.bold("Scenarios"),
    ...entries(
      scenarios.map(({ id, title }) => [id, title]),
      style,
    ),
    ...systems.flatMap((system) => ["", ...systemLines(system, style)]),
    "",
    color.bold("Faults"),
    ...entries(
      faults.map(({ kind, does }) => [kind, does]),
      style,
    ),
    "",
    ...hanging("", `${color.bold("Moments")} that faults in any system can be aimed at`, style.columns),
    ...entries(momentsOf(moments), style),
    "",
    ...hanging(
      "",
      "seedstorm list SCENARIO says what one shows; seedstorm run SCENARIO runs it.",
      style.columns,
    ),
  ];
}

/** One scenario with what it shows and what it promises, and its system. */
export function scenarioLines(scenario: ListedScenario, system: ListedSystem, style: TextStyle): string[] {
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
    ...fact("In every run", scenario.certain),
    ...fact("Declared weak", scenario.expectedViolations),
    "",
    ...systemLines(system, style),
  ];
}

function systemLines(system: ListedSystem, style: TextStyle): string[] {
  const { color } = style;
  const defects = system.defects.map((defect): [string, string] => {
    const { id, breaks, caughtBy } = defect;
    const origin = originText(defect);
    return [id, `${breaks} (${origin === undefined ? "" : `${origin}, `}caught by ${list(caughtBy, 6)})`];
  });
  const moments = momentsOf(system.moments);
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

function momentsOf(moments: readonly ListedMoment[]): (readonly [string, string])[] {
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
