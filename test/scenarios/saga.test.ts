import { describe, expect, it } from "vitest";
import { sagaScenarios } from "../../src/scenarios/saga/index.js";
import { sagaSystem } from "../../src/scenarios/saga/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome } from "../../src/storm/scenario.js";

const told = ({ violations }: Outcome) =>
  violations.map(({ property, message }) => `${property}: ${message}`);

/** Properties of the catalogue, by their numbers. */
const NUMBERED = new Set(
  sagaSystem.properties.filter(({ alias = "" }) => /^A\d+$/.test(alias)).map(({ id }) => id),
);

describe.each(sagaScenarios)("$id", (each) => {
  it("holds in ten universes, and compares something for every property", async () => {
    const compared = new Map<string, number>();
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await runOn(sagaSystem, each.plan(seed));
      expect(told(outcome), `seed ${seed}`).toEqual([]);
      for (const { id, checked } of outcome.properties) compared.set(id, (compared.get(id) ?? 0) + checked);
    }
    expect([...compared].filter(([id, checked]) => NUMBERED.has(id) && checked === 0)).toEqual([]);
  });
});

describe("planted defects of the saga engine", () => {
  it("have names that no two share, and properties that exist", () => {
    const ids = sagaSystem.defects.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const properties = new Set(sagaSystem.properties.map(({ id }) => id));
    expect(
      sagaSystem.defects.flatMap(({ caughtBy }) => caughtBy).filter((id) => !properties.has(id)),
    ).toEqual([]);
  });

  it("are planted for every property of the catalogue", () => {
    const aimedAt = new Set(sagaSystem.defects.flatMap(({ caughtBy }) => caughtBy));
    const own = sagaSystem.properties.map(({ id }) => id).filter((id) => NUMBERED.has(id));
    expect(own.filter((id) => !aimedAt.has(id))).toEqual([]);
  });

  it("are each asked for where the protection stands, on the sound system too", async () => {
    const asked = new Set<string>();
    for (const each of sagaScenarios) {
      for (let seed = 1; seed <= 5; seed++) {
        const { defectsAsked } = await runOn(sagaSystem, each.plan(seed));
        for (const id of Object.keys(defectsAsked)) asked.add(id);
      }
    }
    expect(sagaSystem.defects.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual([]);
  });
});
