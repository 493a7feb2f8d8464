/** The trail of what never happened: where its key was seen, in facts and in messages, up to the last time. */
import { describe, expect, it } from "vitest";
import { PacketRecorder } from "../../src/report/recorder.js";
import { style } from "../../src/report/text-style.js";
import { trailOf } from "../../src/report/trail.js";
import { propertyLines, violationLines } from "../../src/report/verdict.js";
import { findScenario } from "../../src/scenarios/index.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome, Scenario } from "../../src/storm/scenario.js";

/** A saga whose runner has died, and that nobody takes up again. */
async function abandoned() {
  const scenario = findScenario("saga-crashes") as Scenario; // it is registered
  const recorder = new PacketRecorder();
  const plan = scenario.plan(2, { defects: ["AW2"] });
  const outcome: Outcome = await runOn(scenario.system, plan, { prepare: (world) => recorder.attach(world) });
  const violation = outcome.violations.find(({ property }) => property === "every-run-ends");
  if (violation === undefined) throw new Error("the seed has changed: no run was abandoned");
  return { scenario, outcome, violation, packets: recorder.log() };
}

describe("the trail of a violation by absence", () => {
  it("goes by the key of its sentence through facts, messages and what became durable, to where it ends", async () => {
    const { scenario, outcome, violation, packets } = await abandoned();
    const trail = trailOf(violation, outcome, scenario, packets);
    expect(trail?.key).toBe(/^\S+/.exec(violation.message)?.[0]);
    const steps = trail?.steps ?? [];
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((a, b) => a - b));
    expect(steps.some(({ text }) => text.startsWith("durable"))).toBe(true);
    expect(steps.some(({ fact, text }) => fact === undefined && /^(request|reply|message) /.test(text))).toBe(
      true,
    );
    expect(new Set(steps.map(({ host, text }) => `${host} ${text}`)).size).toBe(steps.length);
    expect(trail?.end).toMatch(/^nothing more of \S+ from \d+\.\d+ s to the end at 60\.000 s$/);
    const last = Math.max(...steps.map(({ at }) => at));
    const later = outcome.history.filter(({ at }) => at > last);
    expect(JSON.stringify(later)).not.toMatch(new RegExp(`\\b${trail?.key}\\b`));
  });

  it("stands in the story, and there is none of a violation that is a contradiction", async () => {
    const { scenario, outcome, violation } = await abandoned();
    const lines = violationLines(outcome, scenario, style(80, 0)).join("\n");
    expect(lines).toMatch(/ {2}the trail of saga-\d+(, after \d+ steps?)?:\n {4}\d+\.\d+ s /);
    expect(lines).toContain("nothing more of saga-");
    const always = scenario.system.properties.find(({ kind }) => kind === "always");
    expect(trailOf({ ...violation, property: always?.id ?? "" }, outcome, scenario)).toBeUndefined();
  });

  it("does not take a longer name for the key", async () => {
    const { scenario, outcome, violation } = await abandoned();
    const key = trailOf(violation, outcome, scenario)?.key ?? "";
    const other = { ...outcome, history: outcome.history.map((event) => ({ ...event })) };
    const last = other.history.length - 1;
    other.history[last] = {
      ...{ id: last, at: outcome.virtualTime, host: "operator", cause: -1 },
      ...{ kind: "operator", operation: `${key}0 and x${key}`, detail: {} },
    };
    expect(trailOf(violation, other, scenario)?.steps.at(-1)?.host).not.toBe("operator");
  });
});

describe("properties at 40 columns", () => {
  it("have their sentences whole, below their names", async () => {
    const { scenario, outcome } = await abandoned();
    const lines = propertyLines(outcome, scenario, style(40, 0));
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    const text = lines.map((line) => line.trim()).join(" ");
    for (const { sentence } of outcome.properties) expect(text.replaceAll(/\s+/g, " ")).toContain(sentence);
  });
});
