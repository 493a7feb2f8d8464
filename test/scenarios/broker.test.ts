import { describe, expect, it } from "vitest";
import { brokerScenarios } from "../../src/scenarios/broker/index.js";
import { brokerSystem } from "../../src/scenarios/broker/system.js";
import { verifyOn } from "../../src/storm/verify.js";

describe.each(brokerScenarios)("$id", (each) => {
  it("holds, and is the same universe twice", async () => {
    const { outcome, divergence } = await verifyOn(brokerSystem, each.plan(3));
    expect(outcome.violations).toEqual([]);
    expect(divergence).toBeUndefined();
  });
});
