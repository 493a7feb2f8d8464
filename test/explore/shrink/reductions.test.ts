import { describe, expect, it } from "vitest";
import { endingAt, withQuietPeriod } from "../../../src/explore/shrink/ending.js";
import {
  knobReductions,
  numericReductions,
  type Reduction,
  reseededReductions,
} from "../../../src/explore/shrink/reductions.js";
import { findScenario, run } from "../../../src/scenarios/index.js";
import { pipelineSystem } from "../../../src/scenarios/pipeline/system.js";
import type { Plan } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import type { System } from "../../../src/storm/scenario.js";
import { stormy, toySystem } from "../../support/toy.js";

const named = (reductions: readonly Reduction[], name: string): Plan[] =>
  reductions
    .filter((reduction) => reduction.name === name)
    .flatMap((reduction) => [...reduction.candidates()].map(({ plan }) => plan));

describe("knobs that bring things about sooner", () => {
  const system: System = { ...toySystem, stressKnobs: { hurry: 1 } };

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
    const knobs = { buggify: false, ...pipelineSystem.stressKnobs };
    for (let seed = 1; seed <= 2; seed++) {
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

describe("a fault that is aimed at a moment", () => {
  const trigger = { moment: "host-booted", nth: 3, after: 2_500 };
  const crash = { id: "f1", kind: "crash", at: SECOND, for: 80_000, target: "@" } as const;
  const plan: Plan = { ...stormy.plan(1), faults: [{ ...crash, trigger }], healAt: 20 * SECOND };
  const begun = [{ ...crash, at: 7 * SECOND, target: "client-1" }];

  it("gets the time at which it began in the place of its moment, or a moment that comes sooner", () => {
    const reductions = numericReductions(plan, begun);
    expect(named(reductions, "f1: trigger").map(({ faults }) => faults)).toEqual([begun]);
    expect(named(reductions, "f1: nth")[0]?.faults).toEqual([{ ...crash, trigger: { ...trigger, nth: 1 } }]);
    expect(named(reductions, "f1: after")[0]?.faults).toEqual([
      { ...crash, trigger: { ...trigger, after: 2_000 } },
    ]);
    expect(named(numericReductions(plan, []), "f1: trigger")).toEqual([]);
  });

  it("is cut short, or left out, where the plan ends before it is over", () => {
    expect(endingAt(plan, 7 * SECOND + 30_000, begun).faults).toEqual([{ ...crash, trigger, for: 31_000 }]);
    expect(endingAt(plan, 6 * SECOND, begun).faults).toEqual([]);
    expect(endingAt(plan, 6 * SECOND).faults).toEqual(plan.faults);
  });

  it("moves the quiet period to where it ended, and not at all when nobody knows where that is", () => {
    const idle: Plan = { ...plan, workload: [] };
    expect(withQuietPeriod(idle, plan, begun).healAt).toBe(8 * SECOND);
    expect(withQuietPeriod(idle, plan).healAt).toBe(20 * SECOND);
  });
});
