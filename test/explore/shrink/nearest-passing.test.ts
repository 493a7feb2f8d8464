/** The passing plan that is nearest to a smallest plan: what the failure can't do without. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_EVENT_BUDGET } from "../../../src/explore/campaign/settings.js";
import { nearer, planDifferences } from "../../../src/explore/plan-differences.js";
import { RunPool } from "../../../src/explore/runs/pool.js";
import { runOnePlan } from "../../../src/explore/runs/run-plans.js";
import { nearestPassing } from "../../../src/explore/shrink/nearest-passing.js";
import { shrink } from "../../../src/explore/shrink/shrink.js";
import type { Plan } from "../../../src/sim/plan.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";
import { toyPool } from "../../support/compiled.js";
import { calm, stormy } from "../../support/toy.js";

let pool: RunPool;
beforeAll(() => {
  pool = new RunPool({ ...toyPool(), jobs: 2 });
});
afterAll(() => pool.close());

const request = { eventBudget: DEFAULT_EVENT_BUDGET };
const passing = { declared: [] };

/** An acknowledged addition is lost in a crash, while the disk stalls. */
const lost: Plan = {
  ...calm.plan(1, { defects: ["ack-early"] }),
  workload: [
    { id: "add-1", at: 9_800 * MILLISECOND, host: "client-1", action: "add", body: 5 },
    { id: "add-2", at: 9_850 * MILLISECOND, host: "client-1", action: "add", body: 6 },
  ],
  faults: [
    { kind: "disk-stall", id: "f1", at: 9 * SECOND, for: 3 * SECOND, target: "ledger" },
    { kind: "crash", id: "f2", at: 10 * SECOND, for: 2 * SECOND, target: "ledger" },
  ],
};

describe("the nearest plan that passes", () => {
  for (const [defect, property] of [
    ["ack-early", "T1"],
    ["no-dedupe", "T3"],
    ["give-up", "T4"],
  ] as const) {
    test(`is found for ${defect}, passes, and is one step away`, async () => {
      let found = 0;
      for (let seed = 1; found < 2 && seed < 200; seed++) {
        const plan = stormy.plan(seed, { defects: [defect] });
        const small = await shrink(plan, { pool, system: stormy.system, property, passing });
        if (small === undefined) continue;
        found++;
        if (small.passing === undefined) throw new Error(`there is none for seed ${seed}`);
        expect((await runOnePlan(pool, small.passing, request))?.violations).toEqual([]);
        expect(planDifferences(small.plan, small.passing)).toHaveLength(1);
      }
      expect(found).toBe(2);
    });
  }

  test("is not looked for unless it is asked for", async () => {
    const small = await shrink(lost, { pool, system: calm.system, property: "T1" });
    expect(small?.plan.faults.map(({ kind }) => kind)).toContain("crash");
    expect(small?.passing).toBeUndefined();
  });

  test("leaves out the last fault that it can, since most of the run is the same then", async () => {
    const tried: string[] = [];
    const found = await nearestPassing(lost, [], async ({ faults }) => {
      tried.push(faults.map(({ id }) => id).join(" "));
      return true;
    });
    expect(tried).toEqual(["f1"]);
    expect(found?.faults.map(({ id }) => id)).toEqual(["f1"]);
  });

  test("is run before it is believed, and is none where nothing near it passes", async () => {
    const seen = [{ ...lost, faults: [] }];
    const tried: string[] = [];
    const note = ({ faults, workload }: Plan): void => {
      tried.push(`${faults.length} faults, ${workload.length} operations`);
    };
    const found = await nearestPassing(lost, seen, async (plan) => {
      note(plan);
      return false;
    });
    expect(found).toBeUndefined();
    expect(tried).toEqual([
      "1 faults, 2 operations",
      "1 faults, 2 operations",
      "2 faults, 1 operations",
      "2 faults, 1 operations",
      "0 faults, 2 operations",
    ]);
  });

  test("is never one of another universe, nor one that has nothing to do", async () => {
    const { workload } = lost;
    const one = { ...lost, workload: workload.slice(0, 1), faults: [] };
    const asked: Plan[] = [];
    const found = await nearestPassing(one, [{ ...one, seed: 2, faults: lost.faults }], async (plan) => {
      asked.push(plan);
      return true;
    });
    expect([found, asked]).toEqual([undefined, []]);
  });
});

describe("the differences of two plans", () => {
  test("are named part by part", () => {
    const [stall, crash] = lost.faults;
    const changed: Plan = { ...lost, faults: [{ ...stall, at: SECOND } as Plan["faults"][number]] };
    expect(planDifferences(lost, changed)).toEqual([
      { what: "fault", from: stall, to: { ...stall, at: SECOND } },
      { what: "fault", from: crash, to: undefined },
    ]);
    expect(planDifferences(lost, lost)).toEqual([]);
    expect(planDifferences(lost, { ...lost, healAt: lost.healAt + 1 }).map(({ what }) => what)).toEqual([
      "end",
    ]);
  });

  test("are ordered: fewer first, then a fault before an operation, and what is left out before what is changed", () => {
    const [stall, crash] = lost.faults;
    const fault = planDifferences(lost, { ...lost, faults: lost.faults.slice(0, 1) });
    const earlier = planDifferences(lost, { ...lost, faults: lost.faults.slice(1) });
    const moved = [stall, { ...crash, at: SECOND }] as Plan["faults"];
    const changed = planDifferences(lost, { ...lost, faults: moved });
    const operation = planDifferences(lost, { ...lost, workload: lost.workload.slice(1) });
    const both = planDifferences(lost, { ...lost, faults: [] });
    expect([both, operation, changed, earlier, fault].sort(nearer)).toEqual([
      fault,
      earlier,
      changed,
      operation,
      both,
    ]);
  });
});
