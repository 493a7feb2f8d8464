import { describe, expect, it } from "vitest";
import { mirrorScenarios } from "../../src/scenarios/mirror/index.js";
import { mirrorSystem } from "../../src/scenarios/mirror/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Scenario } from "../../src/storm/scenario.js";

/** The scenario in which a defect shows best. */
const SHOWS: Readonly<Record<string, string>> = {
  RW1: "mirror-mixed",
  RW2: "mirror-calm",
  RW3: "mirror-partitions",
  RW4: "mirror-partitions",
  RW5: "mirror-partitions",
  RW6: "mirror-primary-loss",
  RW7: "mirror-calm",
  RW8: "mirror-clocks",
  RW9: "mirror-primary-loss",
  RW10: "mirror-calm",
  RW11: "mirror-mixed",
  RW12: "mirror-partitions",
  RW13: "mirror-calm",
  RW14: "mirror-storm",
};

function scenario(id: string): Scenario {
  const found = mirrorScenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe("a planted defect of the mirror", () => {
  it.each(mirrorSystem.defects)("$id is caught: $breaks", async ({ id, caughtBy }) => {
    const shows = scenario(SHOWS[id] ?? "mirror-storm");
    for (let seed = 1; seed <= 150; seed++) {
      const outcome = await runOn(mirrorSystem, shows.plan(seed, { defects: [id] }));
      if (outcome.violations.some(({ property }) => caughtBy.includes(property))) return;
    }
    expect.fail(
      `${id} went through 150 universes of ${shows.id} without being caught by ${caughtBy.join(" or ")}`,
    );
  });
});
