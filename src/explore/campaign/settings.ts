/**
 * Which runs a campaign consists of: a pure function from positions to runs, so that worker threads, shards and a
 * campaign that is resumed agree on it without talking to each other.
 *
 * Runs are counted by index. Scenarios take turns: with S scenarios, run i is a universe of scenario i mod S with
 * seed `seed` + ⌊i/S⌋, so that a campaign that ends early has tried all of them. A shard has the runs whose seeds are
 * its own: every n-th seed of every scenario. Within a shard runs are counted by position, in the order of the index.
 */

import type { Plan } from "../../sim/plan.js";
import type { PlanOptions, Strategy } from "../../storm/scenario.js";

/** What decides a campaign's runs, the same in all its shards. */
export interface CampaignSettings {
  /** Ids of the scenarios, in the order in which they take turns. */
  readonly scenarios: readonly string[];
  /** The first seed. */
  readonly seed: number;
  /** Runs in all, over all scenarios and all shards; null when it goes on until somebody or the clock ends it. */
  readonly runs: number | null;
  readonly defects: readonly string[];
  readonly knobs: Plan["knobs"];
  /** How storms are drawn; left out where each scenario's own is used. */
  readonly strategy?: Strategy;
  /** Every n-th seed is run twice and compared step by step; 0 for none. */
  readonly verifyEvery: number;
  /** Events after which a run counts as endless. */
  readonly eventBudget: number;
}

/** How the plan of each of its seeds is drawn. */
export function planOptionsOf({
  defects,
  knobs,
  strategy,
}: Pick<CampaignSettings, "defects" | "knobs"> & { readonly strategy?: Strategy | undefined }): PlanOptions {
  return { defects, knobs, ...(strategy === undefined ? {} : { strategy }) };
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Shard = { index: 1, of: 1 };

/** Events of one run, some hundred times what a run of the scenarios takes. */
export const DEFAULT_EVENT_BUDGET = 5_000_000;

/** Five runs in a hundred are run twice when nobody says otherwise. */
export const DEFAULT_VERIFY_EVERY = 20;

/**
 * From the first seed of one block of a kill table to that of the next. A block has no more runs than that, whatever the number
 * of scenarios, so that no two blocks have a seed in common.
 */
export const SEEDS_OF_A_BLOCK = 100_000;

export interface CampaignRun {
  /** Position among all runs of the campaign, from 0. */
  readonly index: number;
  readonly scenario: string;
  readonly seed: number;
  readonly verify: boolean;
}

/** The run at a position of a shard. */
export function runAt(settings: CampaignSettings, shard: Shard, position: number): CampaignRun {
  const { scenarios, seed, verifyEvery } = settings;
  const turn = position % scenarios.length;
  const seedIndex = shard.index - 1 + shard.of * Math.floor(position / scenarios.length);
  return {
    index: seedIndex * scenarios.length + turn,
    scenario: scenarios[turn] as string, // the turn is within the list
    seed: seed + seedIndex,
    verify: verifyEvery > 0 && seedIndex % verifyEvery === 0,
  };
}

/** How many runs a shard has; Infinity when the campaign has no fixed number. */
export function runsOf(settings: CampaignSettings, shard: Shard): number {
  const { scenarios, runs } = settings;
  if (runs === null) return Number.POSITIVE_INFINITY;
  const fullRounds = Math.floor(runs / scenarios.length);
  const rounds = Math.ceil(Math.max(0, fullRounds - (shard.index - 1)) / shard.of);
  const hasLastRound = fullRounds % shard.of === shard.index - 1;
  return rounds * scenarios.length + (hasLastRound ? runs % scenarios.length : 0);
}

/** Whether it can be the name of a campaign on a queue: part of a subject there. */
export const isCampaignName = (name: string): boolean => /^[0-9a-z]{6,40}$/.test(name);
