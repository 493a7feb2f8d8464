/**
 * The simulator as commands use it. It is loaded when a command needs it and not before: `--help` and `--version`
 * answer at once.
 */

import { InputError, shown } from "../src/explore/input-error.js";
import { suggestion } from "../src/explore/nearest.js";
import type { Outcome, Scenario } from "../src/scenarios/scenario.js";
import type { Plan } from "../src/sim/plan.js";

/** Where two runs of one plan parted. */
export interface Divergence {
  readonly step: number;
  readonly first: string;
  readonly second: string;
}

export interface Verification {
  readonly outcome: Outcome;
  /** Undefined when both runs were the same. */
  readonly divergence: Divergence | undefined;
}

export interface Simulator {
  readonly scenarios: readonly Scenario[];
  run(plan: Plan): Outcome | Promise<Outcome>;
  /** Runs the plan twice and compares every event. The outcome is the first run's. */
  verify(plan: Plan): Verification | Promise<Verification>;
}

export async function loadSimulator(): Promise<Simulator> {
  const { scenarios, run, verify } = await import("../src/scenarios/index.js");
  return { scenarios, run, verify };
}

/** @throws InputError that suggests the nearest name. */
export function scenarioNamed(id: string, scenarios: readonly Scenario[]): Scenario {
  const scenario = scenarios.find((candidate) => candidate.id === id);
  if (scenario !== undefined) return scenario;
  const ids = scenarios.map((candidate) => candidate.id);
  throw new InputError(`no scenario ${shown(id)}${suggestion(id, ids, "scenarios")}`);
}

/** Defects of the scenario's system by their ids. @throws InputError */
export function checkDefects(ids: readonly string[], scenario: Scenario): readonly string[] {
  const known = scenario.system.defects.map(({ id }) => id);
  for (const id of ids) {
    if (!known.includes(id)) {
      const hint = suggestion(id, known, "defects");
      throw new InputError(`--defect: system ${scenario.system.id} has no defect ${shown(id)}${hint}`);
    }
  }
  return [...new Set(ids)];
}
