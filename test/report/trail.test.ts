/** The trail of what never happened: where its key was seen, in facts and in messages, up to the last time. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Violation } from "../../src/check/property.js";
import { violationPart } from "../../src/report/html/violation-part.js";
import { type RecordedRun, recordedRun, recordingOf } from "../../src/report/recorded-run.js";
import { style } from "../../src/report/text-style.js";
import type { RecordedTimer } from "../../src/report/timer-recorder.js";
import { trailOf } from "../../src/report/trail.js";
import { propertyLines, violationLines } from "../../src/report/verdict.js";
import { findScenario } from "../../src/scenarios/index.js";
import { SECOND } from "../../src/sim/time.js";
import { runOn } from "../../src/storm/run.js";
import type { Scenario } from "../../src/storm/scenario.js";

/** A saga whose runner has died, and that nobody takes up again. */
const scenario = findScenario("saga-crashes") as Scenario; // it is registered
let run: RecordedRun;
let violation: Violation;

beforeAll(async () => {
  run = await recordedRun(scenario.plan(2, { defects: ["AW2"] }), scenario);
  const found = run.outcome.violations.find(({ property }) => property === "every-run-ends");
  if (found === undefined) throw new Error("the seed has changed: no run was abandoned");
  violation = found;
});

/** The run as if these had been its timers, with the time and the turn of the first fact of the key. */
function withTimers(...timers: readonly Partial<RecordedTimer>[]): RecordedRun {
  const key = trailOf(violation, run.outcome, scenario)?.key ?? "";
  const fact = run.outcome.history.find((event) => JSON.stringify(event).includes(`"${key}"`));
  if (fact === undefined) throw new Error(`no fact of ${key}`);
  const { id, at, host } = fact;
  const timer: RecordedTimer = {
    ...{ host, at, turn: -2, cause: id, kind: "timer", due: at + SECOND, request: undefined },
    ...{ outcome: "fired", end: at + SECOND },
  };
  const made = timers.map((more) => ({ ...timer, ...more }));
  return { ...run, timers: { ...run.timers, timers: made } };
}

function timerTexts(recorded: RecordedRun): string[] {
  const steps = trailOf(violation, recorded.outcome, scenario, recorded)?.steps ?? [];
  return steps.map(({ text }) => text).filter((text) => /^(timer set|sleep begun|time-out of)/.test(text));
}

