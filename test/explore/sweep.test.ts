import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_EVENT_BUDGET } from "../../src/explore/campaign/settings.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import { runOnePlan } from "../../src/explore/runs/run-plans.js";
import { SweepNotHealthy, sweep } from "../../src/explore/sweep.js";
import { toyPool } from "../support/compiled.js";
import { calm, weak } from "../support/toy.js";

let pool: RunPool;
beforeAll(() => {
  pool = new RunPool({ ...toyPool(), jobs: 2 });
});
afterAll(() => pool.close());

test("the sound system holds at every crash point, before and after", async () => {
  let last = [0, 0, 0];
  const onProgress = (...progress: [number, number, number]): void => {
    last = progress;
  };
  const result = await sweep(calm, { pool, seed: 1, onProgress });
  expect(result.failures).toEqual([]);
  expect(result.missed).toEqual([]);
  expect(result.outOfReach).toEqual([]);
  // Twenty additions, each a write of the journal and one of the total.
  expect(result).toMatchObject({
    points: 40,
    runs: 80,
    complete: true,
    hosts: [{ host: "ledger", points: 40 }],
  });
  expect(last).toEqual([80, 80, 0]);
});

test("a crash between two writes is found at every place where it matters, and nowhere else", async () => {
  const { failures } = await sweep(calm, { pool, seed: 1, defects: ["trust-total"] });
  // After each write of the journal (odd points) and before that of the total (even points).
  const places = new Set(
    failures.map(({ point, side }) => `${point % 2 === 1 ? "journal" : "total"} ${side}`),
  );
  expect([...places].sort()).toEqual(["journal after", "total before"]);
  expect(failures.length).toBe(40);
  const [first] = failures;
  expect(first?.violation.property).toBe("T2");
  const again = first && (await runOnePlan(pool, first.plan, { eventBudget: DEFAULT_EVENT_BUDGET }));
  expect(again).toEqual(first?.result);
});

test("a declared weakness is no failure of a sweep", async () => {
  const { failures, runs } = await sweep(weak, { pool, seed: 1, defects: ["no-dedupe"] });
  expect(failures).toEqual([]);
  expect(runs).toBeGreaterThan(50);
});

test("a system that fails without a crash is not swept", async () => {
  const dead = {
    ...calm,
    plan: (seed: number) => ({
      ...calm.plan(seed),
      topology: calm
        .plan(seed)
        .topology.map((host) => (host.role === "ledger" ? { ...host, role: "worker" } : host)),
    }),
  };
  await expect(sweep(dead, { pool, seed: 1 })).rejects.toThrow(SweepNotHealthy);
});

test("an interruption ends a sweep with what it has", async () => {
  const controller = new AbortController();
  const result = await sweep(calm, {
    pool,
    seed: 1,
    signal: controller.signal,
    onProgress: (done) => {
      if (done === 10) controller.abort();
    },
  });
  expect(result).toMatchObject({ runs: 10, complete: false });
});
