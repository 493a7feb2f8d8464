/**
 * What runs in a worker thread: batches of runs, handed in as plain data and handed back as plain data.
 *
 * A thread tells how far it is through a shared cell, so that the pool can name the run that a thread died of or
 * hangs in. It never throws: whatever goes wrong in a run is that run's result, and what is wrong with the thread
 * itself (no scenarios, no such scenario) comes back as `unusable`.
 */
import { workerData } from "node:worker_threads";
import type { Plan } from "../../sim/plan.js";
import { withPropertyIds } from "../../storm/property-names.js";
import { runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { type Divergence, verifyOn } from "../../storm/verify.js";
import { type CampaignSettings, runAt, type Shard } from "../campaign/settings.js";
import { emptySummary, type Summary } from "../campaign/summary.js";
import { observe, sentence } from "./observe-run.js";
import { positionOptions, type RunPosition } from "./position.js";
import { type PlanRequest, type PlanResult, runPlan } from "./run-plan.js";

/** What each thread is given when it starts. */
export interface ThreadData {
  /** URL of a module that exports `scenarios`. */
  readonly registry: string;
}

export type Task =
  /** Runs of a campaign, from a position of a shard on. */
  | {
      readonly kind: "seeds";
      readonly settings: CampaignSettings;
      readonly shard: Shard;
      readonly from: number;
      readonly runs: number;
      /** Ends with the first run that fails. */
      readonly failFast: boolean;
    }
  | { readonly kind: "plans"; readonly plans: readonly Plan[]; readonly request: PlanRequest }
  /** One plan, with all that came of it. */
  | { readonly kind: "outcome"; readonly plan: Plan; readonly verify: boolean };

export type TaskResult =
  /** `done`: how many of the runs; fewer than asked for when it was told to stop. */
  | { readonly kind: "seeds"; readonly done: number; readonly summary: Summary }
  | { readonly kind: "plans"; readonly results: readonly PlanResult[] }
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly divergence: Divergence | undefined }
  /** The run of an outcome threw. */
  | { readonly kind: "threw"; readonly name: string; readonly message: string; readonly stack: string }
  | { readonly kind: "unusable"; readonly message: string };

export interface Assignment {
  readonly task: Task;
  /** Two cells: how many runs were begun, and whether to stop. */
  readonly cells: Int32Array;
  /** Where the run is. */
  readonly position: RunPosition;
}

export const BEGUN = 0;
export const STOP = 1;

export default async function work({ task, cells, position }: Assignment): Promise<TaskResult> {
  const begin = (): boolean => {
    if (Atomics.load(cells, STOP) !== 0) return false;
    Atomics.add(cells, BEGUN, 1);
    return true;
  };
  try {
    const scenarioOf = await registry();
    switch (task.kind) {
      case "seeds": {
        const summary = emptySummary();
        let done = 0;
        let failed = false;
        for (; done < task.runs && !(task.failFast && failed) && begin(); done++) {
          const run = runAt(task.settings, task.shard, task.from + done);
          failed = await observe(run, scenarioOf(run.scenario), task.settings, summary, position);
        }
        return { kind: "seeds", done, summary };
      }
      case "plans": {
        const results: PlanResult[] = [];
        for (const plan of task.plans) {
          if (!begin()) break;
          results.push(await runPlan(plan, scenarioOf(plan.scenario), task.request, position));
        }
        return { kind: "plans", results };
      }
      case "outcome":
        begin();
        return outcomeOf(task.plan, task.verify, scenarioOf(task.plan.scenario), position);
    }
  } catch (error) {
    return { kind: "unusable", message: sentence(error) };
  }
}

async function outcomeOf(
  plan: Plan,
  verify: boolean,
  { system }: Scenario,
  position: RunPosition,
): Promise<TaskResult> {
  try {
    const options = positionOptions(position);
    if (!verify)
      return { kind: "outcome", outcome: await runOn(system, plan, options), divergence: undefined };
    return { kind: "outcome", ...(await verifyOn(system, plan, options)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: "threw", name: error.name, message: error.message, stack: error.stack ?? "" };
  }
}

let loaded: Promise<(id: string) => Scenario> | undefined;

function registry(): Promise<(id: string) => Scenario> {
  loaded ??= load((workerData as ThreadData).registry); // the pool gives every thread its data
  return loaded;
}

async function load(url: string): Promise<(id: string) => Scenario> {
  const { scenarios } = (await import(url)) as { readonly scenarios: readonly Scenario[] };
  const byId = new Map(withPropertyIds(scenarios).map((scenario) => [scenario.id, scenario]));
  return (id) => {
    const scenario = byId.get(id);
    if (scenario === undefined) throw new RangeError(`no scenario "${id}" in ${url}`);
    return scenario;
  };
}
