/** Planting defects in the toy system, on real threads: those that hang or end a thread, and fewer threads. */
import { describe, expect, it } from "vitest";
import { type DefectResult, plantAll } from "../../../src/explore/defects/defects.js";
import { planting, plantOne, pool, poolOf, scopes, settings, withPool } from "../../support/toy-planting.js";

withPool();

const withoutTimes = (results: readonly DefectResult[]) =>
  results.map(({ planting: { defect }, blocks, shrinkTrace }) => ({
    id: defect.id,
    blocks: blocks.map((block) => ({ ...block, ms: 0 })),
    shrinkTrace: shrinkTrace && { ...shrinkTrace, ms: 0 },
  }));

describe("a block", () => {
  it("takes a run that hangs for a failure by that name, and loses no other run", async () => {
    const own = poolOf({ hangMs: 400 });
    const hung = await plantOne(planting("loop", ["hung"]), { pool: own });
    // Seeds that end with 3 hang, beginning with the first scenario; block 1 starts with seed 1.
    expect(hung.blocks[0]).toMatchObject({
      runs: 2 * scopes.length + 1,
      caught: { property: "hung", scenario: "toy-calm", seed: 3 },
    });
    const missed = await plantOne(planting("loop", ["T1"]), {
      pool: own,
      settings: { blocks: 1, budget: 12, seed: 1 },
    });
    expect(missed.blocks[0]).toMatchObject({
      runs: 12,
      end: "budget",
      before: { property: "hung", run: 2 * scopes.length + 1 },
    });
  });

  it("takes a run that ends its thread, twice, for a failure by that name", async () => {
    const { blocks } = await plantOne(planting("exit", ["died"]));
    expect(blocks[0]).toMatchObject({
      runs: 2 * scopes.length + 1,
      caught: { property: "died", scenario: "toy-calm", seed: 3 },
    });
  });
});

describe("the kill table", () => {
  const several = [planting("ack-early", ["T1"]), planting("trust-total", ["T2"]), planting("rust", ["T1"])];

  it("is the same whatever the number of threads", async () => {
    const options = { settings: { ...settings, budget: 30 }, shrinkRuns: 60 };
    const together = await plantAll(several, { pool, ...options });
    const alone = await plantAll(several, { pool: poolOf({ jobs: 1 }), ...options });
    expect(withoutTimes(together)).toEqual(withoutTimes(alone));
    expect(together.map(({ shrinkTrace }) => shrinkTrace !== undefined)).toEqual([true, true, false]);
  });
});
