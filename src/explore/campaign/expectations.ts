/**
 * What a campaign promised and never saw. Faults that never fired and goals that were never reached have proved
 * nothing: with enough runs of a scenario they fail the campaign, with fewer they are noted. What a scenario comes to in each of
 * its universes fails the campaign at any number of runs.
 */
import type { Scenario } from "../../storm/scenario.js";
import type { ScenarioSummary, Summary } from "./summary.js";

/** From this many runs of a scenario on, what it promises must have happened; below, it is only noted. */
export const RUNS_THAT_BIND = 200;

/** Something that a campaign promised and that never happened. */
export interface UnmetExpectation {
  readonly scenario: string;
  readonly kind: "fault" | "goal" | "weakness" | "property";
  readonly name: string;
  readonly message: string;
  /** Whether the campaign fails by it. */
  readonly binding: boolean;
}

/** @param whole false for one of several shards, and for a campaign that was ended early: others may have seen it. */
export function unmetExpectations(
  summary: Summary,
  scenarios: readonly Scenario[],
  whole: boolean,
): UnmetExpectation[] {
  return scenarios.flatMap((scenario) => {
    const row = summary.scenarios[scenario.id];
    return row === undefined || row.runs === 0 ? [] : unmetExpectationsOf(scenario, row, whole);
  });
}

/** Properties that never had anything to compare in any scenario: of them nothing is proved. */
export function vacuousProperties(summary: Summary): string[] {
  const sums = new Map<string, number>();
  for (const { properties } of Object.values(summary.scenarios)) {
    for (const [property, { checked }] of Object.entries(properties)) {
      sums.set(property, (sums.get(property) ?? 0) + checked);
    }
  }
  return [...sums].filter(([, checked]) => checked === 0).map(([property]) => property);
}

function unmetExpectationsOf(scenario: Scenario, row: ScenarioSummary, whole: boolean): UnmetExpectation[] {
  const { runs } = row;
  const { certain = [], system } = scenario;
  const properties = new Set(system.properties.map(({ id }) => id));
  const compared = certain.filter((name) => properties.has(name));
  const reached = certain.filter((name) => !properties.has(name));
  const binding = whole && runs >= RUNS_THAT_BIND;
  const inRuns = `in ${runs} ${runs === 1 ? "run" : "runs"} of ${scenario.id}`;
  const short = (kind: UnmetExpectation["kind"], name: string, message: string): UnmetExpectation => ({
    scenario: scenario.id,
    kind,
    name,
    message,
    binding: binding || (whole && certain.includes(name)),
  });
  return [
    ...scenario.mustFire
      .filter((kind) => (row.faults[kind]?.fired ?? 0) === 0)
      .map((kind) => short("fault", kind, `${kind} is promised and never fired ${inRuns}`)),
    ...compared
      .filter((property) => (row.properties[property]?.checked ?? 0) === 0)
      .map((property) =>
        short(
          "property",
          property,
          `${property} had nothing to compare ${inRuns}, each of which brings it about`,
        ),
      ),
    ...[...new Set([...scenario.goals, ...reached])]
      .filter((goal) => (row.goals[goal] ?? 0) === 0)
      .map((goal) => short("goal", goal, `the goal ${goal} is promised and was never reached ${inRuns}`)),
    ...scenario.expectedViolations
      .filter((property) => (row.properties[property]?.violated ?? 0) === 0)
      .map((property) =>
        short("weakness", property, `the declared weakness in ${property} never showed ${inRuns}`),
      ),
  ];
}
