import { describe, expect, it } from "vitest";
import { Checker } from "../../src/check/checker.js";
import { sometimes } from "../../src/check/goals.js";
import type { Property, ViewKind } from "../../src/check/property.js";
import { externalProperties, worldProperties } from "../../src/check/world.js";
import { pipelineProperties } from "../../src/model/pipeline/properties/index.js";
import { raftProperties } from "../../src/model/replication/properties/index.js";
import type { HistoryEvent } from "../../src/sim/history.js";
import { HistoryBuilder } from "../support/history-builder.js";

/** Contradicted by every goal, which is its subject. */
const noGoals: Property = {
  id: "no-goals",
  kind: "always",
  sentence: "No goal is reached.",
  subscribes: ["goal"],
  start: (context) => ({
    on(event) {
      if (event.kind !== "goal") return;
      context.checked();
      context.violated(event.goal, `${event.goal} was reached.`, [event, context.event(0), event]);
    },
  }),
};

function check(properties: readonly Property[], tale: HistoryBuilder): Checker {
  const { events } = tale.history;
  const checker = new Checker(properties, tale.plan, (id) => events[id] as HistoryEvent); // tests ask for what is there
  for (const event of events) checker.on(event);
  checker.end(tale.plan.duration);
  return checker;
}

function goals(...names: string[]): HistoryBuilder {
  const tale = new HistoryBuilder();
  names.forEach((goal, i) => {
    tale.at(i).add("aws-a", { kind: "goal", goal });
  });
  return tale;
}

describe("the checker", () => {
  it("reports a subject once, with its evidence in order and each event once", () => {
    const { violations } = check([noGoals], goals("a", "b", "b"));
    expect(violations).toEqual([
      { property: "no-goals", at: 0, message: "a was reached.", evidence: [0] },
      { property: "no-goals", at: 1_000_000, message: "b was reached.", evidence: [0, 1] },
    ]);
  });

  it("counts what it cuts past the cap", () => {
    const many = Array.from({ length: 25 }, (_, i) => `goal ${i}`);
    const checker = check([noGoals], goals(...many));
    expect(checker.violations).toHaveLength(20);
    expect(checker.reports()[0]).toEqual({
      id: "no-goals",
      kind: "always",
      sentence: "No goal is reached.",
      verdict: "violated",
      checked: 25,
      cut: 5,
    });
  });

  it("tells what held from what had nothing to compare", () => {
    const property: Property = { ...noGoals, start: (context) => ({ on: () => context.checked() }) };
    expect(check([property], goals("a")).reports()[0]?.verdict).toBe("held");
    expect(check([property], goals()).reports()[0]?.verdict).toBe("vacuous");
  });

  it("feeds a property nothing that it did not subscribe to", () => {
    const seen: string[] = [];
    const property: Property = { ...noGoals, start: () => ({ on: (event) => seen.push(event.kind) }) };
    const tale = goals("a");
    tale.client("call", "accept", "r", "k");
    check([property], tale);
    expect(seen).toEqual(["goal"]);
  });

  it("feeds a shared view once, and before the properties that read it", () => {
    const order: string[] = [];
    const view: ViewKind<{ on(): void }> = {
      subscribes: ["goal"],
      start: () => ({ on: () => order.push("view") }),
    };
    const reader = (id: string): Property => ({
      ...noGoals,
      id,
      start(context) {
        context.view(view);
        return { on: () => order.push(id) };
      },
    });
    check([reader("one"), reader("two")], goals("a"));
    expect(order).toEqual(["view", "one", "two"]);
  });

  it("does not hold liveness against a run that can't recover by design", () => {
    const live: Property = { ...noGoals, id: "live", kind: "eventually" };
    const checker = check([noGoals, live], goals("a"));
    expect(checker.reports(true).map(({ verdict }) => verdict)).toEqual(["violated", "unrecoverable"]);
    expect(checker.standing(true).map(({ property }) => property)).toEqual(["no-goals"]);
    expect(checker.standing(false)).toHaveLength(2);
  });

  it("stamps what is found at the end with the end", () => {
    const late: Property = {
      ...noGoals,
      start: (context) => ({ on() {}, end: () => context.violated("end", "It ended.", []) }),
    };
    expect(check([late], goals("a")).violations[0]?.at).toBe(60_000_000);
  });
});

describe("goals", () => {
  it("count how often they were reached and are never violated", () => {
    const reports = check([sometimes("a"), sometimes("c")], goals("a", "b", "a")).reports();
    expect(reports).toMatchObject([
      { id: "sometimes/a", verdict: "held", checked: 2 },
      { id: "sometimes/c", verdict: "vacuous", checked: 0 },
    ]);
  });
});

describe("all properties", () => {
  const all = [
    ...externalProperties,
    ...worldProperties,
    ...raftProperties,
    ...pipelineProperties,
    sometimes("an election happened"),
  ];

  it("have ids of their own", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it("cover G1 to G13", () => {
    const aliases = pipelineProperties.map(({ alias }) => alias);
    for (let n = 1; n <= 13; n++) expect(aliases).toContain(`G${n}`);
  });

  it.each(all.map((property) => [property.id, property] as const))(
    "%s says what it is about",
    (_, property) => {
      expect(property.sentence).toMatch(/^[A-Z].*[^.]\.$/);
      expect(property.subscribes.length).toBeGreaterThan(0);
      expect(new Set(property.subscribes).size).toBe(property.subscribes.length);
    },
  );

  it("are idle, and find nothing but that observers are silent, in a universe in which nothing happens", () => {
    const checker = check(all, new HistoryBuilder());
    expect(new Set(checker.violations.map(({ property }) => property))).toEqual(
      new Set(["observers-are-heard"]),
    );
    // What can be said of it: every host that was heard of is up, and of no observer anything was heard.
    const busy = checker.reports().filter(({ verdict }) => verdict !== "vacuous");
    expect(new Set(busy.map(({ id }) => id))).toEqual(new Set(["world-hosts-up", "observers-are-heard"]));
  });
});
