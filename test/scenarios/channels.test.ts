import { expect, it } from "vitest";
import { channelScenarios } from "../../src/scenarios/channels/index.js";
import { channelSystem } from "../../src/scenarios/channels/system.js";
import { runOn } from "../../src/storm/run.js";
import { verifyOn } from "../../src/storm/verify.js";

const planOf = (id: string, seed: number, defects: readonly string[] = []) => {
  const scenario = channelScenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new RangeError(`no scenario "${id}"`);
  return scenario.plan(seed, { defects });
};

it("holds in a swarm of everything, and is the same universe twice", async () => {
  const { outcome, divergence } = await verifyOn(channelSystem, planOf("channels-storm", 3));
  expect(outcome.violations.map(({ property, message }) => `${property}: ${message}`)).toEqual([]);
  expect(divergence).toBeUndefined();
});

it("loses a message on a quiet day if it is acknowledged when it comes, and is caught", async () => {
  const plan = planOf("channels-calm", 1, ["channel-acked-on-receipt"]);
  const { violations } = await runOn(channelSystem, plan);
  expect(violations.map(({ property }) => property)).toContain("broker-channel-loses-nothing");
});
