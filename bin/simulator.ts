/**
 * The simulator as commands use it. It is loaded when a command needs it and not before: `--help` and `--version`
 * answer at once.
 */

import type { CampaignOptions, CampaignResult } from "../src/explore/campaign.js";
import { InputError, shown } from "../src/explore/input-error.js";
import type { ResultKeeper } from "../src/explore/keep-result.js";
import { suggestion } from "../src/explore/nearest.js";
import type { PoolOptions, RunPool } from "../src/explore/pool.js";
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
  /** Worker threads to run plans on. */
  pool(options: PoolOptions): RunPool;
  campaign(options: CampaignOptions): Promise<CampaignResult>;
  /** Keeps the result of a campaign in a file. */
  keeper(path: string, onTrouble: (sentence: string) => void): Pick<ResultKeeper, "save">;
}

export async function loadSimulator(): Promise<Simulator> {
  const [{ scenarios, run, verify }, { RunPool }, { runCampaign }, { ResultKeeper }] = await Promise.all([
    import("../src/scenarios/index.js"),
    import("../src/explore/pool.js"),
    import("../src/explore/campaign.js"),
    import("../src/explore/keep-result.js"),
  ]);
  return {
    scenarios,
    run,
    verify,
    pool: (options) => new RunPool(options),
    campaign: runCampaign,
    keeper: (path, onTrouble) => new ResultKeeper(path, onTrouble),
  };
}

/** @throws InputError that suggests the nearest name. */
export function scenarioNamed(id: string, scenarios: readonly Scenario[]): Scenario {
  const scenario = scenarios.find((candidate) => candidate.id === id);
  if (scenario !== undefined) return scenario;
  const ids = scenarios.map((candidate) => candidate.id);
  throw new InputError(`no scenario ${shown(id)}${suggestion(id, ids, "scenarios")}`);
}

/** The scenarios with these names, each once; all of them when none is named. @throws InputError */
export function scenariosNamed(ids: readonly string[], scenarios: readonly Scenario[]): readonly Scenario[] {
  return ids.length === 0 ? scenarios : [...new Set(ids)].map((id) => scenarioNamed(id, scenarios));
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
