import { afterAll, beforeAll, expect, test } from "vitest";
import { branch } from "../../src/explore/branch.js";
import { planProblem } from "../../src/explore/formats/plan-checks.js";
import { futureOf } from "../../src/explore/futures.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import type { Plan } from "../../src/sim/plan.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { runOn } from "../../src/storm/run.js";
import { toyPool } from "../support/compiled.js";
import { calm, scenarios, stormy, toySystem } from "../support/toy.js";

let pool: RunPool;
beforeAll(() => {
  pool = new RunPool({ ...toyPool(), jobs: 2 });
});
afterAll(() => pool.close());

/** An acknowledged addition is lost in a crash at 10 s, and the loss shows when the ledger is up again at 12 s. */
const lost: Plan = {
  ...calm.plan(1, { defects: ["ack-early"] }),
  workload: [{ id: "add-1", at: 9_800 * MILLISECOND, host: "client-1", action: "add", body: 5 }],
  faults: [
    { kind: "disk-stall", id: "f1", at: 9 * SECOND, for: 3 * SECOND, target: "ledger" },
    { kind: "crash", id: "f2", at: 10 * SECOND, for: 2 * SECOND, target: "ledger" },
  ],
};

test("the futures of a failure show the step from may still go well to inevitable", async () => {
  const found = await branch(lost, calm, { pool, property: "T1", futures: 20, points: 16 });
  if (found === undefined) throw new Error("the plan did not fail");
  const { points, inevitable } = found;
  expect(points.length).toBe(16);
  const share = (from: number, to: number) =>
    points.filter(({ at }) => at >= from && at <= to).map(({ failed, futures }) => failed / futures);
  // `calm` has no storm of its own: without the crash nothing is lost, from the crash on everything is.
  expect(new Set(share(0, 10 * SECOND - 1))).toEqual(new Set([0]));
  expect(new Set(share(10 * SECOND + 1, 13 * SECOND))).toEqual(new Set([1]));
  expect(inevitable.after).toBeLessThanOrEqual(10 * SECOND);
  expect(inevitable.by).toBeGreaterThanOrEqual(10 * SECOND);
  expect(inevitable.by - inevitable.after).toBeLessThan(50 * MILLISECOND);
});

test("of the futures that branched off last one that went well is kept", async () => {
  const found = await branch(lost, calm, { pool, property: "T1", futures: 5, points: 8 });
  if (found?.passing === undefined) throw new Error("every future failed");
  const { passing, inevitable, points } = found;
  expect((await runOn(toySystem, passing)).violations).toEqual([]);
  expect(passing.branch?.at).toBe(inevitable.after);
  expect(points.find(({ at }) => at === passing.branch?.at)?.failed).toBeLessThan(5);
  // Up to there it is the same universe.
  expect(passing).toMatchObject({ seed: lost.seed, workload: lost.workload });
});

test("a plan that does not fail has no moment", async () => {
  expect(await branch({ ...lost, defects: [] }, calm, { pool, property: "T1", futures: 2 })).toBeUndefined();
});

test("an interruption keeps the moments that are done", async () => {
  const controller = new AbortController();
  const onPoint = () => controller.abort();
  const found = await branch(lost, calm, {
    pool,
    property: "T1",
    futures: 5,
    signal: controller.signal,
    onPoint,
  });
  expect(found?.complete).toBe(false);
  expect(found?.points.length).toBe(1);
});

test("a future keeps the faults that have begun, and draws the others anew", async () => {
  const plan = stormy.plan(7);
  const at = 8 * SECOND;
  const [one, two] = [futureOf(plan, stormy, at, 1), futureOf(plan, stormy, at, 2)];
  for (const future of [one, two]) {
    const past = (faults: Plan["faults"]) => faults.filter((fault) => fault.at < at);
    expect(past(future.faults)).toEqual(past(plan.faults));
    expect(planProblem(future, scenarios)).toBeUndefined();
  }
  expect(one.faults).not.toEqual(two.faults);
  expect(one.branch).toEqual({ at, future: 1 });
  const history = async (of: Plan) =>
    (await runOn(toySystem, of)).history
      .filter((event) => event.at < at)
      .map((event) => JSON.stringify(event));
  expect(await history(one)).toEqual(await history(plan));
});

test("a future damages no other disk than the plan does", () => {
  const plan: Plan = {
    ...stormy.plan(7),
    faults: [{ kind: "bit-rot", id: "f1", at: 1, target: "spare-1" }],
  };
  const rotting = {
    ...stormy,
    plan: () => ({
      ...plan,
      faults: [{ kind: "disk-wipe", id: "f1", at: 9 * SECOND, for: SECOND, target: "ledger" } as const],
    }),
  };
  const { faults } = futureOf(plan, rotting, 5 * SECOND, 1);
  expect(faults.map((fault) => ("target" in fault ? `${fault.kind} ${fault.target}` : ""))).toEqual([
    "bit-rot spare-1",
    "disk-wipe spare-1",
  ]);
});
