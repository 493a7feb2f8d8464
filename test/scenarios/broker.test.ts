import { describe, expect, it } from "vitest";
import { brokerScenarios } from "../../src/scenarios/broker/index.js";
import { brokerSystem } from "../../src/scenarios/broker/system.js";
import { runOn } from "../../src/storm/run.js";

describe.each(brokerScenarios)("$id", (each) => {
  it("holds", async () => {
    const { violations } = await runOn(brokerSystem, each.plan(3));
    expect(violations).toEqual([]);
  });
});
