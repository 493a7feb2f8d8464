/** What clusters write to the log, and consumers that are taken down, on histories made by hand: each promise holds, and each fires. */
import { describe, expect, it } from "vitest";
import { suspendedMeansStopped } from "../../../src/model/mirror/properties/consumers.js";
import { retiredGrainIsInTheLog } from "../../../src/model/mirror/properties/primaries.js";
import {
  changesFollow,
  refusedWritesAreNotDone,
  rowsAreAsHandled,
} from "../../../src/model/mirror/properties/rows.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const GRAIN = "cart/ada";
const TOPOLOGY = [
  ["east", "cluster"],
  ["west", "cluster"],
  ["log", "log"],
  ["directory", "directory"],
].map(([id = "", role = ""]) => ({ id, role, domain: { provider: "aws", region: id } }));

interface RowParts {
  readonly epoch?: number;
  readonly source?: string;
  readonly type?: string;
  readonly after?: number;
  readonly payload?: string;
}

class Mirror extends HistoryBuilder {
  #txn = 0;

  constructor() {
    super({ topology: TOPOLOGY, knobs: { grains: 1 } });
  }

  handled(sequence: number, epoch = 1): this {
    this.add("east", {
      kind: "publish",
      stream: GRAIN,
      group: "",
      sequence,
      key: `${GRAIN}/${sequence}`,
      deliveryId: String(epoch),
      deliveryCount: 0,
      domain: "",
    });
    return this;
  }

  row(sequence: number, parts: RowParts = {}): this {
    const value = { epoch: 1, source: "east", type: "full-state", after: 0, payload: "{}", ...parts };
    this.durable("log", "replication-log", ++this.#txn, { [`row/${GRAIN}/${sequence}`]: value });
    return this;
  }

  place(cluster: string | null, epoch: number, txn: number): this {
    this.durable("directory", "directory", txn, { [`grain/${GRAIN}`]: { cluster, epoch } });
    return this;
  }

  consumer(to: "running" | "stopped"): this {
    this.state("west", "consumer", `${GRAIN}@west`, to === "running" ? "stopped" : "running", to, {});
    return this;
  }

  tells(operation: string, detail: { readonly cluster: string; readonly for?: number }): this {
    this.operator(operation, detail);
    return this;
  }

  write(value: string, phase: "call" | "fail"): this {
    this.client(phase, "write", `w-${value}`, GRAIN, { field: "note", value });
    return this;
  }
}

describe("rows of the log", () => {
  it("are what was handled, or go on behind a row of somebody else", () => {
    const tale = new Mirror().handled(1).row(1).handled(2).row(2, { source: "operator", type: "v2" }).row(3);
    expect(judge(rowsAreAsHandled, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("are not written again under another sequence", () => {
    const tale = new Mirror().handled(1).row(1).row(2);
    expect(judge(rowsAreAsHandled, tale).message).toBe(
      "east wrote sequence 2 of cart/ada under epoch 1 at 0.000 s on log, after 1 at 0.000 s: it has handled no such state, and nobody else's row stood in its way.",
    );
  });

  it("are not of an epoch under which nothing was handled", () => {
    const tale = new Mirror().handled(1).row(1, { epoch: 2 });
    expect(judge(rowsAreAsHandled, tale).report.verdict).toBe("violated");
  });
});

describe("changes in the log", () => {
  const change = (after: number): RowParts => ({ type: "delta", after });

  it("follow the state before them, past rows that nobody can decode", () => {
    const tale = new Mirror()
      .row(1)
      .row(2, change(1))
      .row(3, { source: "operator", type: "v2" })
      .row(4)
      .row(5, change(4));
    expect(judge(changesFollow, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("are noticed where the one before them is missing", () => {
    const tale = new Mirror().row(1).row(3, change(2));
    expect(judge(changesFollow, tale).message).toBe(
      "east wrote a change at sequence 3 of cart/ada at 0.000 s that follows 2, but 1 stands before it.",
    );
  });
});

describe("a write that was refused", () => {
  const row = { payload: '{"note":"w1"}' };

  it("is in no state of the log", () => {
    const tale = new Mirror().write("w1", "call").write("w1", "fail").row(1, { payload: '{"note":"w2"}' });
    expect(judge(refusedWritesAreNotDone, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("is noticed there, whether it came before the refusal or after it", () => {
    const before = new Mirror().write("w1", "call").row(1, row).write("w1", "fail");
    const after = new Mirror().write("w1", "call").write("w1", "fail").row(1, row);
    for (const tale of [before, after])
      expect(judge(refusedWritesAreNotDone, tale).message).toContain("The write w1 to cart/ada was refused");
  });
});

describe("mirroring that was taken down", () => {
  const seconds = (n: number): number => n * 1_000_000;
  const taken = (): Mirror =>
    new Mirror()
      .at(1)
      .consumer("running")
      .at(10)
      .tells("suspend", { cluster: "west", for: seconds(4) });

  it("stops soon, and runs again when its time is over", () => {
    const tale = taken().at(10.2).consumer("stopped").at(14.1).consumer("running");
    expect(judge(suspendedMeansStopped, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("is noticed when it goes on, and when it comes back too early", () => {
    expect(judge(suspendedMeansStopped, taken()).message).toContain("ran while it should have been down");
    const early = taken().at(10.2).consumer("stopped").at(12).consumer("running");
    expect(judge(suspendedMeansStopped, early).message).toContain("which began at 12.000 s");
  });

  it("is not judged where an operator says two things at a time", () => {
    const tale = taken().at(11).tells("signal", { cluster: "west" });
    expect(judge(suspendedMeansStopped, tale).report).toMatchObject({ verdict: "vacuous", checked: 0 });
  });
});

describe("a grain that was taken out when log and directory went down together", () => {
  const down = (): Mirror => new Mirror().place("east", 1, 2).handled(1).place(null, 1, 1);

  it("is in the log when that has told what it found", () => {
    expect(judge(retiredGrainIsInTheLog, down().row(1)).report).toMatchObject({
      verdict: "held",
      checked: 1,
    });
  });

  it("is missed when the log never tells of it", () => {
    expect(judge(retiredGrainIsInTheLog, down()).message).toContain("which east had handled");
    expect(judge(retiredGrainIsInTheLog, down().row(1, { epoch: 2 })).report.verdict).toBe("violated");
  });
});
