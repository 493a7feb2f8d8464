/**
 * What many runs came to, added up as they come: memory stays flat however many there are. A campaign also has
 * promises to keep: faults that never fired and goals that were never reached have proved nothing, and it says so.
 */
import type { Outcome, Scenario } from "../scenarios/scenario.js";
import { hasFailed, undeclared } from "./judgement.js";

/** From so many runs of a scenario on, what it promises must have happened; below, it is only noted. */
export const RUNS_THAT_BIND = 200;

/** Failures that are kept with their sentence; the rest is counted. */
const KEPT_FAILURES = 1_000;

export interface Failure {
  readonly scenario: string;
  readonly seed: number;
  readonly property: string;
  readonly message: string;
}

export interface ScenarioTally {
  readonly scenario: Scenario;
  runs: number;
  held: number;
  /** Runs that failed. */
  violated: number;
  unrecoverable: number;
  /** Of the runs that held: those that showed a weakness which the scenario declares. */
  declared: number;
  events: number;
  /** Virtual microseconds of all runs. */
  virtualTime: number;
  readonly faults: Map<string, { planned: number; fired: number }>;
  /** How often each goal was reached. */
  readonly goals: Map<string, number>;
  /** How often each property compared something. */
  readonly checked: Map<string, number>;
  readonly weaknesses: Set<string>;
}

/** Something that a campaign promised and that never happened. */
export interface Shortfall {
  readonly scenario: string;
  readonly kind: "fault" | "goal" | "weakness";
  readonly name: string;
  readonly message: string;
  /** Whether the campaign fails by it. */
  readonly binding: boolean;
}

export class Tally {
  readonly scenarios: readonly ScenarioTally[];
  readonly failures: Failure[] = [];
  failuresLeftOut = 0;

  constructor(scenarios: readonly Scenario[]) {
    this.scenarios = scenarios.map((scenario) => ({
      scenario,
      runs: 0,
      held: 0,
      violated: 0,
      unrecoverable: 0,
      declared: 0,
      events: 0,
      virtualTime: 0,
      faults: new Map(),
      goals: new Map(),
      checked: new Map(),
      weaknesses: new Set(),
    }));
  }

  /** Adds one run. Returns whether it failed. */
  add(outcome: Outcome, row: ScenarioTally): boolean {
    row.runs++;
    row.events += outcome.events;
    row.virtualTime += outcome.virtualTime;
    for (const [kind, { planned, fired }] of Object.entries(outcome.faults)) {
      const sum = row.faults.get(kind) ?? { planned: 0, fired: 0 };
      row.faults.set(kind, { planned: sum.planned + planned, fired: sum.fired + fired });
    }
    for (const [goal, hits] of Object.entries(outcome.goals)) {
      row.goals.set(goal, (row.goals.get(goal) ?? 0) + hits);
    }
    for (const { id, checked } of outcome.properties) {
      row.checked.set(id, (row.checked.get(id) ?? 0) + checked);
    }
    for (const { property } of outcome.violations) row.weaknesses.add(property);
    const failed = hasFailed(outcome, row.scenario);
    if (failed) this.#fail(outcome, row);
    else if (outcome.verdict === "unrecoverable") row.unrecoverable++;
    else {
      row.held++;
      if (outcome.verdict === "violated") row.declared++;
    }
    return failed;
  }

  /** The sum of one number over all scenarios. */
  total(of: (row: ScenarioTally) => number): number {
    return this.scenarios.reduce((sum, row) => sum + of(row), 0);
  }

  shortfalls(): Shortfall[] {
    return this.scenarios.filter(({ runs }) => runs > 0).flatMap(shortfallsOf);
  }

  /** Properties that never had anything to compare in any scenario: of them nothing is proved. */
  idle(): string[] {
    const sums = new Map<string, number>();
    for (const { checked } of this.scenarios) {
      for (const [property, n] of checked) sums.set(property, (sums.get(property) ?? 0) + n);
    }
    return [...sums].filter(([, n]) => n === 0).map(([property]) => property);
  }

  #fail(outcome: Outcome, row: ScenarioTally): void {
    row.violated++;
    const { seed } = outcome.plan;
    const scenario = row.scenario.id;
    const [first] = undeclared(outcome, row.scenario);
    if (this.failures.length >= KEPT_FAILURES) this.failuresLeftOut++;
    else {
      const property = first?.property ?? "unknown";
      const message = first?.message ?? "the run was violated and named no property";
      this.failures.push({ scenario, seed, property, message });
    }
  }
}

function shortfallsOf(row: ScenarioTally): Shortfall[] {
  const { scenario, runs } = row;
  const binding = runs >= RUNS_THAT_BIND;
  const inRuns = `in ${runs} ${runs === 1 ? "run" : "runs"} of ${scenario.id}`;
  const short = (kind: Shortfall["kind"], name: string, message: string): Shortfall => ({
    scenario: scenario.id,
    kind,
    name,
    message,
    binding,
  });
  const faults = scenario.promisesFaults
    .filter((kind) => (row.faults.get(kind)?.fired ?? 0) === 0)
    .map((kind) => short("fault", kind, `${kind} is promised and never fired ${inRuns}`));
  const goals = scenario.goals
    .filter((goal) => (row.goals.get(goal) ?? 0) === 0)
    .map((goal) => short("goal", goal, `the goal ${goal} is promised and was never reached ${inRuns}`));
  const weaknesses = scenario.expectedViolations
    .filter((property) => !row.weaknesses.has(property))
    .map((property) => {
      return short("weakness", property, `the declared weakness in ${property} never showed ${inRuns}`);
    });
  return [...faults, ...goals, ...weaknesses];
}
