/**
 * Many runs as calls: check, shrink, replay, branch, sweep, kill. Runs are done in this thread, or by worker threads that
 * load the scenarios from a `module`.
 *
 * Unusable input is an `InputError` with one sentence for people. What a run comes to is a value, never an exception.
 */

import { runOn } from "../storm/run.js";
import type { Outcome, PlanOptions, Scenario } from "../storm/scenario.js";
import { type Branching, type BranchOptions as BranchRequest, branch as branchOff } from "./branch.js";
import { type CampaignRequest, type CampaignResult, runCampaign } from "./campaign/campaign.js";
import { type Case, makeCases } from "./campaign/cases.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET } from "./campaign/settings.js";
import { checkKnobs } from "./check-knobs.js";
import { type DefectResult, groundsOf, type KillSettings, plantAll } from "./defects/defects.js";
import { type Repro, readRepro } from "./formats/repro-file.js";
import { type Comparison, compare } from "./runs/replay.js";
import { runOnePlan } from "./runs/run-plans.js";
import type { Runner } from "./runs/runner.js";
import type { StopSignal } from "./runs/stop-signal.js";
import { type RunnerOptions, withRunner } from "./runs/with-runner.js";
import { scenarioNamed } from "./scenario-named.js";
import { type ShrinkOptions as ShrinkRequest, type Shrunk, shrink as shrinkPlan } from "./shrink/shrink.js";
import { type SweepOptions as SweepRequest, type SweepResult, sweep as sweepPoints } from "./sweep.js";

export interface CheckOptions
  extends RunnerOptions,
    Omit<PlanOptions, "workload">,
    Omit<CampaignRequest, "settings"> {
  /** Runs in all, the scenarios in turn. Default: 200 for each, or no end where `forMs` ends it. */
  readonly runs?: number;
  /** The first run's seed; the others follow it. Default 1. */
  readonly seed?: number;
  /** Every n-th seed is run twice and compared. Default 0: none. */
  readonly verifyEvery?: number;
  /** Runs and real milliseconds that the first failure of each sort may take to be shrunk, and how many are. Default: 600 runs, 20 s, 6. */
  readonly shrink?: { readonly runs: number; readonly ms: number; readonly most: number } | false;
}

export interface Checked {
  readonly result: CampaignResult;
  /** The first failure of each sort, as small as it got. */
  readonly cases: readonly Case[];
  /** Runs that violated what their scenario does not declare, or did not end. */
  readonly failed: number;
}

const RUNS_OF_EACH = 200;
const SHRINK = { runs: 600, ms: 20_000, most: 6 } as const;

/** Tries many seeds of one scenario, or of several in turn, and shrinks the first failure of each sort. */
export async function check(
  scenario: Scenario | readonly Scenario[],
  options: CheckOptions = {},
): Promise<Checked> {
  const scenarios = "id" in scenario ? [scenario] : scenario;
  const { shrink = SHRINK, signal } = options;
  const settings = settingsOf(scenarios, options);
  for (const each of scenarios) checkKnobs(settings.knobs, each, settings.seed);
  return withRunner(scenarios, options, async (pool) => {
    const result = await runCampaign({ ...options, settings, pool });
    const cases = await makeCases(result.summary, scenarios, {
      pool: shrink === false ? undefined : pool,
      settings,
      ...(shrink === false ? { ...SHRINK, most: 0 } : shrink),
      ...(signal === undefined ? {} : { signal }),
    });
    const rows = Object.values(result.summary.scenarios);
    return { result, cases, failed: rows.reduce((sum, { failed }) => sum + failed, 0) };
  });
}

function settingsOf(
  scenarios: readonly Scenario[],
  { runs, forMs, seed = 1, defects = [], knobs = {}, strategy, verifyEvery = 0 }: CheckOptions,
): CampaignSettings {
  return {
    scenarios: scenarios.map(({ id }) => id),
    seed,
    runs: runs ?? (forMs === undefined ? RUNS_OF_EACH * scenarios.length : null),
    defects,
    knobs,
    ...(strategy === undefined ? {} : { strategy }),
    verifyEvery,
    eventBudget: DEFAULT_EVENT_BUDGET,
  };
}

