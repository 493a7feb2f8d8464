/** Every scenario of every system, run twice: the same steps, one by one. */
import { expect, it } from "vitest";
import { scenarios, verify } from "../../src/scenarios/index.js";

it.each(scenarios)("$id does the same twice, step by step", async (scenario) => {
  const { outcome, divergence } = await verify(scenario.plan(16));
  expect(divergence).toBeUndefined();
  expect(outcome.events).toBeGreaterThan(1_000);
});
