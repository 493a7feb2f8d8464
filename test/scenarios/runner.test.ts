import { describe, expect, it } from "vitest";
import { runnerScenarios } from "../../src/scenarios/runner/index.js";
import { runnerSystem } from "../../src/scenarios/runner/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Scenario } from "../../src/storm/scenario.js";

function scenario(id: string): Scenario {
  const found = runnerScenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe.each(runnerScenarios)("$id", (each) => {
  it("holds", async () => {
    const { violations } = await runOn(runnerSystem, each.plan(3));
    expect(violations).toEqual([]);
  });
});

describe("streams of one replica", () => {
  it("are declared lost with their broker's disk, and hold when another loses its own", async () => {
    const plan = scenario("runner-lost-disk").plan(3);
    const wiped = (target: string) => ({ ...plan, faults: [wipe(target)] });
    const lost = await runOn(runnerSystem, wiped("broker-1"));
    expect([lost.verdict, lost.violations]).toEqual(["unrecoverable", []]);
    const other = await runOn(runnerSystem, wiped("broker-2"));
    expect([other.verdict, other.violations]).toEqual(["held", []]);
  });
});

const wipe = (target: string) =>
  ({ kind: "disk-wipe", id: "wipe", at: 9_000_000, for: 1_000_000, target }) as const;
