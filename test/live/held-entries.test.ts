import { describe, expect, it } from "vitest";
import { HELD_TWICE, heldFacts, type StoredEntry } from "../../src/live/held-entries.js";
import { judge } from "../../src/live/judge.js";
import { pipelineSystem } from "../../src/scenarios/pipeline/system.js";
import { HistoryBuilder } from "../support/history-builder.js";

/** An entry: what it holds, and when it was taken in. */
const entry = (content: string, stamp: number): StoredEntry => ({
  subject: "orders.accepted",
  timestamp: `2026-01-01T00:00:00.${String(stamp).padStart(9, "0")}Z`,
  string: () => content,
});

/** What is found of replicas that hold these, from position 1 on. */
function found(replicas: Readonly<Record<string, readonly StoredEntry[]>>): Record<string, string> {
  const tale = new HistoryBuilder();
  for (const [server, entries] of Object.entries(replicas)) {
    const held = new Map(entries.map((each, i) => [i + 1, each]));
    for (const fact of heldFacts("orders", server, held)) tale.add(server, fact);
  }
  const { violations } = judge(
    {
      header: {
        ...{ format: "seedstorm-drill", version: 1, drill: "pipeline", backend: "none", plan: tale.plan },
        ...{ server: { version: "0.0.0", sync: "default" }, struck: [], faults: {}, healing: 0, notes: [] },
        ending: { how: "interrupted" },
      },
      events: tale.history.events,
    },
    pipelineSystem,
  );
  return Object.fromEntries(violations.map(({ property, message }) => [property, message]));
}

const [a, b, c] = [entry("a", 1), entry("b", 2), entry("c", 3)];

describe("what replicas of a stream hold", () => {
  it("is no finding where they hold the same, the same content taken in twice included", () => {
    const entries = [a, b, entry("a", 4)];
    expect(found({ "nats-a": entries, "nats-b": entries })).toEqual({});
  });

  it("is reported as held twice, and not as a difference, where one holds some of it again", () => {
    const violations = found({ "nats-a": [a, b, c], "nats-b": [a, b, a, b, c] });
    expect(Object.keys(violations)).toEqual([HELD_TWICE]);
    expect(violations[HELD_TWICE]).toBe(
      "The replica of orders on nats-b holds at position 3 what it holds at 1, with the same stamp; it is the first of 2 such entries.",
    );
  });

  it("is reported as a difference where one holds something else, or in another order", () => {
    for (const other of [
      [a, entry("x", 5), c],
      [b, a, c],
    ])
      expect(Object.keys(found({ "nats-a": [a, b, c], "nats-b": other }))).toEqual([
        "raft-state-machine-safety",
      ]);
  });

  it("is reported as both where it is both", () => {
    const violations = found({ "nats-a": [a, b, c], "nats-b": [a, a, c, b] });
    expect(Object.keys(violations).sort()).toEqual([HELD_TWICE, "raft-state-machine-safety"]);
  });
});
