/** A short version of the kill table: some defects of each system, each caught within its budget. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBudgets } from "../../../src/explore/defects/budget-file.js";
import { groundsOf, type Planting, plantAll, runControl } from "../../../src/explore/defects/defects.js";
import { RunPool } from "../../../src/explore/runs/pool.js";
import { scenarios, systems } from "../../../src/scenarios/index.js";
import { compiled } from "../../support/compiled.js";

/** Of each system, quick ones and slow ones. CI plants all of them, each within its budget in this file. */
const SOME: readonly (readonly [system: string, defect: string])[] = [
  ["pipeline", "GW3"],
  ["pipeline", "ack-before-effect"],
  ["pipeline", "epoch-reused-after-restart"],
  ["mirror", "RW2"],
  ["mirror", "RW7"],
  ["saga", "AW7"],
  ["broker", "broker-term-is-nak"],
  ["actors", "PW9"],
  ["actors", "holder-not-watched"],
];
const BLOCKS = 2;
const CONTROL = 30;

const budgets = readBudgets("test/kill-table-budgets.json");

let pool: RunPool;
beforeAll(() => {
  const url = (file: string): string => pathToFileURL(`${compiled()}/${file}`).href;
  pool = new RunPool({
    jobs: 2,
    worker: url("src/explore/runs/worker.js"),
    registry: url("src/scenarios/index.js"),
  });
});
afterAll(() => pool.close());

function planting(systemId: string, id: string): Planting {
  const system = systems.find((one) => one.id === systemId);
  const defect = system?.defects.find((one) => one.id === id);
  if (system === undefined || defect === undefined) throw new RangeError(`no defect "${id}"`);
  const budget = budgets.get(id);
  if (budget === undefined) throw new RangeError(`no budget for "${id}"`);
  return { system, defect, scenarios: groundsOf(system, scenarios), budget };
}

describe("a planted defect", () => {
  it.each(SOME)("of %s, %s, is caught within its budget in every block", async (system, id) => {
    const [result] = await plantAll([planting(system, id)], {
      pool,
      settings: { blocks: BLOCKS, budget: 1, seed: 1 },
      shrinkRuns: 0,
    });
    expect(result?.blocks.map(({ end }) => end)).toEqual(Array.from({ length: BLOCKS }, () => "caught"));
  });
});

describe("budgets", () => {
  it("are there for every defect that has an expected property, and for no other", () => {
    const ids = systems.flatMap(({ defects }) => defects.map(({ id }) => id));
    expect([...budgets.keys()].sort()).toEqual(ids.sort());
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