/** A failure to look into: a repro says which violation is meant, of a bare plan it is the first that is not declared. */
export type Failure = Pick<Repro, "plan"> & Partial<Pick<Repro, "expected">>;

/** @returns undefined when the plan does not fail, or no longer in that way. */
export async function shrink(
  failure: Failure,
  scenario: Scenario,
  options: RunnerOptions & Omit<ShrinkRequest, "pool" | "system" | "property" | "signature" | "passing"> = {},
): Promise<Shrunk | undefined> {
  return withRunner([scenario], options, async (pool) => {
    const sought = await violationOf(failure, scenario, pool);
    if (sought === undefined) return undefined;
    const { property, signature } = sought;
    const { system, expectedViolations } = scenario;
    const passing = { declared: expectedViolations };
    return shrinkPlan(failure.plan, { ...options, pool, system, property, signature, passing });
  });
}

/** What a failure is about; undefined when the plan does not fail. */
export async function violationOf(
  { plan, expected }: Failure,
  scenario: Scenario,
  pool: Runner,
): Promise<{ readonly property: string; readonly signature: string } | undefined> {
  if (expected !== undefined) return expected;
  const result = await runOnePlan(pool, plan, { eventBudget: DEFAULT_EVENT_BUDGET });
  const violations = result?.violations ?? [];
  return violations.find(({ property }) => !scenario.expectedViolations.includes(property)) ?? violations[0];
}

export interface Replayed {
  readonly repro: Repro;
  readonly outcome: Outcome;
  /** Whether it still fails as the file says. */
  readonly comparison: Comparison;
}

/** Runs the universe of a plan file or a repro file again. @throws InputError */
export async function replay(file: string, scenarios: readonly Scenario[]): Promise<Replayed> {
  const repro = readRepro(file, scenarios);
  const { system } = scenarioNamed(repro.plan.scenario, scenarios);
  const outcome = await runOn(system, repro.plan, { checkBodies: true });
  return { repro, outcome, comparison: compare(repro, outcome) };
}

/** Other futures of a failure's past. @returns undefined when the plan does not fail. */
export async function branch(
  failure: Failure,
  scenario: Scenario,
  options: RunnerOptions & Omit<BranchRequest, "pool" | "property">,
): Promise<Branching | undefined> {
  return withRunner([scenario], options, async (pool) => {
    const sought = await violationOf(failure, scenario, pool);
    return sought && branchOff(failure.plan, scenario, { ...options, pool, property: sought.property });
  });
}

/** A crash before and after every crash point of a seed's healthy run. @throws SweepNotHealthy */
export async function sweep(
  scenario: Scenario,
  options: RunnerOptions & Omit<SweepRequest, "pool">,
): Promise<SweepResult> {
  checkKnobs(options.knobs ?? {}, scenario, options.seed);
  return withRunner([scenario], options, (pool) => sweepPoints(scenario, { ...options, pool }));
}

export interface KillRequest extends RunnerOptions, Partial<KillSettings> {
  /** Ids of the defects. Default: all of the scenarios' systems that some property must catch. */
  readonly defects?: readonly string[];
  /** Runs that shrinking one catch may take. Default 0: catches are not shrunk. */
  readonly shrinkRuns?: number;
  readonly signal?: StopSignal;
}

const KILL = { blocks: 1, budget: 1_000, seed: 1 } as const;

/** Plants each defect and counts the runs that it takes to catch it. @throws InputError */
export async function kill(
  scenarios: readonly Scenario[],
  { defects, shrinkRuns = 0, signal, ...options }: KillRequest = {},
): Promise<readonly DefectResult[]> {
  const plantings = [...new Set(scenarios.map(({ system }) => system))].flatMap((system) =>
    system.defects
      .filter(({ id, caughtBy }) => defects?.includes(id) ?? caughtBy.length > 0)
      .map((defect) => ({ system, defect, scenarios: groundsOf(system, scenarios) })),
  );
  const { blocks = KILL.blocks, budget = KILL.budget, seed = KILL.seed, strategy } = options;
  const settings = { blocks, budget, seed, ...(strategy === undefined ? {} : { strategy }) };
  return withRunner(scenarios, options, (pool) =>
    plantAll(plantings, { pool, settings, shrinkRuns, ...(signal === undefined ? {} : { signal }) }),
  );
}
