/**
 * Who does tasks: a pool of threads, or this thread where no other one could load the scenarios. A run that hangs or takes
 * its thread with it is noticed by a pool alone.
 */

import type { Scenario } from "../../storm/scenario.js";
import { newPosition } from "./position.js";
import { doTask, scenarioAmong, type Task, type TaskEnd } from "./task.js";

export interface Runner {
  /** Tasks that are done at once. */
  readonly jobs: number;
  /** Runs that one task of a campaign has; by how long they take when left out. */
  readonly batchRuns?: number;
  /** @throws PoolUnusable when no thread can work. */
  attempt(task: Task): Promise<TaskEnd>;
  /** Tasks that are under way end after the run that they are in, and hand back what they have. */
  stop(): void;
  /** Ends all of it at once; tasks that are under way end as `closed`. */
  close(): Promise<void>;
}

/** The threads can't work at all: no scenarios, no such module. */
export class PoolUnusable extends Error {
  override readonly name = "PoolUnusable";
}

/** Does tasks in this thread, one run after the other. */
export function inThisThread(scenarios: readonly Scenario[]): Runner {
  const scenarioOf = scenarioAmong(scenarios, "the scenarios that were given");
  let stopped = false;
  let closed = false;
  return {
    jobs: 1,
    async attempt(task) {
      if (closed) return { kind: "closed" };
      stopped = false;
      const result = await doTask(task, scenarioOf, () => !stopped && !closed, newPosition());
      return closed ? { kind: "closed" } : { kind: "done", result };
    },
    stop() {
      stopped = true;
    },
    async close() {
      closed = true;
    },
  };
}
