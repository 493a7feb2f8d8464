import { describe, expect, it } from "vitest";
import { scenarios } from "../../examples/counter.js";
import { type Outcome, runOn } from "../../src/index.js";

const SEEDS = 200;

async function outcomes(id: string): Promise<Outcome[]> {
  const scenario = scenarios.find((candidate) => candidate.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  const all: Outcome[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) all.push(await runOn(scenario.system, scenario.plan(seed)));
  return all;
}

describe("the counter of the examples", () => {
  it("forgets confirmed additions while it answers before the disk has them", async () => {
    const violations = (await outcomes("counter")).flatMap((outcome) => outcome.violations);
    expect(new Set(violations.map(({ property }) => property))).toEqual(new Set(["C1"]));
    expect(violations[0]?.message).toMatch(
      /^addition-\d+ was confirmed at [\d.]+ s and is not counted any more\.$/,
    );
  });

  it("holds when it waits for the disk, through the same storms", async () => {
    const all = await outcomes("counter-mended");
    expect(all.filter(({ verdict }) => verdict !== "held")).toEqual([]);
    const kinds = new Set(
      all.flatMap(({ faults }) => Object.keys(faults).filter((kind) => (faults[kind]?.fired ?? 0) > 0)),
    );
    expect([...kinds].sort()).toEqual(["crash", "disk-slow", "loss", "pause"]);
  });
});
