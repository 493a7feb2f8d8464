import { describe, expect, it } from "vitest";
import { carryOut, type Scan, type Statement, scan } from "../../../src/model/saga/table.js";
import { PlainRows } from "./plain-rows.js";

const NOW = 1_000;

/** Tables with some rows. */
function tables(rows: Readonly<Record<string, object>> = {}): PlainRows {
  const made = new PlainRows();
  made.apply(Object.entries(rows).map(([key, value]) => ({ key, value: { ...value } })));
  return made;
}

/** What statements make of them. */
function carriedOut(made: PlainRows, ...statements: Statement[]): unknown {
  const { value: refusal, writes } = made.execute((rows) => {
    const refused = carryOut(rows, statements, NOW);
    if (refused !== undefined) rows.rollBack();
    return refused;
  });
  return refusal === undefined ? writes : { refused: refusal.statement, row: refusal.row };
}

describe("a transaction", () => {
  it("writes all of its rows, or none when one of its statements is refused", () => {
    const made = tables({ "a/1": { n: 1 } });
    const refused = carriedOut(
      made,
      { do: "update", key: "a/1", set: { n: 2 } },
      { do: "insert", key: "a/1", row: { n: 3 } },
    );
    expect(refused).toEqual({ refused: 1, row: { n: 2 } });
    expect(made.get("a/1")).toEqual({ n: 1 });
  });

  it("sees what its own earlier statements have written, and writes each row once", () => {
    const made = tables();
    expect(
      carriedOut(
        made,
        { do: "insert", key: "a/1", row: { n: 1 } },
        { do: "check", key: "a/1", where: { n: 1 } },
        { do: "update", key: "a/1", where: { n: 1 }, set: { n: 2 } },
      ),
    ).toEqual([{ key: "a/1", value: { n: 2 } }]);
  });

  it("refuses an update of a row that is not there, or not as expected", () => {
    const made = tables({ "a/1": { status: "running", epoch: 3 } });
    expect(carriedOut(made, { do: "update", key: "a/2", set: {} })).toEqual({ refused: 0, row: null });
    const update: Statement = { do: "update", key: "a/1", where: { epoch: 2 }, set: { status: "done" } };
    expect(carriedOut(made, update)).toEqual({ refused: 0, row: { status: "running", epoch: 3 } });
    expect(carriedOut(made, { ...update, where: { epoch: 3, status: ["pending", "running"] } })).toEqual([
      { key: "a/1", value: { status: "done", epoch: 3 } },
    ]);
  });

  it("compares and stamps times by the database's clock", () => {
    const made = tables({ "a/1": { until: NOW + 1 }, "a/2": { until: NOW } });
    expect(carriedOut(made, { do: "check", key: "a/1", past: ["until"] })).toMatchObject({ refused: 0 });
    expect(
      carriedOut(made, { do: "update", key: "a/2", past: ["until"], set: {}, stamps: { until: 500 } }),
    ).toEqual([{ key: "a/2", value: { until: NOW + 500 } }]);
  });

  it("removes what is there, and writes nothing for what is not", () => {
    const made = tables({ "a/1": { n: 1 } });
    expect(carriedOut(made, { do: "remove", key: "a/1" }, { do: "remove", key: "a/2" })).toEqual([
      { key: "a/1", value: null },
    ]);
    expect(made.get("a/1")).toBeUndefined();
  });
});

describe("a scan", () => {
  const made = tables({
    "job/b": { state: "available", at: 30 },
    "job/a": { state: "available", at: 10 },
    "job/c": { state: "completed", at: 5 },
    "other/a": { state: "available", at: 1 },
  });
  const keys = (asked: Scan): string[] =>
    made.execute((rows) => scan(rows, asked, 20)).value.map(([key]) => key);

  it("finds rows of its prefix that are as expected, in the order of their keys", () => {
    expect(keys({ prefix: "job/", where: { state: "available" } })).toEqual(["job/a", "job/b"]);
    expect(keys({ prefix: "job/", past: ["at"] })).toEqual(["job/a", "job/c"]);
    expect(keys({ prefix: "job/b" })).toEqual(["job/b"]);
  });

  it("gives the lowest first, and no more than asked for", () => {
    expect(keys({ prefix: "job/", lowest: { field: "at", limit: 2 } })).toEqual(["job/c", "job/a"]);
  });
});
