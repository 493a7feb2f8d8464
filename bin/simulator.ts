/**
 * The simulator as commands use it. It is loaded when a command needs it and not before: `--help` and `--version`
 * answer at once.
 */

import { existsSync } from "node:fs";
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
import type { ProjectScenarios, ScenarioModule } from "./project.js";
import type { Keeper } from "./result-keeper.js";
import type { RunLimits } from "./run-in-thread.js";
import { troubleLoading } from "./trial-load.js";
import { urlOf } from "./user-module.js";

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
 * With the scenarios of the project's modules, where it has any, in place of Seedstorm's own.
 *
 * @throws InputError when a module can't be loaded or has no scenarios.
 */
export async function loadSimulator({ scenarios: modules, jobs }: ProjectScenarios): Promise<Simulator> {
  const [{ registry, loaded }, { withPropertyIds }, { RunPool }, { runCampaign }, { keeperOf }] =
    await Promise.all([
      modules.length === 0 ? ownScenarios() : scenariosOf(modules),
      import("../src/index.js"),
      import("../src/explore/index.js"),
      import("../src/explore/index.js"),
      import("./result-keeper.js"),
    ]);
  const scenarios = withPropertyIds(loaded);
  const usual = jobs === undefined ? {} : { jobs };
  const pool = (options: Omit<PoolOptions, "registry">): RunPool =>
    new RunPool({ ...usual, ...options, registry });
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

async function scenariosOf(modules: readonly ScenarioModule[]): Promise<Registry> {
  const names = modules.map(({ asked }) => asked).join(", ");
  for (const { path, asked } of modules) {
    if (!existsSync(path)) throw new InputError(`${asked} can't be loaded: there is no such file`);
  }
  const cant = (why: string): InputError => new InputError(`${names} can't be loaded: ${why}`);
  const paths = modules.map(({ path }) => path);
  const url = await urlOf(paths, "scenarios", cant);
  const trouble = await troubleLoading(url);
  if (trouble !== undefined) throw cant(trouble.split("\n", 1)[0] ?? trouble);
  let module: { readonly scenarios?: unknown; readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module; // whatever it is, its exports are looked at
  } catch (error) {
    throw cant(firstLine(error));
  }
  const parts =
    Array.isArray(module.default) && modules.length === module.default.length
      ? module.default
      : [module.scenarios];
  const loaded: Scenario[] = [];
  for (const [i, part] of parts.entries()) {
    const { asked = names } = modules[i] ?? {};
    for (const scenario of listOf(part, asked)) {
      if (loaded.some(({ id }) => id === scenario.id))
        throw new InputError(`${asked}: there is another scenario with the id ${shown(scenario.id)}`);
      loaded.push(scenario);
    }
  }
  return { registry: url, loaded };
}

function listOf(found: unknown, asked: string): readonly Scenario[] {
  if (Array.isArray(found) && found.length > 0 && found.every(isScenario)) return found;
  throw new InputError(`${asked} exports no list of scenarios by the name "scenarios"`);
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
