/** A short version of the kill table: some defects of each system, each caught within its recorded budget. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groundsOf, type Planting, plantAll, runControl } from "../../src/explore/defects.js";
import { RunPool } from "../../src/explore/pool.js";
import { scenarios, systems } from "../../src/scenarios/index.js";
import { compiled } from "../support/compiled.js";

/** Runs within which each block has caught the defect; a multiple of what it took when this was written. */
const RECORDED: readonly (readonly [system: string, defect: string, budget: number])[] = [
  ["pipeline", "GW3", 60],
  ["pipeline", "GW5", 15],
  ["pipeline", "GW7", 15],
  ["pipeline", "ack-before-effect", 15],
  ["pipeline", "cursor-skips", 15],
  ["pipeline", "GW6", 40],
  ["pipeline", "dedupe-lost-on-restart", 80],
  ["pipeline", "epoch-reused-after-restart", 20],
  ["pipeline", "commit-older-term-by-counting", 20],
  ["pipeline", "membership-two-majorities", 40],
  ["pipeline", "ack-before-fsync", 80],
  ["pipeline", "GW1", 60],
  ["pipeline", "publish-before-commit", 15],
  ["pipeline", "outbox-row-forgotten-on-crash", 120],
  ["pipeline", "dedupe-shorter-than-redelivery", 200],
  ["pipeline", "dedupe-read-from-stale-follower", 100],
  ["pipeline", "read-from-cut-off-leader", 250],
  ["pipeline", "pointer-before-object", 15],
  ["pipeline", "torn-checkpoint-accepted", 15],
  ["mirror", "RW2", 20],
  ["mirror", "RW4", 20],
  ["mirror", "RW7", 15],
];
const BLOCKS = 2;
const CONTROL = 30;

let pool: RunPool;
beforeAll(() => {
  const url = (file: string): string => pathToFileURL(`${compiled()}/${file}`).href;
  pool = new RunPool({
    jobs: 2,
    worker: url("src/explore/worker.js"),
    registry: url("src/scenarios/index.js"),
  });
});
afterAll(() => pool.close());

function planting(systemId: string, id: string): Planting {
  const system = systems.find((one) => one.id === systemId);
  const defect = system?.defects.find((one) => one.id === id);
  if (system === undefined || defect === undefined) throw new RangeError(`no defect "${id}"`);
  return { system, defect, scenarios: groundsOf(system, scenarios) };
}

describe("a planted defect", () => {
  it.each(RECORDED)("of %s, %s, is caught within %i runs in every block", async (system, id, budget) => {
    const [result] = await plantAll([planting(system, id)], {
      pool,
      settings: { blocks: BLOCKS, budget, seed: 1 },
      shrinkRuns: 0,
    });
    expect(result?.blocks.map(({ end }) => end)).toEqual(Array.from({ length: BLOCKS }, () => "caught"));
  });
});

describe("the sound system", () => {
  it.each(systems)("$id raises no alarm", async (system) => {
    const control = await runControl({ system, scenarios: groundsOf(system, scenarios) }, CONTROL, {
      pool,
      settings: { blocks: BLOCKS, budget: CONTROL, seed: 1 },
    });
    expect(control).toMatchObject({ runs: CONTROL, failed: 0, alarms: [] });
  });
});
