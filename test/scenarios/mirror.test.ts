import { describe, expect, it } from "vitest";
import { mirrorScenarios } from "../../src/scenarios/mirror/index.js";
import { mirrorSystem } from "../../src/scenarios/mirror/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome } from "../../src/storm/scenario.js";

const told = ({ violations }: Outcome) =>
  violations.map(({ property, message }) => `${property}: ${message}`);

/** Properties of the catalogue, by their numbers. */
const NUMBERED = new Set(
  mirrorSystem.properties.filter(({ alias = "" }) => /^R\d+$/.test(alias)).map(({ id }) => id),
);

describe.each(mirrorScenarios)("$id", (each) => {
  it("holds in ten universes, and compares something for every property", async () => {
    const compared = new Map<string, number>();
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await runOn(mirrorSystem, each.plan(seed));
      expect(told(outcome), `seed ${seed}`).toEqual([]);
      for (const { id, checked } of outcome.properties) compared.set(id, (compared.get(id) ?? 0) + checked);
    }
    const idle = [...compared].filter(([id, checked]) => NUMBERED.has(id) && checked === 0);
    expect(idle).toEqual([]);
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
