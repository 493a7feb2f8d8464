/**
 * A whole workflow of the runner, broken off wherever one of its nodes has something in hand: the part of the sweep that is
 * quick. The rest of it, with every point of brokers, store and gateway, is in `runner-sweep.soak.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { runnerSystem } from "../../src/scenarios/runner/system.js";
import { runOn } from "../../src/storm/run.js";
import { crashedAt, endOf, pointsOf, workflow } from "../model/runner/sweep.js";

describe("a workflow of the runner", () => {
  it("is completed, charged and shipped once, when nothing crashes", async () => {
    const { history, violations } = await runOn(runnerSystem, workflow());
    expect(violations).toEqual([]);
    expect(endOf(history)).toEqual({ status: "completed", charges: 1, shipments: 1 });
  });

  it("does nothing twice and loses nothing, wherever a node crashes", async () => {
    const plan = workflow();
    const points = (await pointsOf(plan)).filter(({ host }) => host.startsWith("runner-"));
    expect(points.length).toBeGreaterThan(20);
    const flaws: string[] = [];
    for (const point of points) flaws.push(...(await crashedAt(plan, point)).flaws);
    expect(flaws).toEqual([]);
  });

  it("is charged twice after a crash of its node with NW1, and the sweep finds it", async () => {
    const plan = workflow({}, ["NW1"]);
    const points = (await pointsOf(plan)).filter(
      ({ host, name }) => host.startsWith("runner-") && !name.endsWith("message-acquired"),
    );
    const flaws: string[] = [];
    for (const point of points) flaws.push(...(await crashedAt(plan, point)).flaws);
    expect(flaws.filter((flaw) => flaw.includes(": effect-once: "))).not.toEqual([]);
  });
});