describe("the trail of a violation by absence", () => {
  it("goes by the key of its sentence through facts, messages and what became durable, to where it ends", () => {
    const { outcome } = run;
    const trail = trailOf(violation, outcome, scenario, run);
    expect(trail?.key).toBe(/^\S+/.exec(violation.message)?.[0]);
    const steps = trail?.steps ?? [];
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((a, b) => a - b));
    expect(steps.some(({ text }) => text.startsWith("durable"))).toBe(true);
    expect(steps.some(({ fact, text }) => fact === undefined && /^(request|reply|message) /.test(text))).toBe(
      true,
    );
    expect(new Set(steps.map(({ host, text }) => `${host} ${text}`)).size).toBe(steps.length);
    expect(trail?.end).toMatch(
      /^but for timers nothing more of \S+ from \d+\.\d+ s to the end at 60\.000 s$/,
    );
    const last = Math.max(...steps.filter(({ fact }) => fact !== undefined).map(({ at }) => at));
    const later = outcome.history.filter(({ at }) => at > last);
    expect(JSON.stringify(later)).not.toMatch(new RegExp(`\\b${trail?.key}\\b`));
  });

  it("stands in the story, and there is none of a violation that is a contradiction", () => {
    const { outcome } = run;
    const lines = violationLines(outcome, scenario, style(80, 0)).join("\n");
    expect(lines).toMatch(/ {2}the trail of saga-\d+(, after \d+ steps?)?:\n {4}\d+\.\d+ s /);
    expect(lines).toContain("nothing more of saga-");
    const always = scenario.system.properties.find(({ kind }) => kind === "always");
    expect(trailOf({ ...violation, property: always?.id ?? "" }, outcome, scenario)).toBeUndefined();
  });

  it("does not take a longer name for the key", () => {
    const { outcome } = run;
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

describe("the timers of a trail", () => {
  it("are those that were set while its facts and messages were handled, with what became of them", () => {
    const texts = timerTexts(run);
    expect(
      texts.some((text) => /^sleep begun, due at \d+\.\d+ s: still waiting at the end$/.test(text)),
    ).toBe(true);
    expect(texts.some((text) => /^time-out of database\/\w+ to db set, due at .*: fired/.test(text))).toBe(
      true,
    );
    expect(texts.length).toBeLessThanOrEqual(8);
  });

  it("stand in the story when the run is recorded again for it, with the messages", async () => {
    const { outcome } = run;
    const plain = await runOn(scenario.system, outcome.plan);
    const recording = await recordingOf(plain, scenario);
    const lines = violationLines(plain, scenario, style(120, 0), recording).join("\n");
    expect(lines).toMatch(/ s [\w-]+: sleep begun, due at \d+\.\d+ s: still waiting at the end\n/);
    expect(lines).toMatch(/ s runner-\d: request database\/\w+ to db/);
  });

  it("stand in the page", () => {
    const page = violationPart(violation, run, scenario).text;
    expect(page).toMatch(/sleep begun, due at \d+\.\d+ s: still waiting at the end/);
  });

  it("say when a timer fired late, was cancelled, or died with its host", () => {
    const at = withTimers({}).timers.timers[0]?.at ?? 0;
    const texts = timerTexts(
      withTimers(
        { end: at + 2 * SECOND },
        { outcome: "cancelled", end: at + SECOND },
        { outcome: "lost", end: at + SECOND },
        { outcome: "fired" },
      ),
    ).map((text) => text.replaceAll(/\d+\.\d+/g, "#"));
    expect(texts).toContain("timer set, due at # s: cancelled at # s");
    expect(texts).toContain("timer set, due at # s: lost in the crash at # s");
    expect(texts).toContain("timer set, due at # s: fired, the last of 2 since # s");
    expect(timerTexts(withTimers({ end: at + 2 * SECOND }))).toEqual([
      expect.stringMatching(/^timer set, due at \S+ s: fired at \S+ s$/),
    ]);
  });

  it("come to one line when they are set again and again, and to few in all", () => {
    const at = withTimers({}).timers.timers[0]?.at ?? 0;
    const rearmed = Array.from({ length: 50 }, (_, i) => {
      const set = at + i * SECOND;
      return { at: set, due: set + SECOND, end: set + SECOND };
    });
    expect(timerTexts(withTimers(...rearmed))).toEqual([
      expect.stringMatching(/^timer set, due at \S+ s: fired, the last of 50 since \S+ s$/),
    ]);
    const others = Array.from({ length: 50 }, (_, i) => ({ host: `host-${i}` }));
    const trail = trailOf(violation, run.outcome, scenario, withTimers(...others));
    const without = trailOf(violation, run.outcome, scenario, withTimers());
    expect((trail?.steps.length ?? 0) - (without?.steps.length ?? 0)).toBe(8);
    expect((trail?.earlier ?? 0) - (without?.earlier ?? 0)).toBe(42);
  });

  it("are none that others set, that a reply made void, or that ran at once", () => {
    const at = withTimers({}).timers.timers[0]?.at ?? 0;
    const request = { name: "ask", to: "db" };
    expect(
      timerTexts(
        withTimers({ cause: -1 }, { kind: "time-out", request, outcome: "cancelled" }, { due: at, end: at }),
      ),
    ).toEqual([]);
  });
});

describe("a recording of a run that is over", () => {
  it("is made where something never happened, and only of the same run", async () => {
    const { outcome } = run;
    expect((await recordingOf(outcome, scenario))?.outcome.traceHash).toBe(outcome.traceHash);
    expect(await recordingOf({ ...outcome, traceHash: "0".repeat(16) }, scenario)).toBeUndefined();
    const always = scenario.system.properties.find(({ kind }) => kind === "always");
    const other = { ...violation, property: always?.id ?? "" };
    expect(await recordingOf({ ...outcome, violations: [other] }, scenario)).toBeUndefined();
  });
});

describe("properties at 40 columns", () => {
  it("have their sentences whole, below their names", () => {
    const { outcome } = run;
    const lines = propertyLines(outcome, scenario, style(40, 0));
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    const text = lines.map((line) => line.trim()).join(" ");
    for (const { sentence } of outcome.properties) expect(text.replaceAll(/\s+/g, " ")).toContain(sentence);
  });
});
