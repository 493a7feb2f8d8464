import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scenarios as counters } from "../../examples/counter.js";
import {
  branch,
  check,
  InputError,
  inThisThread,
  kill,
  replay,
  reproOfShrunk,
  shrink,
  sweep,
  writeRepro,
} from "../../src/explore/index.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import { run, type Scenario } from "../../src/index.js";
import { campaignText, failureStory, story } from "../../src/report/index.js";
import { findScenario } from "../../src/scenarios/index.js";
import { toyPool } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";
import { scenarios as toys } from "../support/toy.js";

const [counter] = counters as unknown as readonly [Scenario];
const toy = (id: string): Scenario => toys.find((scenario) => scenario.id === id) as Scenario; // it is there
const failing = { plan: counter.plan(1) };

const pool = new RunPool({ ...toyPool(), jobs: 2 });
afterAll(() => pool.close());

describe("many runs, called from code", () => {
  it("check finds a bug in this thread, and shrinks it", async () => {
    const checked = await check(counter, { runs: 40, shrink: { runs: 200, ms: 60_000, most: 1 } });
    expect(checked.result).toMatchObject({ done: 40, complete: true });
    expect(checked.failed).toBeGreaterThan(0);
    const [found] = checked.cases;
    expect(found?.finding).toMatchObject({ property: "kept", seed: 1 });
    expect(found?.shrinkTrace?.to.faults).toBe(1);
    expect(found?.plan.workload.length).toBeLessThan(10);
    const text = campaignText(checked, [counter]);
    expect(text).toContain("✗ kept add-");
    expect(text).toContain("operations in");
    expect(text).toContain("npx seedstorm run counter --seed 1\n");
  });

  it("check and sweep refuse knobs that the system does not take, before anything runs", async () => {
    const steady = findScenario("steady") as Scenario; // it is there
    const knobs = { visibilty: 1 };
    const refused = /^knobs\.visibilty: no such knob; knobs are visibility, /;
    await expect(check(steady, { runs: 2, knobs })).rejects.toThrow(refused);
    await expect(check(steady, { runs: 2, knobs })).rejects.toThrow(InputError);
    await expect(sweep(steady, { seed: 1, knobs })).rejects.toThrow(refused);
  });

  it("check comes to the same on threads, and in this one", async () => {
    const options = { runs: 30, seed: 5, shrink: false } as const;
    const [alone, threaded] = await Promise.all([
      check(toy("toy-storm"), { ...options, runner: inThisThread(toys) }),
      check(toy("toy-storm"), { ...options, runner: pool }),
    ]);
    expect(alone.result.summary).toEqual(threaded.result.summary);
  });

  it("check tries several scenarios in turn, and leaves failures as they were found where they are not to be shrunk", async () => {
    const both = [toy("toy-calm"), toy("toy-storm")];
    const { result, failed } = await check(both, { runs: 10, shrink: false });
    expect(Object.values(result.summary.scenarios).map(({ runs }) => runs)).toEqual([5, 5]);
    expect(failed).toBe(0);
    const { cases } = await check(counter, { runs: 1, shrink: false });
    expect(cases).toMatchObject([{ plan: counter.plan(1), shrinkTrace: undefined }]);
  });

  it("shrink makes a failure small, and what it wrote down is replayed to the same trace", async () => {
    const shrunk = await shrink(failing, counter, { runs: 200 });
    if (shrunk === undefined) throw new Error("seed 1 does not fail");
    expect(shrunk.plan.faults).toHaveLength(1);
    const file = join(temporaryFolder(), "repro.json");
    writeRepro(file, reproOfShrunk(shrunk));
    const { comparison, outcome } = await replay(file, counters);
    expect(comparison.verdict).toBe("fails-the-same");
    expect(outcome.traceHash).toBe(shrunk.result.traceHash);
  });

  it("shrink and branch have nothing to do for a plan that does not fail", async () => {
    const sound = { plan: { ...failing.plan, faults: [] } };
    expect(await shrink(sound, counter)).toBeUndefined();
    expect(await branch(sound, counter, { futures: 2 })).toBeUndefined();
  });

  it("branch tells from when on a failure could not be avoided", async () => {
    const branching = await branch(failing, counter, { futures: 4, points: 5 });
    expect(branching?.property).toBe("kept");
    expect(branching?.points.at(0)?.failed).toBeLessThan(4);
    expect(branching?.points.at(-1)?.failed).toBe(4);
  });

  it("sweep crashes before and after every write", async () => {
    const { points, runs, complete } = await sweep(counter, { seed: 1 });
    expect(points).toBe(30);
    expect(runs).toBe(points * 2);
    expect(complete).toBe(true);
  });

  it("kill counts the runs that it takes to catch a planted defect", async () => {
    const results = await kill([toy("toy-storm")], { defects: ["ack-early"], budget: 200 });
    expect(results.map(({ planting }) => planting.defect.id)).toEqual(["ack-early"]);
    expect(results[0]?.blocks[0]?.caught?.property).toBe("T1");
  });
});

describe("reports, called from code", () => {
  it("tell a run as a story, and a failure by what led to it", async () => {
    const outcome = await run(counter, { seed: 1 });
    const whole = story(outcome, counter);
    expect(whole).toMatch(/^counter · seed 1 · 60 s of virtual time\n/);
    expect(whole).toContain("again: npx seedstorm run counter --seed 1\n");
    const short = failureStory(outcome, counter, { columns: 60 });
    expect(short).toContain("✗ kept");
    expect(short.length).toBeLessThan(whole.length);
    for (const line of short.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  });
});
