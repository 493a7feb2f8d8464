/**
 * What runs in a worker thread: batches of runs, handed in as plain data and handed back as plain data.
 *
 * A thread tells how far it is through a shared cell, so that the pool can name the run that a thread died of or
 * hangs in. It never throws: whatever goes wrong in a run is that run's result, and what is wrong with the thread
 * itself (no scenarios, no such scenario) comes back as `unusable`.
 */
import { workerData } from "node:worker_threads";
import { installTraps } from "../../sim/traps/install.js";
import type { Scenario } from "../../storm/scenario.js";
import type { RunPosition } from "./position.js";
import { sentence } from "./sentence.js";
import { beginRun } from "./shared-cells.js";
import { doTask, scenarioAmong, type Task, type TaskDone } from "./task.js";

/** What each thread is given when it starts. */
export interface ThreadData {
  /** URL of a module that exports `scenarios`. */
  readonly registry: string;
}

export type TaskResult = TaskDone | { readonly kind: "unusable"; readonly message: string };

export interface Assignment {
  readonly task: Task;
  /** `shared-cells.ts` says what is in them. */
  readonly cells: Int32Array;
  /** Where the run is. */
  readonly position: RunPosition;
}

export default async function work({ task, cells, position }: Assignment): Promise<TaskResult> {
  try {
    return await doTask(task, await registry(), () => beginRun(cells), position);
  } catch (error) {
    return { kind: "unusable", message: sentence(error) };
  }
}

let loaded: Promise<(id: string) => Scenario> | undefined;

function registry(): Promise<(id: string) => Scenario> {
  loaded ??= load((workerData as ThreadData).registry); // the pool gives every thread its data
  return loaded;
}

async function load(url: string): Promise<(id: string) => Scenario> {
  // Before the scenarios' own modules, which may keep functions by their names.
  installTraps();
  const { scenarios } = (await import(url)) as { readonly scenarios: readonly Scenario[] };
  return scenarioAmong(scenarios, url);
}
