/** A whole workflow of the runner; broken off at each of its points, it is in `runner-sweep.soak.test.ts`. */
import { describe, expect, it } from "vitest";
import { runnerSystem } from "../../src/scenarios/runner/system.js";
import { runOn } from "../../src/storm/run.js";
import { endOf, workflow } from "../model/runner/sweep.js";

describe("a workflow of the runner", () => {
  it("is completed, charged and shipped once, when nothing crashes", async () => {
    const { history, violations } = await runOn(runnerSystem, workflow());
    expect(violations).toEqual([]);
    expect(endOf(history)).toEqual({ status: "completed", charges: 1, shipments: 1 });
  });
});
