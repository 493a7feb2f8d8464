/**
 * The kill table: each planted defect in turn, and how many runs it takes to catch it.
 *
 * A defect is sought in the scenarios of its system that declare no weakness of their own, in several blocks that have no seed in
 * common. Blocks run in parallel, each on one thread; the first that caught the defect gives the universe that is
 * shrunk. All of it but the times follows from the settings, whatever the number of threads. The control runs the
 * same scenarios without any defect.
 */

import type { Defect } from "../../storm/defect.js";
import type { Scenario, Strategy, System } from "../../storm/scenario.js";
import { runCampaign } from "../campaign/campaign.js";
import {
  type CampaignSettings,
  DEFAULT_EVENT_BUDGET,
  planOptionsOf,
  SEEDS_OF_A_BLOCK,
} from "../campaign/settings.js";
import { type Finding, failures } from "../campaign/summary.js";
import { InputError } from "../formats/input-error.js";
import type { Runner } from "../runs/runner.js";
import type { StopSignal } from "../runs/stop-signal.js";
import { type ShrinkTrace, shrink } from "../shrink/shrink.js";
import { type Alarm, type BlockResult, runBlock } from "./defect-block.js";

/** A defect with the place where it is sought. */
export interface Planting {
  readonly system: System;
  readonly defect: Defect;
  /** In the order in which they take turns. */
  readonly scenarios: readonly Scenario[];
  /** Runs of a block at most, for this one; the settings' budget when left out. */
  readonly budget?: number;
}

export interface KillSettings {
  readonly blocks: number;
  /** Runs of a block at most. */
  readonly budget: number;
  /** First seed of the first block. */
  readonly seed: number;
  /** How storms are drawn; each scenario's own when left out. */
  readonly strategy?: Strategy;
  /** Only what other properties say than those that must catch a defect counts: how much hangs on the one that knows it. */
  readonly others?: boolean;
}

/** What came of one planted defect. */
export interface DefectResult {
  readonly planting: Planting;
  /** Runs that a block of it was given. */
  readonly budget: number;
  /** In their order; those that never began are left out. */
  readonly blocks: readonly BlockResult[];
  /** How small the first catch of the first block that has one was made; undefined when it was not. */
  readonly shrinkTrace: ShrinkTrace | undefined;
  /** Ended before all blocks were. */
  readonly interrupted: boolean;
}

export interface ControlResult {
  readonly system: string;
  readonly scenarios: readonly string[];
  readonly seed: number;
  readonly runs: number;
  /** Real milliseconds. */
  readonly ms: number;
  /** Runs that failed. */
  readonly failed: number;
  /** The first few of each kind. */
  readonly alarms: readonly Finding[];
  readonly interrupted: boolean;
}

export interface KillProgress {
  readonly planting: Planting;
  /** From 1. */
  readonly index: number;
  readonly of: number;
  readonly blocksDone: number;
  /** Runs with this defect so far. */
  readonly runs: number;
  readonly shrinking: boolean;
}

export interface KillOptions {
  readonly pool: Runner;
  readonly settings: KillSettings;
  /** Runs that shrinking one catch may take; 0 for none at all. */
  readonly shrinkRuns: number;
  /** Runs that are under way are finished, then it ends with what is known. */
  readonly signal?: StopSignal;
  readonly onProgress?: (progress: KillProgress) => void;
  readonly onDefect?: (result: DefectResult) => void;
}

/** Real milliseconds that runs under way are given to end after an interruption. */
const GRACE_MS = 5_000;

/**
 * Where a defect of a system can be sought.
 *
 * @throws InputError when none of the system's scenarios promises to hold.
 */
export function groundsOf(system: System, scenarios: readonly Scenario[]): readonly Scenario[] {
  const scopes = scenarios.filter((one) => one.system === system && one.expectedViolations.length === 0);
  if (scopes.length === 0) {
    throw new InputError(
      `system ${system.id} has no scenario in which everything holds, so that nothing can be caught`,
    );
  }
  return scopes;
}

/** What each defect came to, in their order; cut short when it was interrupted. @throws PoolUnusable */
export async function plantAll(
  plantings: readonly Planting[],
  options: KillOptions,
): Promise<readonly DefectResult[]> {
  const results: DefectResult[] = [];
  const release = ending(options);
  try {
    await warmUp(options.pool, plantings, options.settings.seed);
    for (const [i, planting] of plantings.entries()) {
      if (options.signal?.aborted === true) break;
      const result = await plant(planting, { index: i + 1, of: plantings.length }, options);
      results.push(result);
      options.onDefect?.(result);
    }
    return results;
  } finally {
    release();
  }
}

