/** Who does the runs of one piece of work: threads of its own where they can load the scenarios, and else this thread. */
import type { Scenario } from "../../storm/scenario.js";
import { withPool } from "./pool.js";
import { inThisThread, type Runner } from "./runner.js";

/** Who does the runs. */
export interface RunnerOptions {
  /**
   * URL of a module that exports these scenarios by the name `scenarios` and does nothing else: worker threads load it.
   * Default: none, and all runs are done in this thread, one after the other.
   */
  readonly module?: string;
  /** Worker threads at most. Default: as many as the machine runs at once. */
  readonly jobs?: number;
  /** Does the runs in the place of all that, and is left open. */
  readonly runner?: Runner;
}

/** @throws PoolUnusable when threads can't be had. */
export async function withRunner<T>(
  scenarios: readonly Scenario[],
  { module, jobs, runner }: RunnerOptions,
  use: (runner: Runner) => Promise<T>,
): Promise<T> {
  if (runner !== undefined) return use(runner);
  if (module === undefined) return use(inThisThread(scenarios));
  return withPool({ registry: module, ...(jobs === undefined ? {} : { jobs }) }, use);
}
