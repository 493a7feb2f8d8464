/**
 * The simulator as commands use it. It is loaded when a command needs it and not before: `--help` and `--version`
 * answer at once.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type {
  CampaignOptions,
  CampaignResult,
  ClaimRequest,
  PoolOptions,
  RunPool,
} from "../src/explore/index.js";
import type { Outcome, Plan, Scenario, Verification } from "../src/index.js";
import { defectId, InputError, scenarioNamed, shown, suggestion } from "../src/input/index.js";
import { firstLine } from "./exit-codes.js";
import type { Keeper } from "./result-keeper.js";
import type { RunLimits } from "./run-in-thread.js";
import { troubleLoading } from "./trial-load.js";

export { scenarioNamed };

export interface Simulator {
  readonly scenarios: readonly Scenario[];
  run(plan: Plan, limits?: RunLimits): Outcome | Promise<Outcome>;
  /** Runs the plan twice and compares every event. The outcome is the first run's. */
  verify(plan: Plan, limits?: RunLimits): Verification | Promise<Verification>;
  /** Worker threads to run plans on; they load the scenarios that are here. */
  pool(options: Omit<PoolOptions, "registry">): RunPool;
  campaign(options: CampaignOptions): Promise<CampaignResult>;
  /** Keeps the result of a campaign in a file. */
  keeper(request: ClaimRequest, onTrouble: (sentence: string) => void): Keeper;
}

/**
 * @param module path of a module that exports `scenarios`, in place of Seedstorm's own.
 * @throws InputError when it can't be loaded or has none.
 */
export async function loadSimulator(module?: string): Promise<Simulator> {
  const [{ registry, loaded }, { withPropertyIds }, { RunPool }, { runCampaign }, { keeperOf }] =
    await Promise.all([
      module === undefined ? ownScenarios() : scenariosOf(module),
      import("../src/index.js"),
      import("../src/explore/index.js"),
      import("../src/explore/index.js"),
      import("./result-keeper.js"),
    ]);
  const scenarios = withPropertyIds(loaded);
  const pool = (options: Omit<PoolOptions, "registry">): RunPool => new RunPool({ ...options, registry });
  const { runInThread } = await import("./run-in-thread.js");
  return {
    scenarios,
    run: async (plan, limits) => (await runInThread(pool, plan, false, limits)).outcome,
    verify: (plan, limits) => runInThread(pool, plan, true, limits),
    pool,
    campaign: runCampaign,
    keeper: keeperOf,
  };
}

/** Scenarios, and the URL of the module that threads load them from. */
interface Registry {
  readonly registry: string;
  readonly loaded: readonly Scenario[];
}

/** Seedstorm's own scenarios. */
async function ownScenarios(): Promise<Registry> {
  const { REGISTRY, scenarios } = await import("../src/scenarios/index.js");
  return { registry: REGISTRY, loaded: scenarios };
}

async function scenariosOf(path: string): Promise<Registry> {
  const url = pathToFileURL(resolve(path)).href;
  const cant = (why: string): InputError =>
    new InputError(`--scenarios: ${shown(path)} can't be loaded: ${why}`);
  const trouble = await troubleLoading(url);
  if (trouble !== undefined) throw cant(trouble.split("\n", 1)[0] ?? trouble);
  let module: { readonly scenarios?: unknown };
  try {
    module = (await import(url)) as { readonly scenarios?: unknown }; // whatever it is, its one export is looked at
  } catch (error) {
    throw cant(firstLine(error));
  }
  const found = module.scenarios;
  if (Array.isArray(found) && found.length > 0 && found.every(isScenario))
    return { registry: url, loaded: found };
  throw new InputError(`--scenarios: ${shown(path)} exports no list of scenarios by the name "scenarios"`);
}

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== "object" || value === null) return false;
  const { id, plan, system } = value as Partial<Scenario>; // whatever it is, these are looked at
  return typeof id === "string" && typeof plan === "function" && typeof system?.build === "function";
}

/** The scenarios with these names, each once; all of them when none is named. @throws InputError */
export function scenariosNamed(ids: readonly string[], scenarios: readonly Scenario[]): readonly Scenario[] {
  return ids.length === 0 ? scenarios : [...new Set(ids)].map((id) => scenarioNamed(id, scenarios));
}

/** Defects of the scenario's system by their ids. @throws InputError */
export function checkDefects(ids: readonly string[], scenario: Scenario): readonly string[] {
  const { defects } = scenario.system;
  const known = defects.map(({ id }) => id);
  const named = ids.map((id) => defectId(id, defects));
  for (const id of named) {
    if (!known.includes(id)) {
      const hint = suggestion(id, known, "defects");
      throw new InputError(`--defect: system ${scenario.system.id} has no defect ${shown(id)}${hint}`);
    }
  }
  return [...new Set(named)];
}
