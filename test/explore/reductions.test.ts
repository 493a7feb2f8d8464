import { describe, expect, it } from "vitest";
import { knobReductions, type Reduction, reseededReductions } from "../../src/explore/shrink/reductions.js";
import { findScenario, run } from "../../src/scenarios/index.js";
import { pipelineSystem } from "../../src/scenarios/pipeline/system.js";
import type { System } from "../../src/scenarios/scenario.js";
import type { Plan } from "../../src/sim/plan.js";
import { SECOND } from "../../src/sim/time.js";
import { stormy, toySystem } from "../support/toy.js";

const named = (reductions: readonly Reduction[], name: string): Plan[] =>
  reductions
    .filter((reduction) => reduction.name === name)
    .flatMap((reduction) => [...reduction.candidates()].map(({ plan }) => plan));

describe("knobs that bring things about sooner", () => {
  const system: System = { ...toySystem, sooner: { hurry: 1 } };

  it("take the place of others that could not be left out", () => {
    const plan = stormy.plan(1, { knobs: { buggify: true, grain: 7 } });
    expect(named(knobReductions(plan, system), "other knobs").map(({ knobs }) => knobs)).toEqual([
      { hurry: 1 },
    ]);
  });

  it("are not brought into a plan that needs no knobs, nor over and over", () => {
    for (const knobs of [{}, { hurry: 1 }, { hurry: 5 }]) {
      expect(named(knobReductions(stormy.plan(1, { knobs }), system), "other knobs")).toEqual([]);
    }
  });

  it("leave the sound pipeline sound in the storm", { timeout: 300_000 }, async () => {
    const storm = findScenario("storm");
    const knobs = { buggify: false, ...pipelineSystem.sooner };
    for (let seed = 1; seed <= 5; seed++) {
      const plan = storm?.plan(seed, { knobs });
      expect(plan === undefined ? plan : (await run(plan)).violations).toEqual([]);
    }
  });
});

describe("smaller plans with other seeds", () => {
  const original = stormy.plan(1);
  const cut: Plan = { ...original, healAt: 5 * SECOND, duration: 5 * SECOND };

  it("have the quiet period again in which they may fail later", () => {
    const plans = named(reseededReductions(cut, toySystem, original), "operations, another seed");
    expect(plans.length).toBeGreaterThan(10);
    for (const { healAt, duration } of plans) {
      expect(duration - healAt).toBe(original.duration - original.healAt);
    }
  });

  it("are not looked for once a plan is small enough to be read", () => {
    const small: Plan = {
      ...cut,
      faults: original.faults.slice(0, 3),
      workload: original.workload.slice(0, 2),
    };
    expect(reseededReductions(small, toySystem, original)).toEqual([]);
  });
});
