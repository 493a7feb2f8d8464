import { describe, expect, it } from "vitest";
import { arrivals, LOAD_SHAPES, load } from "../../../src/scenarios/orders/load.js";
import { ordersSystem } from "../../../src/scenarios/orders/system.js";
import { Random } from "../../../src/sim/random.js";
import { SECOND } from "../../../src/sim/time.js";
import { runOn } from "../../../src/storm/run.js";

describe("the load", () => {
  it.each(LOAD_SHAPES)("comes to as many orders as were asked for, with the shape %s", (loadShape) => {
    const times = arrivals({ ordersPerSecond: 100, loadSeconds: 20, loadShape }, new Random("test"));
    expect(Math.abs(times.length - 2_000)).toBeLessThan(50);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("is timed from when an order was meant to be sent, whatever became of it", async () => {
    const plan = load.plan(1, { knobs: { ordersPerSecond: 30, loadSeconds: 8 } });
    const outcome = await runOn(ordersSystem, plan);
    expect(outcome.violations).toEqual([]);
    const measured = ordersSystem.measurements?.(outcome);
    const [promises, stages] = measured?.tables ?? [];
    expect(promises?.rows).toHaveLength(8);
    expect(stages?.rows.find(([stage]) => stage === "accepted")?.[1]).toBe("240");
    // The same orders, of which nobody has heard: no second was available.
    const unanswered = ordersSystem.measurements?.({ ...outcome, history: [] });
    const availability = unanswered?.tables[0]?.rows.find(([promise]) => promise === "availability");
    expect(availability?.slice(3)).toEqual(["8 of 8 seconds unavailable", "not kept"]);
  });

  it("refuses a shape that there is not", () => {
    expect(() => load.plan(1, { knobs: { loadShape: "square" } })).toThrow(
      /knobs.loadShape: expected one of constant/,
    );
    expect(() => load.plan(1, { knobs: { loadSeconds: 0 } })).toThrow(
      /knobs.loadSeconds: expected a whole number/,
    );
  });

  it("is not measured where there is none", () => {
    const plan = { ...load.plan(1), workload: [] };
    expect(ordersSystem.measurements?.({ plan, history: [], virtualTime: SECOND })).toBeUndefined();
  });
});
