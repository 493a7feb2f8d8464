import { describe, expect, it } from "vitest";
import { brokerScenarios } from "../../src/scenarios/broker/index.js";
import { brokerSystem } from "../../src/scenarios/broker/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Scenario } from "../../src/storm/scenario.js";

function scenario(id: string): Scenario {
  const found = brokerScenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

/** A defect of each part that shows nearly always, with the scenario, and the property that must see it. */
const SHOWN = [
  ["broker-duplicate-window-short", "broker-calm", "broker-duplicates-stored-once"],
  ["broker-progress-ignored", "broker-calm", "broker-not-delivered-too-soon"],
  ["broker-max-deliver-plus-one", "broker-calm", "broker-deliveries-counted"],
  ["broker-advisory-missing", "broker-calm", "broker-given-up-is-advised"],
  ["broker-first-ack-removes", "broker-calm", "broker-removals-have-a-cause"],
  ["broker-purge-ignores-filter", "broker-calm", "broker-removals-have-a-cause"],
  ["broker-update-not-trimmed", "broker-calm", "broker-limits-hold"],
  ["broker-expectations-not-checked", "broker-calm", "broker-expectations-hold"],
] as const;

describe("a planted defect", () => {
  it.each(SHOWN)("%s shows in %s by %s", async (defect, id, property) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 12 && !seen.has(property); seed++) {
      const { violations } = await runOn(brokerSystem, scenario(id).plan(seed, { defects: [defect] }));
      for (const violation of violations) seen.add(violation.property);
    }
    expect([...seen]).toContain(property);
  });
});
