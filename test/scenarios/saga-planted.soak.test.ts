import { describe, expect, it } from "vitest";
import { sagaScenarios } from "../../src/scenarios/saga/index.js";
import { sagaSystem } from "../../src/scenarios/saga/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Scenario } from "../../src/storm/scenario.js";

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

describe("a planted defect of the saga engine", () => {
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
});
