/** What a campaign promised and never saw: what luck brings about binds from many runs on, what is certain from the first. */
import { describe, expect, it } from "vitest";
import { unmetExpectations } from "../../../src/explore/campaign/expectations.js";
import { emptyScenario, type Summary } from "../../../src/explore/campaign/summary.js";
import { findScenario } from "../../../src/scenarios/index.js";
import type { Scenario } from "../../../src/storm/scenario.js";

const steady = findScenario("steady") as Scenario; // a scenario of ours
const scenario: Scenario = { ...steady, goals: ["by luck"], certain: ["always", "one-record-per-key"] };

function summaryOf(runs: number, goals: Record<string, number>, checked: number): Summary {
  const row = {
    ...emptyScenario("steady"),
    runs,
    goals,
    properties: { "one-record-per-key": { checked, violated: 0 } },
  };
  return { scenarios: { steady: row }, findings: [] };
}
const bindingOf = (summary: Summary, whole = true): string[] =>
  unmetExpectations(summary, [scenario], whole)
    .filter(({ binding }) => binding)
    .map(({ name }) => name);

describe("what is certain of a scenario", () => {
  it("fails a campaign of one run that did not come to it", () => {
    expect(bindingOf(summaryOf(1, {}, 0))).toEqual(["one-record-per-key", "always"]);
    expect(bindingOf(summaryOf(1, { always: 1 }, 1))).toEqual([]);
  });

  it("is only noted of a part of a campaign", () => {
    expect(bindingOf(summaryOf(1, {}, 0), false)).toEqual([]);
  });
});

it("what takes luck is only noted in few runs", () => {
  expect(bindingOf(summaryOf(199, { always: 1 }, 1))).toEqual([]);
  expect(bindingOf(summaryOf(200, { always: 1 }, 1))).toEqual(["by luck"]);
});

it("every scenario of ours is certain of goals and properties that there are", async () => {
  const { scenarios } = await import("../../../src/scenarios/index.js");
  const spelled = (name: string) => /^[a-z0-9-]+$/.test(name) && name.includes("-");
  const unknown = scenarios.flatMap(({ certain = [], system }) =>
    certain.filter((name) => spelled(name) && !system.properties.some(({ id }) => id === name)),
  );
  expect(unknown).toEqual([]);
});
