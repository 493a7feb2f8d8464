/** What customers are shown of the saga engine's database: one moment of it, while they ask. */
import { describe, expect, it } from "vitest";
import { listsAreSnapshots } from "../../../src/model/saga/properties/snapshots.js";
import { sagaScenarios } from "../../../src/scenarios/saga/index.js";
import { sagaSystem } from "../../../src/scenarios/saga/system.js";
import type { Json } from "../../../src/sim/plan.js";
import { runOn } from "../../../src/storm/run.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

type Fields = { readonly [key: string]: Json };

const run = (id: string, at: number): Fields => ({ id, currentStepIdx: at });
const step = (stepIdx: number, status: string): Fields => ({ sagaId: "a", stepIdx, status });

class Tale extends HistoryBuilder {
  #txn = 0;
  #lists = 0;

  /** One transaction that writes rows of runs. */
  commit(...rows: readonly Fields[]): this {
    this.durable(
      "db",
      "provisioning@db",
      ++this.#txn,
      Object.fromEntries(rows.map((row) => [`run/${row.id}`, row])),
    );
    return this;
  }

  steps(...rows: readonly Fields[]): this {
    this.durable(
      "db",
      "provisioning@db",
      ++this.#txn,
      Object.fromEntries(rows.map((row) => [`step/a/${row.stepIdx}`, row])),
    );
    return this;
  }

  /** Somebody asks, this happens, and these rows are the answer. */
  list(rows: readonly Fields[], meanwhile: () => void = () => {}, operation = "list"): this {
    const id = `list-${++this.#lists}`;
    this.client("call", operation, id, "");
    meanwhile();
    this.client("ok", operation, id, "", rows);
    return this;
  }

  verdict(): readonly [verdict: string, ...anomalies: string[]] {
    const { report, violations } = judge(listsAreSnapshots, this);
    return [report.verdict, ...violations.map(({ message }) => /\(([^)]*)\)/.exec(message)?.[1] ?? message)];
  }
}

describe("lists are snapshots", () => {
  it("of the moment before or after what happens meanwhile", () => {
    for (const shown of [1, 2]) {
      const tale = new Tale().commit(run("a", 1), run("b", 1));
      tale.list([run("a", shown), run("b", shown)], () => tale.commit(run("a", 2), run("b", 2)));
      expect(tale.verdict()).toEqual(["held"]);
    }
  });

  it("unless rows of two moments stand in one", () => {
    const tale = new Tale().commit(run("a", 1), run("b", 1));
    tale.list([run("a", 2), run("b", 1)], () => tale.commit(run("a", 2), run("b", 2)));
    expect(tale.verdict()).toEqual(["violated", "G-single"]);
  });

  it("unless steps of two moments stand in one", () => {
    const tale = new Tale().steps(step(0, "running"), step(1, "running"));
    tale.list(
      [step(0, "completed"), step(1, "running")],
      () => tale.steps(step(0, "completed"), step(1, "completed")),
      "list-steps",
    );
    expect(tale.verdict()).toEqual(["violated", "G-single"]);
  });

  it("unless they show what is over", () => {
    const tale = new Tale().commit(run("a", 1)).commit(run("a", 2));
    expect(tale.list([run("a", 1)]).verdict()).toEqual(["violated", "G-single-realtime"]);
  });

  it("unless they show what is not durable yet", () => {
    const tale = new Tale()
      .commit(run("a", 1))
      .list([run("a", 2)])
      .commit(run("a", 2));
    expect(tale.verdict()).toEqual(["violated", "G1c-realtime"]);
  });

  it("unless they show what never was", () => {
    const tale = new Tale().commit(run("a", 1)).list([run("a", 7)]);
    expect(tale.verdict()).toEqual(["violated", "unwritten-read"]);
  });

  it("and judge no row that was written alike twice", () => {
    const tale = new Tale().commit(run("a", 1)).commit(run("a", 2)).commit(run("a", 1)).commit(run("a", 3));
    expect(tale.list([run("a", 1)]).verdict()).toEqual(["vacuous"]);
  });

  it("in storms of the engine", async () => {
    let checked = 0;
    for (const scenario of sagaScenarios) {
      for (let seed = 1; seed <= 2; seed++) {
        const { properties } = await runOn(sagaSystem, scenario.plan(seed));
        const report = properties.find(({ id }) => id === listsAreSnapshots.id);
        expect(report?.verdict, `${scenario.id} ${seed}`).not.toBe("violated");
        checked += report?.checked ?? 0;
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});
