/** Every scenario of every system, run twice: the same steps, one by one; and in another process, the same universe. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findScenario, run, scenarios, verify } from "../../src/scenarios/index.js";
import { compiled } from "../support/compiled.js";

it.each(scenarios)("$id does the same twice, step by step", async (scenario) => {
  const { outcome, divergence } = await verify(scenario.plan(16));
  expect(divergence).toBeUndefined();
  expect(outcome.events).toBeGreaterThan(1_000);
});

describe("a process of its own", () => {
  // Bundled code is another text than the sources: a program error on purpose in the runner is part of what must be the same.
  it.each([
    ["storm", 18],
    ["runner-failing-programs", 3],
  ])("dreams the same universe of %s", async (scenario, seed) => {
    const plan = findScenario(scenario)?.plan(seed);
    if (plan === undefined) throw new RangeError(`no scenario "${scenario}"`);
    const here = (await run(plan)).traceHash;
    const command = join(compiled(), "bin/seedstorm.js");
    const args = [command, "run", scenario, "--seed", String(seed), "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 100_000_000 });
    expect(JSON.parse(stdout).traceHash).toBe(here);
  });
});
