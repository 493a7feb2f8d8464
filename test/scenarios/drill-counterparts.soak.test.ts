/** What drills found, the simulation shows: each row of the tables of counterparts in the page on drills, within a bounded number of seeds. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findScenario, run } from "../../src/scenarios/index.js";
import { pipelineDrill } from "../../src/scenarios/pipeline/drill.js";

/** Seeds that are tried, from 1 on. */
const SEEDS = 20;

/** Declared, and no accident that a defect could bring about. */
const BY_DESIGN = ["upkeep-follows-the-cursor"];

const page = readFileSync(new URL("../../docs/drills.md", import.meta.url), "utf8");
const [, section = ""] = page.split("\n## Counterparts in the simulation\n");
const [tables = ""] = section.split("\n## ");
const ROW = /^\| ([^|]+) \| `([\w-]+)` \| `([\w-]+)` \| (?:`([\w-]+)`|none) \| `([\w-]+)` \|$/gm;
const rows = [...tables.matchAll(ROW)].map(([, what = "", there = "", scenario = "", defect, here = ""]) => ({
  what,
  there,
  scenario,
  defects: defect === undefined ? [] : [defect],
  here,
}));

/** The first seed whose run violates the property. */
async function firstSeed(
  id: string,
  defects: readonly string[],
  property: string,
): Promise<number | undefined> {
  const scenario = findScenario(id);
  if (scenario === undefined) throw new RangeError(`there is no scenario ${id}`);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await run(scenario.plan(seed, { defects }));
    if (violations.some((violation) => violation.property === property)) return seed;
  }
  return undefined;
}

describe("a counterpart in the simulation", () => {
  it.each(rows)("shows that $what: $scenario, $defects", async ({ scenario, defects, here }) => {
    expect(await firstSeed(scenario, defects, here)).toBeDefined();
  });

  it("is there for all that the engine's own queue and buckets are declared not to promise", () => {
    const [, own] = pipelineDrill.backends;
    const shown = [...rows.map(({ there }) => there), ...BY_DESIGN];
    expect(own?.weaknesses.map(({ property }) => property).filter((id) => !shown.includes(id))).toEqual([]);
  });
});
