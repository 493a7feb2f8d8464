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

/** A defect, with the scenario in which it shows soon, and the property that must see it. */
const SHOWN = [
  ["timer-not-cancelled", "runner-calm", "timers-kept"],
  ["part-let-go-for-ever", "runner-scale-out", "parts-settle"],
  ["replay-skips-a-message", "runner-replay", "replay-feeds-all"],
  ["checkpoint-past-a-gap", "runner-unordered", "checkpoint-leaves-no-gap"],
  ["program-policy-ignored", "runner-failing-programs", "program-policy-followed"],
  ["range-not-served-again", "runner-sharding", "ranges-served-where-placed"],
  ["reload-not-in-force", "runner-replay", "reload-in-force"],
  ["health-without-write", "runner-operators", "health-is-true"],
  ["info-of-the-start", "runner-operators", "info-is-true"],
  ["log-without-trace", "runner-operators", "logs-carry-context"],
] as const;

describe("a planted defect", () => {
  it.each(SHOWN)("%s shows in %s by %s", async (defect, id, property) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 12 && !seen.has(property); seed++) {
      const { violations } = await runOn(runnerSystem, scenario(id).plan(seed, { defects: [defect] }));
      for (const violation of violations) seen.add(violation.property);
    }
    expect([...seen]).toContain(property);
  });
});
