/** Defects planted in the toy system, on real threads that end with the test's file. */
import { afterAll, beforeAll } from "vitest";
import {
  type DefectResult,
  groundsOf,
  type KillOptions,
  type Planting,
  plantAll,
} from "../../src/explore/defects/defects.js";
import { type PoolOptions, RunPool } from "../../src/explore/runs/pool.js";
import { toyPool } from "./compiled.js";
import { scenarios, toySystem } from "./toy.js";

export const scopes = groundsOf(toySystem, scenarios);

export const planting = (id: string, caughtBy: readonly string[], at = scopes): Planting => ({
  system: toySystem,
  defect: { id, breaks: "a promise", caughtBy },
  scenarios: at,
});

const pools: RunPool[] = [];
export function poolOf(options: Partial<PoolOptions> = {}): RunPool {
  const pool = new RunPool({ ...toyPool(), jobs: 2, ...options });
  pools.push(pool);
  return pool;
}

export let pool: RunPool;
/** To be called by a file of tests: modules outlive files, and hooks belong to one. */
export function withPool(): void {
  beforeAll(() => {
    pool = poolOf();
  });
  afterAll(() => Promise.all(pools.splice(0).map((one) => one.close())));
}

export const settings = { blocks: 3, budget: 60, seed: 1 };

export async function plantOne(one: Planting, options: Partial<KillOptions> = {}): Promise<DefectResult> {
  const [result] = await plantAll([one], { pool, settings, shrinkRuns: 0, ...options });
  if (result === undefined) throw new Error("nothing came of it");
  return result;
}
