/** A run that fails beside the nearest one that passes, in the story and for programs. */
import { describe, expect, it } from "vitest";
import { planDifferences } from "../../src/explore/plan-differences.js";
import { differenceText } from "../../src/report/difference-text.js";
import { failureStory, story } from "../../src/report/index.js";
import { comparisonJson } from "../../src/report/json.js";
import { changesText, compareRuns, nearestLines } from "../../src/report/nearest.js";
import { style, width } from "../../src/report/text-style.js";
import type { Plan } from "../../src/sim/plan.js";
import { SECOND } from "../../src/sim/time.js";
import { runOn } from "../../src/storm/run.js";
import { calm, toySystem } from "../support/toy.js";
import { toyStorm as failing, toyPassing as passing } from "../support/toy-storm.js";

describe("the nearest run that passes", () => {
  it("stands beside the one that fails: what is left out, and the first event that differs on either side", async () => {
    const [fails, passes] = [await runOn(toySystem, failing), await runOn(toySystem, passing)];
    expect(nearestLines(fails, passes, calm, style(100, 0))).toMatchInlineSnapshot(`
      [
        "The nearest run that passes",
        "  passes without crash ledger at 10.000 s for 2 s",
        "  the same up to 10.000 s, 8 events; then",
        "✗ 10.000 s ledger: host: crash, incarnation 1, tore 1 write to journal",
        "✓ 12.000 s ledger: durable in ledger #0: add-1",
        "",
      ]
    `);
  });

  it("is part of the story of a failure, and of what led to it, before the verdict", async () => {
    const [fails, passes] = [await runOn(toySystem, failing), await runOn(toySystem, passing)];
    for (const text of [
      story(fails, calm, { passing: passes }),
      failureStory(fails, calm, { passing: passes }),
    ]) {
      const lines = text.split("\n");
      const at = lines.indexOf("The nearest run that passes");
      expect(at).toBeGreaterThan(0);
      expect(lines.findIndex((line) => line.startsWith("violated: T1"))).toBeGreaterThan(at);
    }
    expect(story(fails, calm)).not.toContain("nearest run");
  });

  it("fits 40 columns", async () => {
    const [fails, passes] = [await runOn(toySystem, failing), await runOn(toySystem, passing)];
    for (const line of nearestLines(fails, passes, calm, style(40, 0)))
      expect(width(line)).toBeLessThanOrEqual(40);
  });

  it("passes over what the storm says of itself: a fault that does nothing makes no difference", async () => {
    const idle = { kind: "disk-stall", id: "idle", at: SECOND, for: SECOND, target: "spare-1" } as const;
    const more = await runOn(toySystem, { ...failing, faults: [idle, ...failing.faults] });
    const { changes, first } = compareRuns(more, await runOn(toySystem, failing), calm);
    expect(changes).toEqual(["without disk-stall spare-1 at 1.000 s for 1 s"]);
    expect(first).toBeUndefined();
  });

  it("is plain data for programs, with times in milliseconds", async () => {
    const [fails, passes] = [await runOn(toySystem, failing), await runOn(toySystem, passing)];
    expect(comparisonJson(compareRuns(fails, passes, calm))).toMatchObject({
      changes: ["without crash ledger at 10.000 s for 2 s"],
      firstDifference: { atMs: 10_000, failing: { kind: "host", phase: "crash", host: "ledger" } },
    });
  });
});

describe("a difference of two plans", () => {
  const texts = (to: Plan): string[] =>
    planDifferences(failing, to).map((one) => differenceText(one, "order"));

  it("is said in a few words", () => {
    const [stall, crash] = failing.faults;
    expect(texts(passing)).toEqual(["without crash ledger at 10.000 s for 2 s"]);
    expect(texts({ ...failing, faults: [stall, { ...crash, at: 11 * SECOND }] as Plan["faults"] })).toEqual([
      "with crash ledger at 11.000 s for 2 s in the place of crash ledger at 10.000 s for 2 s",
    ]);
    expect(texts({ ...failing, workload: [] })).toEqual(["without order add-1 (add 5 at client-1, 9.800 s)"]);
    expect(texts({ ...failing, knobs: { ...failing.knobs, quick: true } })).toEqual(["with knob quick true"]);
    const future: Plan = { ...failing, faults: [], branch: { at: SECOND, future: 3 } };
    // Its storm is another one: that is said, and its faults are not named one by one.
    expect(changesText(failing, future)).toEqual([
      "with other chance and another storm from 1.000 s on (future 3)",
    ]);
    expect(texts({ ...failing, branch: { at: SECOND, future: 3 } })).toEqual([
      "with other chance and another storm from 1.000 s on (future 3)",
    ]);
  });
});
