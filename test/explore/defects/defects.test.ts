/** Planting defects in the toy system, on real threads. */
import { describe, expect, it } from "vitest";
import { SEEDS_OF_A_BLOCK } from "../../../src/explore/campaign/settings.js";
import { groundsOf, type Planting, plantAll, runControl } from "../../../src/explore/defects/defects.js";
import { InputError } from "../../../src/explore/formats/input-error.js";
import { runOn } from "../../../src/storm/run.js";
import { calm, toySystem, weak } from "../../support/toy.js";
import { planting, plantOne, pool, scopes, settings, withPool } from "../../support/toy-planting.js";

withPool();

describe("with those that must catch it switched off, a block", () => {
  const others = { settings: { ...settings, others: true } };

  it("counts what any other property says", async () => {
    const both = await plantOne(planting("no-dedupe", ["T3"]), others);
    const alone = await plantOne(planting("no-dedupe", [NOBODY]), others);
    expect(alone.blocks.every(({ end, caught }) => end === "caught" && caught?.property === "T3")).toBe(true);
    expect(both.blocks.some(({ caught }) => caught?.property === "T3")).toBe(false);
  });
});

const NOBODY = "no-such-property";

describe("a block", () => {
  it("counts the runs up to the first in which an expected property is violated", async () => {
    const { blocks } = await plantOne(planting("no-dedupe", ["T3"]));
    expect(blocks.map(({ block, end }) => [block, end])).toEqual([
      [1, "caught"],
      [2, "caught"],
      [3, "caught"],
    ]);
    for (const { seed, runs, caught } of blocks) {
      // What a plain loop over the scenarios in turn finds.
      let k = 0;
      let found = false;
      while (!found) {
        const scenario = scopes[k % scopes.length] ?? calm;
        const plan = scenario.plan(seed + Math.floor(k / scopes.length), { defects: ["no-dedupe"] });
        k++;
        const { violations } = await runOn(toySystem, plan);
        found = violations.some(({ property }) => property === "T3");
        if (found) expect([caught?.scenario, caught?.seed]).toEqual([scenario.id, plan.seed]);
      }
      expect([runs, caught?.run, caught?.property]).toEqual([k, k, "T3"]);
    }
  });

  it("has its seeds for itself", async () => {
    const { blocks } = await plantOne(planting("no-dedupe", ["T3"]), { settings: { ...settings, seed: 7 } });
    expect(blocks.map(({ seed }) => seed)).toEqual([7, 7 + SEEDS_OF_A_BLOCK, 7 + 2 * SEEDS_OF_A_BLOCK]);
  });

  it("ends with its budget, and says what else fired meanwhile", async () => {
    const { blocks } = await plantOne(planting("no-dedupe", ["T1"]));
    for (const { runs, end, caught, before, asked } of blocks) {
      expect([runs, end, caught, before?.property]).toEqual([60, "budget", undefined, "T3"]);
      expect(asked).toBeGreaterThan(0);
    }
  });

  it("knows that nothing ever asked for the defect", async () => {
    const { blocks } = await plantOne(planting("rust", ["T1"]), { settings: { ...settings, budget: 9 } });
    for (const { asked, end, runs } of blocks) expect([asked, end, runs]).toEqual([0, "budget", 9]);
  });
});

describe("the kill table", () => {
  const several = [planting("ack-early", ["T1"]), planting("trust-total", ["T2"]), planting("rust", ["T1"])];

  it("shrinks the first catch of the first block that has one", async () => {
    const { shrinkTrace } = await plantOne(several[0] as Planting, { shrinkRuns: 400 });
    expect(shrinkTrace?.from.operations).toBe(20);
    expect(shrinkTrace?.to.operations).toBeLessThan(5);
    expect(shrinkTrace?.to.faults).toBeLessThan(4);
  });

  it("ends with what is known when it is interrupted", async () => {
    const controller = new AbortController();
    const results = await plantAll([planting("no-dedupe", ["T3"]), planting("rust", ["T1"]), ...several], {
      pool,
      settings: { ...settings, budget: 5_000 },
      shrinkRuns: 0,
      signal: controller.signal,
      onProgress: ({ index, runs }) => {
        if (index === 2 && runs > 20) controller.abort();
      },
    });
    expect(results.map(({ interrupted }) => interrupted)).toEqual([false, true]);
    for (const { end, runs } of results[1]?.blocks ?? []) {
      expect(end).toBe("interrupted");
      expect(runs).toBeLessThan(1_000);
    }
  });

  it("tells each defect as soon as it is done, and how far it is", async () => {
    const told: string[] = [];
    await plantAll(several.slice(0, 2), {
      pool,
      settings,
      shrinkRuns: 0,
      onDefect: (result) => told.push(result.planting.defect.id),
      onProgress: ({ index, of, blocksDone }) => {
        if (blocksDone === settings.blocks) told.push(`${index} of ${of}`);
      },
    });
    expect(told).toEqual(["1 of 2", "ack-early", "2 of 2", "trust-total"]);
  });
});

describe("the grounds", () => {
  it("are the system's scenarios that declare no weakness", () => {
    expect(scopes.map(({ id }) => id)).toEqual(["toy-calm", "toy-storm", "toy-boaster"]);
    expect(() => groundsOf(toySystem, [weak])).toThrow(InputError);
  });
});

describe("the control", () => {
  it("has no alarm on the sound system", async () => {
    const control = await runControl({ system: toySystem, scenarios: scopes }, 90, { pool, settings });
    expect(control).toMatchObject({ system: "toy", runs: 90, failed: 0, alarms: [], interrupted: false });
  });
});
