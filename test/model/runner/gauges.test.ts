import { describe, expect, it } from "vitest";
import { gaugesAreTrue } from "../../../src/model/runner/properties/answers.js";
import { findScenario } from "../../../src/scenarios/index.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

describe("the gauges of a node", () => {
  const knobs = findScenario("runner-calm")?.plan(1).knobs ?? {};

  /** A node that has had a part for long, and lost it at second 20 if it did; asked at second 30. */
  const complaints = (parts: number, depth: number, isLost: boolean): number => {
    const told = new HistoryBuilder({ knobs });
    let txn = 0;
    const lease = (holder: string): number =>
      told.durable("store", "runner@store", ++txn, {
        "lease:0": { holder, epoch: 1, heartbeat: 1, time: 0, wanted: "" },
      });
    lease("runner-1/1.1");
    told.durable("store", "runner@store", ++txn, { "outbox:acme:w1": { workId: "w1" } });
    if (isLost) {
      told.at(20);
      lease("runner-2/1.1");
    }
    told.at(30);
    told.client("call", "/metrics", "m1", "runner-1");
    const body = `# TYPE runner_parts gauge\nrunner_parts ${parts}\nrunner_outbox_depth ${depth}\n`;
    told.client("ok", "/metrics", "m1", "runner-1", { status: 200, body });
    return judge(gaugesAreTrue, told).violations.length;
  };

  it.each([
    [1, 1, false, 0],
    [0, 0, true, 0],
    [0, 1, true, 1],
    [1, 2, false, 1],
    [1, 0, true, 1],
    [0, 0, false, 1],
  ])("say %i parts and %i items, with its part lost: %s; %i complaints", (parts, depth, isLost, expected) => {
    expect(complaints(parts, depth, isLost)).toBe(expected);
  });
});
