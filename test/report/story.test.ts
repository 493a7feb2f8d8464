import { describe, expect, it } from "vitest";
import { storyLines } from "../../src/report/story.js";
import { style, width } from "../../src/report/text-style.js";
import type { Fact } from "../../src/sim/history.js";
import type { Plan } from "../../src/sim/plan.js";
import { seconds } from "../../src/sim/time.js";
import type { Outcome } from "../../src/storm/scenario.js";
import { fakeRun, historyOf, small } from "../support/small-scenario.js";

function story(outcome: Outcome, columns = 80, full = false, colors: 0 | 1 = 0): string[] {
  const told = {
    outcome,
    scenario: small,
    wallTimeMs: 15,
    command: "npx seedstorm run small --seed 7",
    full,
    notes: [],
    verified: false,
  };
  return storyLines(told, style(columns, colors));
}

/** The lines of the story proper. */
function tale(lines: readonly string[]): string[] {
  return lines.slice(
    lines.indexOf("Story") + 1,
    lines.findIndex((line) => line.startsWith("Properties")) - 1,
  );
}

describe("a story", () => {
  it("draws the universe, the storm, the events and the verdict", () => {
    expect(story(fakeRun(small.plan(7)), 120).join("\n")).toMatchInlineSnapshot(`
      "small · seed 7 · 30 s of virtual time
      Two tills, one of which goes away

      Universe  4 hosts of 3 providers
      ├ aws/us-east/a  till aws-a
      ├ gcp/central  till gcp-a
      ├ web/one  shop shop-1
      └ web/two  shop shop-2

      Storm  3 faults from 10.000 s on; quiet from 20.000 s to 30.000 s
        10.000 s domain-loss provider/aws for 5 s
        12.000 s loss gcp-a → * 25 % for 2 s
        13.000 s clock-jump gcp-a by 1 s
      Load  10 × deliver
        knobs: tills 2

      Story
          0.500    aws-a    leads orders, effects (term 1)
          5.750             +20 accepted
          6.000    aws-a    lease sweep to aws-a (epoch 1)
         10.000 ┌           domain-loss provider/aws for 5 s
         10.000 │           down: aws-a
         11.500 │  gcp-a    leads orders (term 2)
         12.000 │┌          loss gcp-a → * 25 % for 2 s
         12.100 ││ gcp-a    gets orders #3 again (delivery 2)
         12.200 ││ gcp-a    refuses ack (stale-delivery): o3
         12.900 ││          +2 payments/capture
         13.000 ││          clock-jump gcp-a by 1 s
         14.000 │└          over, and had no effect: loss gcp-a → * 25 %
         15.000 └           healed: domain-loss provider/aws
         15.000             up again: aws-a

      Properties  and how often compared
        ✓ T1     20  no order is paid twice
        ✓ T2     20  every order is paid in the end

      Fired  domain-loss 1, loss 1, clock-jump 1
      Goals  till-changed

      held · 2 of 2 properties held, 40 compared
      trace 00000000abcd0007 · 1,234 events · 30 s in 15 ms, 2,000 times as fast
      again: npx seedstorm run small --seed 7"
    `);
  });

  it("fits 40, 60, 80 and 120 columns, but for the command that is to be copied", () => {
    for (const columns of [40, 60, 80, 120]) {
      for (const seed of [7, 13, 14, 15]) {
        for (const line of story(fakeRun(small.plan(seed)), columns)) {
          if (!line.includes("npx seedstorm")) expect(width(line), line).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  it("puts hosts into the text where there is no room for a column", () => {
    expect(tale(story(fakeRun(small.plan(7)), 60))[5]).toBe("   11.500 │  gcp-a: leads orders (term 2)");
    expect(tale(story(fakeRun(small.plan(7)), 120))[5]).toBe("   11.500 │  gcp-a    leads orders (term 2)");
  });

  it("has colours only when asked, and takes the same columns with them", () => {
    const plain = story(fakeRun(small.plan(13)), 60);
    const colored = story(fakeRun(small.plan(13)), 60, false, 1);
    expect(plain.join("")).not.toContain("\u001b");
    expect(colored.join("")).toContain("\u001b[");
    expect(colored.map(width)).toEqual(plain.map(width));
  });

  it("says of a fault that did nothing that it had no effect", () => {
    expect(tale(story(fakeRun(small.plan(7)))).join("\n")).toContain(
      "over, and had no effect: loss gcp-a → * 25 %",
    );
    expect(tale(story(fakeRun(small.plan(7)))).join("\n")).toContain("healed: domain-loss provider/aws");
  });

  it("cuts a long story fairly, and says what it cut; the full story is never cut", () => {
    const plan = stormy(100);
    const history = historyOf([
      ...plan.faults.flatMap(({ id, at }): [number, string, Fact][] => [
        [at / 1e6, "world", { kind: "fault", phase: "start", fault: id, faultKind: "loss", target: "gcp-a" }],
        [
          at / 1e6 + 1,
          "world",
          { kind: "fault", phase: "end", fault: id, faultKind: "loss", target: "gcp-a" },
        ],
      ]),
      ...[5, 6].map((term): [number, string, Fact] => [
        term,
        "aws-a",
        { kind: "lease", phase: "grant", lease: "sweep", holder: "aws-a", epoch: term },
      ]),
    ]);
    const outcome = { ...fakeRun(plan), history };
    const short = tale(story(outcome));
    expect(short.filter((line) => line.includes("lease sweep")).length).toBe(2);
    expect(short.length).toBeLessThan(60);
    expect(short.at(-1)).toBe("  154 more moments are not shown (fault ×154); --full shows all");
    expect(tale(story(outcome, 80, true)).filter((line) => line.includes("loss gcp-a")).length).toBe(200);
  });

  it("counts the active faults that have no lane of their own", () => {
    const plan = { ...stormy(30), faults: stormy(30).faults.map((fault) => ({ ...fault, at: seconds(1) })) };
    const history = historyOf(
      plan.faults.map(({ id }): [number, string, Fact] => [
        1,
        "world",
        { kind: "fault", phase: "start", fault: id, faultKind: "loss", target: "gcp-a" },
      ]),
    );
    const lines = tale(story({ ...fakeRun(plan), history }));
    expect(lines[9]).toMatch(/^ {4}1\.000 │{8}2 /);
    expect(lines.at(-1)).toMatch(/^ {4}1\.000 │{8}\+ /);
  });

  it("counts what happens often and lists what happens rarely", () => {
    const refusals = (n: number) =>
      historyOf(
        Array.from({ length: n }, (_, i): [number, string, Fact] => [
          1 + 2 * i,
          "gcp-a",
          { kind: "refusal", operation: "ack", reason: "stale-delivery", key: `o${i}`, detail: {} },
        ]),
      );
    const plan = { ...small.plan(7), faults: [] };
    expect(tale(story({ ...fakeRun(plan), history: refusals(2) }))).toEqual([
      "    1.000 gcp-a    refuses ack (stale-delivery): o0",
      "    3.000 gcp-a    refuses ack (stale-delivery): o1",
    ]);
    expect(tale(story({ ...fakeRun(plan), history: refusals(10) }))).toEqual([
      "    5.000          +3 refused (stale-delivery)",
      "   11.000          +3 refused (stale-delivery)",
      "   17.000          +3 refused (stale-delivery)",
      "   19.000          +1 refused (stale-delivery)",
    ]);
  });

  it("shows nothing of a plan that would steer a terminal", () => {
    const plan = small.plan(7);
    const evil = "\u001b[2J\u202eevil\u0007";
    const outcome = fakeRun({ ...plan, knobs: { evil } });
    const violated = { ...outcome, violations: [{ property: "T1", at: 5, message: evil, evidence: [] }] };
    const text = story(violated).join("\n");
    for (const character of ["\u001b", "\u202e", "\u0007"]) expect(text).not.toContain(character);
    expect(text).toContain("evil");
  });
});

/** A plan with so many faults, one every tenth of a second. */
function stormy(n: number): Plan {
  const faults: Plan["faults"] = Array.from({ length: n }, (_, i) => ({
    id: `f${i}`,
    kind: "loss",
    at: seconds(1) + i * 100_000,
    for: seconds(1),
    from: "gcp-a",
    to: "*",
    ratio: 0.5,
  }));
  return { ...small.plan(7), faults };
}
