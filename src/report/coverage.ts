/**
 * What was really tried: faults by kind, crash points by host, buggify points, goals, states of machines. What never happened
 * stands with the others, marked: that is the point of the list.
 */
import type { ScenarioSummary } from "../explore/campaign/summary.js";
import type { CampaignReport } from "./campaign.js";
import { hanging, type TextStyle } from "./text-style.js";
import { compact, list } from "./words.js";

/** How many of each kind are shown. */
const SHOWN_NAMES = 60;

export function coverageLines({ rows, scenarios }: CampaignReport, { color, columns }: TextStyle): string[] {
  const faults = sums(rows, (row) => mapped(row.faults, ({ fired }) => fired));
  const passed = sums(rows, (row) => mapped(row.crashPoints, (point) => point.passed));
  const struck = sums(rows, (row) => mapped(row.crashPoints, ({ before, after }) => before + after));
  const goals = sums(rows, (row) => row.goals);
  for (const goal of scenarios.flatMap((scenario) => scenario.goals)) {
    if (!goals.has(goal)) goals.set(goal, 0);
  }
  const texts = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].map(([name, n]) => (n === 0 ? `${name} never` : `${name} ${compact(n)}`));
  const crashes = [...passed].map(
    ([host, n]) => `${host} ${compact(struck.get(host) ?? 0)} of ${compact(n)}`,
  );
  const parts: (readonly [string, readonly string[]])[] = [
    ["Fired", texts(faults)],
    ["Crash points struck", crashes],
    ["Buggify", texts(sums(rows, (row) => row.buggify))],
    ["Goals", texts(goals)],
    ["States", texts(sums(rows, (row) => row.states))],
  ];
  return parts.flatMap(([head, names]) =>
    names.length === 0 ? [] : hanging(`${color.bold(head)}  `, list(names, SHOWN_NAMES), columns),
  );
}

function sums(
  rows: readonly ScenarioSummary[],
  of: (row: ScenarioSummary) => Readonly<Record<string, number>>,
): Map<string, number> {
  const result = new Map<string, number>();
  for (const row of rows) {
    for (const [key, n] of Object.entries(of(row))) result.set(key, (result.get(key) ?? 0) + n);
  }
  return result;
}

function mapped<T>(
  record: Readonly<Record<string, T>>,
  number: (value: T) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, number(value)]));
}
