/**
 * Loads the simulator: the scenarios, and what runs them. Commands that need it load this, and others do not: `--help`,
 * `--version` and `list` answer at once.
 */
import { type PoolOptions, RunPool, runCampaign } from "../src/explore/index.js";
import { loadScenarios } from "./load-scenarios.js";
import type { ProjectScenarios } from "./project.js";
import { runInThread } from "./run-in-thread.js";
import type { Simulator } from "./simulator.js";

/**
 * With the scenarios of the project's modules, where it has any, in place of Seedstorm's own.
 *
 * @throws InputError when a module can't be loaded or has no scenarios.
 */
export async function loadSimulator({ scenarios: modules, jobs }: ProjectScenarios): Promise<Simulator> {
  const { registry, loaded: scenarios } = await loadScenarios(modules);
  const usual = jobs === undefined ? {} : { jobs };
  const pool = (options: Omit<PoolOptions, "registry">): RunPool =>
    new RunPool({ ...usual, ...options, registry });
  return {
    registry,
    scenarios,
    run: (plan) => runInThread(pool, plan),
    pool,
    campaign: runCampaign,
    keeper: async (request, onTrouble) => (await import("./result-keeper.js")).keeperOf(request, onTrouble),
  };
}
