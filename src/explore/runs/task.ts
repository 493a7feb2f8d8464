/**
 * A task: a batch of runs as plain data, and what it comes to as plain data, so that it can be done by another thread as well as by
 * this one.
 */
import type { Plan } from "../../sim/plan.js";
import { withPropertyIds } from "../../storm/property-names.js";
import { type RunOptions, runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { type Divergence, type Verification, verifyOn } from "../../storm/verify.js";
import { type CampaignSettings, runAt, type Shard } from "../campaign/settings.js";
import { emptySummary, type Summary } from "../campaign/summary.js";
import { observe } from "./observe-run.js";
import { positionOptions, type RunPosition } from "./position.js";
import { type PlanRequest, type PlanResult, runPlan } from "./run-plan.js";

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

/** What came of a task that was done. */
export type TaskDone =
  /** `done`: how many of the runs; fewer than asked for when it was told to stop. */
  | {
      readonly kind: "seeds";
      readonly done: number;
      readonly summary: Summary;
      /** Problems that whoever did it has recovered from. */
      readonly notices?: readonly string[];
    }
  | { readonly kind: "plans"; readonly results: readonly PlanResult[] }
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly divergence: Divergence | undefined }
  /** The run of an outcome threw. */
  | { readonly kind: "threw"; readonly name: string; readonly message: string; readonly stack: string };

/** How a task ended. `position`: the run within the task, from 0; -1 when none had begun. */
export type TaskEnd =
  | { readonly kind: "done"; readonly result: TaskDone }
  | {
      readonly kind: "lost";
      readonly why: "hung" | "died";
      readonly position: number;
      readonly message: string;
    }
  /** Whoever was to do it was closed meanwhile. */
  | { readonly kind: "closed" };

/**
 * @param begin called before each run; false ends the task there.
 * @param position where the runs write down where they are.
 */
export async function doTask(
  task: Task,
  scenarioOf: (id: string) => Scenario,
  begin: () => boolean,
  position: RunPosition,
): Promise<TaskDone> {
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
      return outcomeOrError(task.plan, task.verify, scenarioOf(task.plan.scenario), position);
  }
}

async function outcomeOrError(
  plan: Plan,
  verify: boolean,
  scenario: Scenario,
  position: RunPosition,
): Promise<TaskDone> {
  try {
    return { kind: "outcome", ...(await outcomeOf(plan, verify, scenario, position)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: "threw", name: error.name, message: error.message, stack: error.stack ?? "" };
  }
}

/** What one plan comes to; with `verify` it is run twice, and the two are compared. Throws what the run throws. */
export async function outcomeOf(
  plan: Plan,
  verify: boolean,
  { system }: Scenario,
  position: RunPosition,
): Promise<Verification> {
  const options: RunOptions = { ...positionOptions(position), checkBodies: true };
  if (verify) return verifyOn(system, plan, options);
  return { outcome: await runOn(system, plan, options), divergence: undefined };
}

/** The scenario with an id among these. @throws RangeError when there is none; `where` says where it was looked for. */
export function scenarioAmong(scenarios: readonly Scenario[], where: string): (id: string) => Scenario {
  const byId = new Map(withPropertyIds(scenarios).map((scenario) => [scenario.id, scenario]));
  return (id) => {
    const scenario = byId.get(id);
    if (scenario === undefined) throw new RangeError(`no scenario "${id}" in ${where}`);
    return scenario;
  };
}
