/** Loads scenarios: Seedstorm's own, or those of the modules that a project names. */
import { existsSync } from "node:fs";
import { type Scenario, withPropertyIds } from "../src/index.js";
import { InputError, shown } from "../src/input/index.js";
import { firstLine } from "./exit-codes.js";
import type { ScenarioModule } from "./project.js";
import { troubleLoading } from "./trial-load.js";
import { urlOf } from "./user-module.js";

/** Scenarios, and the URL of the module that threads load them from. */
export interface Registry {
  readonly registry: string;
  readonly loaded: readonly Scenario[];
}

/**
 * @param modules with scenarios to take the place of Seedstorm's own; none for these.
 * @throws InputError when a module can't be loaded or has no scenarios.
 */
export async function loadScenarios(modules: readonly ScenarioModule[]): Promise<Registry> {
  const { registry, loaded } = modules.length === 0 ? await ownScenarios() : await scenariosOf(modules);
  return { registry, loaded: withPropertyIds(loaded) };
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
