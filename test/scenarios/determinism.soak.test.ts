/** A storm of every system, run twice: the same steps, one by one; and in another process, the same universe. CI's campaign runs every scenario twice. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findScenario, run, systems, verify } from "../../src/scenarios/index.js";
import type { Scenario } from "../../src/storm/scenario.js";
import { compiled } from "../support/compiled.js";

function scenario(id: string): Scenario {
  const found = findScenario(id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

it.each(systems)("the $id does the same twice, step by step", async ({ id }) => {
  const { outcome, divergence } = await verify(
    scenario(id === "pipeline" ? "storm" : `${id}-storm`).plan(16),
  );
  expect(divergence).toBeUndefined();
  expect(outcome.events).toBeGreaterThan(1_000);
});

describe("a process of its own", () => {
  // Bundled code is another text than the sources: a program error on purpose in the runner is part of what must be the same.
  it.each([
    ["storm", 18],
    ["runner-failing-programs", 3],
  ])("dreams the same universe of %s", async (id, seed) => {
    const here = (await run(scenario(id).plan(seed))).traceHash;
    const command = join(compiled(), "bin/seedstorm.js");
    const args = [command, "run", id, "--seed", String(seed), "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 100_000_000 });
    expect(JSON.parse(stdout).traceHash).toBe(here);
  });
});
