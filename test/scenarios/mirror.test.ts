import { describe, expect, it } from "vitest";
import { mirrorScenarios } from "../../src/scenarios/mirror/index.js";
import { mirrorSystem } from "../../src/scenarios/mirror/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome, Scenario } from "../../src/storm/scenario.js";
import { verifyOn } from "../../src/storm/verify.js";

const told = ({ violations }: Outcome) =>
  violations.map(({ property, message }) => `${property}: ${message}`);

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

describe.each(mirrorScenarios)("$id", (each) => {
  it("holds in ten universes, and compares something for every property", async () => {
    const compared = new Map<string, number>();
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await runOn(mirrorSystem, each.plan(seed));
      expect(told(outcome), `seed ${seed}`).toEqual([]);
      for (const { id, checked } of outcome.properties) compared.set(id, (compared.get(id) ?? 0) + checked);
    }
    const idle = [...compared].filter(([id, checked]) => id.startsWith("R") && checked === 0);
    expect(idle).toEqual([]);
  });

  it("is the same universe twice", async () => {
    const { divergence } = await verifyOn(mirrorSystem, each.plan(7));
    expect(divergence).toBeUndefined();
  });
});

describe("planted defects of the mirror", () => {
  it("have names that no two share, and properties that exist", () => {
    const ids = mirrorSystem.defects.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const properties = new Set(mirrorSystem.properties.map(({ id }) => id));
    expect(
      mirrorSystem.defects.flatMap(({ caughtBy }) => caughtBy).filter((id) => !properties.has(id)),
    ).toEqual([]);
  });

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

  it("are each asked for where the protection stands, on the sound system too", async () => {
    const asked = new Set<string>();
    for (const each of mirrorScenarios) {
      for (let seed = 1; seed <= 5; seed++) {
        const { defectsAsked } = await runOn(mirrorSystem, each.plan(seed));
        for (const id of Object.keys(defectsAsked)) asked.add(id);
      }
    }
    expect(mirrorSystem.defects.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual([]);
  });
});