/** The same scenarios without a defect, in turn. @throws PoolUnusable */
export async function runControl(
  { system, scenarios }: Pick<Planting, "system" | "scenarios">,
  runs: number,
  { pool, settings, signal }: Pick<KillOptions, "pool" | "settings" | "signal">,
  onProgress: (done: number, failed: number) => void = () => undefined,
): Promise<ControlResult> {
  const campaign = settingsOf(scenarios, [], { ...settings, budget: runs });
  const { summary, done, complete, wallTimeMs } = await runCampaign({
    pool,
    settings: campaign,
    onProgress: (progress) => onProgress(progress.done, progress.failed),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    system: system.id,
    scenarios: campaign.scenarios,
    seed: settings.seed,
    runs: done,
    ms: wallTimeMs,
    failed: Object.values(summary.scenarios).reduce((sum, { failed }) => sum + failed, 0),
    alarms: failures(summary),
    interrupted: !complete,
  };
}

async function plant(
  planting: Planting,
  place: Pick<KillProgress, "index" | "of">,
  options: KillOptions,
): Promise<DefectResult> {
  const { pool, settings, signal, onProgress } = options;
  const { defect, scenarios, budget = settings.budget } = planting;
  const blocks: BlockResult[] = [];
  let runs = 0;
  const report = (shrinking: boolean): void =>
    onProgress?.({ planting, ...place, blocksDone: blocks.length, runs, shrinking });
  let next = 1;
  const work = async (): Promise<void> => {
    while (next <= settings.blocks && signal?.aborted !== true) {
      const block = next++;
      const seed = settings.seed + (block - 1) * SEEDS_OF_A_BLOCK;
      const result = await runBlock({
        pool,
        block,
        settings: settingsOf(scenarios, [defect.id], { ...settings, budget, seed }),
        defect: defect.id,
        caughtBy: defect.caughtBy,
        others: settings.others === true,
        ...(signal === undefined ? {} : { signal }),
        onRuns: (more) => {
          runs += more;
          report(false);
        },
      });
      blocks.push(result);
      report(false);
    }
  };
  await Promise.all(Array.from({ length: pool.jobs }, work));
  blocks.sort((a, b) => a.block - b.block);
  const interrupted = blocks.length < settings.blocks || blocks.some(({ end }) => end === "interrupted");
  const first = blocks.find(({ caught }) => caught !== undefined)?.caught;
  if (first === undefined || interrupted || options.shrinkRuns === 0) {
    return { planting, budget, blocks, shrinkTrace: undefined, interrupted };
  }
  report(true);
  return { planting, budget, blocks, shrinkTrace: await shrunk(first, planting, options), interrupted };
}

async function shrunk(
  { scenario: id, seed, property }: Alarm,
  { system, defect, scenarios }: Planting,
  { pool, shrinkRuns, signal, settings }: KillOptions,
): Promise<ShrinkTrace | undefined> {
  const scenario = scenarios.find((one) => one.id === id);
  // A run that hangs or takes its thread with it costs too much to be tried hundreds of times.
  if (scenario === undefined || property === "hung" || property === "died") return undefined;
  const plan = scenario.plan(seed, planOptionsOf({ ...settings, defects: [defect.id], knobs: {} }));
  const result = await shrink(plan, {
    pool,
    system,
    property,
    runs: shrinkRuns,
    // Bounded by runs alone: a bound on the time would let the machine decide how small it gets.
    ms: Number.POSITIVE_INFINITY,
    ...(signal === undefined ? {} : { signal }),
  });
  return result?.shrinkTrace;
}

function settingsOf(
  scenarios: readonly Scenario[],
  defects: readonly string[],
  { seed, budget, strategy }: Omit<KillSettings, "blocks">,
): CampaignSettings & { readonly runs: number } {
  return {
    scenarios: scenarios.map(({ id }) => id),
    seed,
    runs: budget,
    defects,
    knobs: {},
    ...(strategy === undefined ? {} : { strategy }),
    verifyEvery: 0,
    eventBudget: DEFAULT_EVENT_BUDGET,
  };
}

/** Lets every thread load its scenarios and run one, before anything is timed. */
async function warmUp(pool: Runner, plantings: readonly Planting[], seed: number): Promise<void> {
  const plan = plantings[0]?.scenarios[0]?.plan(seed);
  if (plan === undefined) return;
  const task = { kind: "plans", plans: [plan], request: { eventBudget: DEFAULT_EVENT_BUDGET } } as const;
  await Promise.all(Array.from({ length: pool.jobs }, () => pool.attempt(task)));
}

/** Ends runs that are under way when the signal comes: soon, or else with their threads. */
function ending({ pool, signal }: KillOptions): () => void {
  let grace: NodeJS.Timeout | undefined;
  const end = (): void => {
    pool.stop();
    grace ??= setTimeout(() => void pool.close(), GRACE_MS);
  };
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted === true) end();
  return () => {
    clearTimeout(grace);
    signal?.removeEventListener("abort", end);
  };
}
