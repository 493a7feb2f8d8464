import { describe, expect, it } from "vitest";
import { Rows } from "../../../src/model/orders/store/rows.js";

const written = (
  rows: Rows,
  key: string,
  expected: number,
  value: unknown,
  dueIn: number | null = null,
  now = 0,
) => {
  const evaluation = rows.evaluate([{ key, expected, value: value as never, dueIn }], now, true);
  if (evaluation.ok) rows.apply(evaluation.rows);
  return evaluation.ok;
};

describe("rows", () => {
  it("are written for the version that was read, and for no other", () => {
    const rows = new Rows();
    expect(written(rows, "a", 0, "first")).toBe(true);
    expect(written(rows, "a", 0, "again")).toBe(false);
    expect(written(rows, "a", 1, "second")).toBe(true);
    expect(rows.get("a")).toMatchObject({ value: "second", version: 2 });
  });

  it("write all of a transaction or nothing", () => {
    const rows = new Rows();
    written(rows, "b", 0, 1);
    const evaluation = rows.evaluate(
      [
        { key: "a", expected: 0, value: 1 },
        { key: "b", expected: 0, value: 2 },
      ],
      0,
      true,
    );
    expect(evaluation).toMatchObject({ ok: false, current: { key: "b", version: 1 } });
    expect(rows.get("a").version).toBe(0);
  });

  it("never use a version again, also after a deletion", () => {
    const rows = new Rows();
    written(rows, "a", 0, 1);
    written(rows, "a", 1, null);
    expect(written(rows, "a", 0, 2)).toBe(false);
    expect(written(rows, "a", 2, 2)).toBe(true);
  });

  it("find what is due, in the order in which it was written", () => {
    const rows = new Rows();
    written(rows, "order/1", 0, 1, 10);
    written(rows, "order/2", 0, 1, 5);
    written(rows, "order/3", 0, 1, 20);
    written(rows, "event/1", 0, 1, 1);
    written(rows, "order/1", 1, 1, 12);
    expect(rows.due("order/", 15, 10).map(({ key }) => key)).toEqual(["order/2", "order/1"]);
    expect(rows.due("order/", 15, 1)).toHaveLength(1);
    written(rows, "order/2", 1, 1, null);
    expect(rows.due("order/", 100, 10).map(({ key }) => key)).toEqual(["order/3", "order/1"]);
  });
});
