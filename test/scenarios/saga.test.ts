import { describe, expect, it } from "vitest";
import { sagaScenarios } from "../../src/scenarios/saga/index.js";
import { sagaSystem } from "../../src/scenarios/saga/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome, Scenario } from "../../src/storm/scenario.js";
import { verifyOn } from "../../src/storm/verify.js";

const told = ({ violations }: Outcome) =>
  violations.map(({ property, message }) => `${property}: ${message}`);

/** The scenario in which a defect shows best. */
const SHOWS: Readonly<Record<string, string>> = {
  AW1: "saga-crashes",
  AW2: "saga-crashes",
  AW3: "saga-crashes",
  AW4: "saga-compensations",
  AW5: "saga-calm",
  AW6: "saga-calm",
  AW7: "saga-rescue",
  AW8: "saga-compensations",
  AW9: "saga-compensations",
  AW10: "saga-cancels",
  AW11: "saga-crashes",
  AW12: "saga-deploy",
  AW13: "saga-calm",
  AW14: "saga-calm",
  "progress-before-result": "saga-crashes",
  "forgotten-compensation-index": "saga-compensations",
  "revert-leaves-no-trace": "saga-late-comers",
  "lease-unconfirmed": "saga-late-comers",
  "lease-by-wall-clock": "saga-clocks",
};
const ENOUGH = 400;

function scenario(id: string): Scenario {
  const found = sagaScenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe.each(sagaScenarios)("$id", (each) => {
  it("holds in ten universes, and compares something for every property", async () => {
    const compared = new Map<string, number>();
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await runOn(sagaSystem, each.plan(seed));
      expect(told(outcome), `seed ${seed}`).toEqual([]);
      for (const { id, checked } of outcome.properties) compared.set(id, (compared.get(id) ?? 0) + checked);
    }
    expect([...compared].filter(([id, checked]) => id.startsWith("A") && checked === 0)).toEqual([]);
  });

  it("is the same universe twice", async () => {
    const { divergence } = await verifyOn(sagaSystem, each.plan(7));
    expect(divergence).toBeUndefined();
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

  it("are planted for every property of the engine", () => {
    const aimedAt = new Set(sagaSystem.defects.flatMap(({ caughtBy }) => caughtBy));
    const own = sagaSystem.properties.map(({ id }) => id).filter((id) => id.startsWith("A"));
    expect(own.filter((id) => !aimedAt.has(id))).toEqual([]);
  });

  it.each(sagaSystem.defects)("$id is caught: $breaks", async ({ id, caughtBy }) => {
    const shows = scenario(SHOWS[id] ?? "saga-storm");
    for (let seed = 1; seed <= ENOUGH; seed++) {
      const { violations } = await runOn(sagaSystem, shows.plan(seed, { defects: [id] }));
      if (violations.some(({ property }) => caughtBy.includes(property))) return;
    }
    expect.fail(
      `${id} went through ${ENOUGH} universes of ${shows.id} without being caught by ${caughtBy.join(" or ")}`,
    );
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
