/**
 * Every crash point of a provisioning: each durable write and each call to the cloud of every host, crashed
 * just before and just after. Nothing is drawn, and nothing is left out.
 */
import { describe, expect, it } from "vitest";
import { sagaSystem } from "../../src/scenarios/saga/system.js";
import type { FaultOf } from "../../src/sim/faults/catalogue.js";
import type { Operation, Plan } from "../../src/sim/plan.js";
import { type Micros, SECOND } from "../../src/sim/time.js";
import { runOn } from "../../src/storm/run.js";
import { cancel, enginePlan, inventory, startKind, tell } from "../model/saga/engine.js";

const STARTED = SECOND;
const HEAL_AT = 12 * SECOND;
const DURATION = 26 * SECOND;

const STORIES = {
  "that completes": {
    operations: [startKind(STARTED, "s1", "provision", "dep-1", { size: "L" })],
    ends: ["completed"],
  },
  "that fails at its last step and is taken back": {
    operations: [startKind(STARTED, "s1", "provision", "dep-1", { size: "L", address: "unobtainable" })],
    ends: ["rolled_back"],
  },
  "that is cancelled half-way": {
    operations: [
      startKind(STARTED, "s1", "provision", "dep-1", { size: "L" }),
      cancel(STARTED + 350_000, "s1"),
    ],
    // Where a crash delays the cancel, it comes too late.
    ends: ["rolled_back", "completed"],
  },
} as const;

/** A host that crashed comes back after so long. */
const DOWN_FOR = 2 * SECOND;

interface Point {
  readonly host: string;
  readonly point: number;
  readonly side: FaultOf<"crash-point">["side"];
  /** When the healthy run passed it: until then, a run that crashes there is the same. */
  readonly at: Micros;
}

const crashAt = ({ host, point, side, at }: Point): FaultOf<"crash-point"> => ({
  kind: "crash-point",
  id: "crash",
  at: 0,
  for: at + DOWN_FOR,
  target: host,
  point,
  side,
});

/** Every crash point that a host passes before the heal. */
async function crashPoints(plan: Plan): Promise<Point[]> {
  const points: Point[] = [];
  await runOn(sagaSystem, plan, {
    prepare: (world) => {
      const passed = new Map(
        world.machines.filter(({ external }) => !external).map((machine) => [machine, 0]),
      );
      let last = 0;
      world.scheduler.watcher = (at) => {
        for (const [machine, before] of passed) {
          const { id, crashPoints } = machine;
          passed.set(machine, crashPoints);
          for (let point = before + 1; point <= crashPoints && last + DOWN_FOR < HEAL_AT; point++) {
            for (const side of ["before", "after"] as const) points.push({ host: id, point, side, at: last });
          }
        }
        last = at;
      };
    },
  });
  return points;
}

const planOf = (operations: readonly Operation[], defects: readonly string[] = []): Plan => ({
  ...enginePlan({ runners: 2, operations, defects, duration: DURATION }),
  healAt: HEAL_AT,
});

interface Sweep {
  /** In sentences that begin with the crash point. */
  readonly flaws: readonly string[];
  readonly endings: ReadonlySet<string>;
}

async function sweep(healthy: Plan, points: readonly Point[]): Promise<Sweep> {
  const flaws: string[] = [];
  const endings = new Set<string>();
  for (const point of points) {
    const { violations, history, faults } = await runOn(sagaSystem, { ...healthy, faults: [crashAt(point)] });
    const flaw = (what: string) =>
      flaws.push(`${point.host}, ${point.side} crash point ${point.point}: ${what}`);
    for (const { property, message } of violations) flaw(`${property}: ${message}`);
    if (faults["crash-point"]?.fired !== 1) flaw("nothing crashed");
    const told = tell(history);
    const { actual, desired } = inventory(told);
    const status = String(told.rows["run/s1"]?.status);
    endings.add(status);
    const expected = status === "completed" ? 3 : 0;
    if (actual.length !== expected) flaw(`${status}, and the cloud has ${actual.join() || "nothing"}`);
    if (actual.join() !== desired.join())
      flaw(`the cloud has ${actual.join()}, desired is ${desired.join()}`);
  }
  return { flaws, endings };
}

describe.each(Object.entries(STORIES))("a provisioning %s", (_, { operations, ends }) => {
  it("leaks nothing, wherever a host crashes", async () => {
    const healthy = planOf(operations);
    const { history } = await runOn(sagaSystem, healthy);
    expect(tell(history).rows["run/s1"]?.status).toBe(ends[0]);
    const points = await crashPoints(healthy);
    expect(points.filter(({ host }) => host.startsWith("runner")).length).toBeGreaterThan(5);
    expect(points.filter(({ host }) => host === "db").length).toBeGreaterThan(15);
    const { flaws, endings } = await sweep(healthy, points);
    expect(flaws).toEqual([]);
    expect([...endings].filter((end) => !ends.some((expected) => expected === end))).toEqual([]);
    expect(endings).toContain(ends[0]);
  });
});

describe("the sweep", () => {
  it.each([
    ["AW2", "every-run-ends"],
    ["AW3", "steps-apply-once"],
  ])("finds %s, by %s", async (defect, property) => {
    const healthy = planOf(STORIES["that completes"].operations, [defect]);
    const { flaws } = await sweep(healthy, await crashPoints(healthy));
    expect(flaws.filter((flaw) => flaw.includes(` ${property}: `))).not.toEqual([]);
  });
});
