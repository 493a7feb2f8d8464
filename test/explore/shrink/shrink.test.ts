import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_EVENT_BUDGET } from "../../../src/explore/campaign/settings.js";
import { planProblem } from "../../../src/explore/formats/plan-checks.js";
import { RunPool } from "../../../src/explore/runs/pool.js";
import { runOnePlan } from "../../../src/explore/runs/run-plans.js";
import { type ShrinkOptions, type Shrunk, shrink } from "../../../src/explore/shrink/shrink.js";
import type { Plan } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import { toyPool } from "../../support/compiled.js";
import { scenarios, stormy } from "../../support/toy.js";

const { system } = stormy;
const request = { eventBudget: DEFAULT_EVENT_BUDGET };

let pool: RunPool;
let alone: RunPool;
beforeAll(() => {
  pool = new RunPool({ ...toyPool(), jobs: 2 });
  alone = new RunPool({ ...toyPool(), jobs: 1 });
});
afterAll(async () => {
  await pool.close();
  await alone.close();
});

/** The first plans of the storm that violate the property with the defect planted. */
async function failingPlans(defect: string, property: string, count: number): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (let seed = 1; plans.length < count && seed < 500; seed++) {
    const plan = stormy.plan(seed, { defects: [defect], knobs: { unneeded: true } });
    const result = await runOnePlan(pool, plan, request);
    if (result?.violations.some((violation) => violation.property === property)) plans.push(plan);
  }
  expect(plans.length).toBe(count);
  return plans;
}

async function shrunk(
  plan: Plan,
  options: Partial<ShrinkOptions> & { readonly property: string },
): Promise<Shrunk> {
  const result = await shrink(plan, { pool, system, ...options });
  if (result === undefined) throw new Error("the plan did not fail");
  return result;
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

for (const [defect, property] of [
  ["ack-early", "T1"],
  ["trust-total", "T2"],
  ["no-dedupe", "T3"],
  ["give-up", "T4"],
  ["throw", "code-failure"],
] as const) {
  test(`${defect} shrinks to hardly anything`, async () => {
    const all: Shrunk[] = [];
    for (const plan of await failingPlans(defect, property, 5)) {
      all.push(await shrunk(plan, { property }));
    }
    expect(median(all.map(({ plan }) => plan.faults.length))).toBeLessThanOrEqual(2);
    expect(median(all.map(({ plan }) => plan.workload.length))).toBeLessThanOrEqual(2);
    for (const { plan, violation, shrinkTrace } of all) {
      expect(plan.faults.length).toBeLessThanOrEqual(3);
      expect(plan.workload.length).toBeLessThanOrEqual(4);
      expect(plan.topology.length).toBeLessThanOrEqual(3);
      expect(plan.knobs).toEqual({});
      expect(violation.property).toBe(property);
      expect(shrinkTrace.end).toBe("smallest");
      expect(shrinkTrace.to.faults).toBe(plan.faults.length);
      expect(planProblem(plan, scenarios)).toBeUndefined();
    }
  });
}

test("the smallest plan fails by itself, in the same way", async () => {
  const [plan] = (await failingPlans("no-dedupe", "T3", 1)) as [Plan];
  const { plan: small, violation, result } = await shrunk(plan, { property: "T3" });
  const again = await runOnePlan(pool, small, request);
  expect(again).toEqual(result);
  expect(again?.violations).toContainEqual(violation);
});

test("the number of threads changes nothing in the result", async () => {
  const [plan] = (await failingPlans("ack-early", "T1", 1)) as [Plan];
  const one = await shrunk(plan, { property: "T1", pool: alone });
  const two = await shrunk(plan, { property: "T1", pool });
  expect(two.plan).toEqual(one.plan);
  expect({ ...two.shrinkTrace, ms: 0 }).toEqual({ ...one.shrinkTrace, ms: 0 });
});

test("a plan that does not fail in this way is not shrunk", async () => {
  const [plan] = (await failingPlans("no-dedupe", "T3", 1)) as [Plan];
  expect(await shrink(plan, { pool, system, property: "T1" })).toBeUndefined();
  expect(await shrink(plan, { pool, system, property: "T3", signature: "T3: lease" })).toBeUndefined();
});

test("a smallest plan has its quiet period, so that it holds when the code is mended", async () => {
  for (const plan of await failingPlans("ack-early", "T1", 3)) {
    const { plan: small } = await shrunk(plan, { property: "T1" });
    expect(small.duration - small.healAt).toBe(10 * SECOND);
    const mended = await runOnePlan(pool, { ...small, defects: [] }, request);
    expect(mended?.violations).toEqual([]);
  }
});

test("the quiet period of a liveness property is never shortened", async () => {
  const [plan] = (await failingPlans("give-up", "T4", 1)) as [Plan];
  const { plan: small } = await shrunk(plan, { property: "T4" });
  expect(small.duration - small.healAt).toBe(10 * SECOND);
  expect(small.healAt).toBeLessThan(plan.healAt);
});

test("a budget of runs ends it with the best so far", async () => {
  const [plan] = (await failingPlans("ack-early", "T1", 1)) as [Plan];
  const { plan: small, shrinkTrace } = await shrunk(plan, { property: "T1", runs: 8 });
  expect(shrinkTrace.end).toBe("budget");
  expect(shrinkTrace.runs).toBeLessThanOrEqual(10);
  expect(small.faults.length).toBeLessThan(plan.faults.length);
});

test("an interruption ends it with the best so far", async () => {
  const [plan] = (await failingPlans("ack-early", "T1", 1)) as [Plan];
  const controller = new AbortController();
  const onStep: ShrinkOptions["onStep"] = ({ what }) => {
    if (what === "faults") controller.abort();
  };
  const { plan: small, shrinkTrace } = await shrunk(plan, {
    property: "T1",
    signal: controller.signal,
    onStep,
  });
  expect(shrinkTrace.end).toBe("interrupted");
  expect(small.faults.length).toBeLessThan(plan.faults.length);
  expect(small.workload.length).toBeGreaterThan(2);
});
