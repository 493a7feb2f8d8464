import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/model/mirror/grain.js";
import { LogTable } from "../../../src/model/mirror/log-table.js";

const entry = (sequence: number, parts: Partial<Entry> = {}): Entry => ({
  grain: "cart/ada",
  sequence,
  epoch: 1,
  source: "east",
  timestamp: 0,
  type: "full-state",
  after: 0,
  payload: "{}",
  ...parts,
});

function tableWith(entries: readonly Entry[], retain = 100): LogTable {
  const table = new LogTable(retain);
  for (const each of entries) table.add(each);
  return table;
}

describe("what the log accepts", () => {
  it("takes sequences that ascend, with gaps or without", () => {
    expect(tableWith([entry(1)]).judge(entry(5), true)).toEqual({ status: "accept" });
  });

  it("refuses a sequence that is taken, and says which is the latest", () => {
    const other = entry(2, { epoch: 2 });
    expect(tableWith([entry(1), entry(4)]).judge(other, false)).toEqual({
      status: "sequence-conflict",
      latest: 4,
    });
  });

  it("knows an append that comes again", () => {
    expect(tableWith([entry(1), entry(2)]).judge(entry(1), true)).toEqual({ status: "found" });
  });

  it("takes nobody else's row for an append that comes again", () => {
    const byHand = entry(2, { source: "operator", type: "snapshot.v2" });
    expect(tableWith([entry(1), byHand]).judge(entry(2), true)).toEqual({
      status: "sequence-conflict",
      latest: 2,
    });
  });

  it("refuses epochs below the fence, and that of other grains stays where it was", () => {
    const table = tableWith([]);
    table.setFence("cart/ada", 3);
    expect(table.judge(entry(1, { epoch: 2 }), true)).toEqual({ status: "fenced", epoch: 3 });
    expect(table.judge(entry(1, { epoch: 3 }), true)).toEqual({ status: "accept" });
    expect(table.judge(entry(1, { grain: "cart/bob", epoch: 1 }), true)).toEqual({ status: "accept" });
  });

  it("never lowers a fence", () => {
    const table = tableWith([]);
    table.setFence("cart/ada", 3);
    table.setFence("cart/ada", 2);
    expect(table.fence("cart/ada")).toBe(3);
  });
});

describe("what readers see", () => {
  const sequences = (entries: readonly Entry[]) => entries.map(({ sequence }) => sequence);

  it("is what comes after the cursor, in order, so many at most", () => {
    const table = tableWith([entry(1), entry(3), entry(4), entry(9)]);
    expect(sequences(table.readFrom("cart/ada", 1, 2))).toEqual([3, 4]);
    expect(sequences(table.readFrom("cart/ada", 9, 2))).toEqual([]);
    expect(sequences(table.readFrom("cart/bob", 0, 2))).toEqual([]);
  });

  it("is what is retained, while the newest complete state is kept however old it is", () => {
    const rows = [
      entry(1),
      ...Array.from({ length: 11 }, (_, i) => entry(i + 2, { type: "delta", after: i + 1 })),
    ];
    const table = tableWith(rows, 8);
    expect(sequences(table.readFrom("cart/ada", 0, 100))[0]).toBe(5);
    expect(sequences(table.chain("cart/ada"))).toEqual(sequences(rows));
  });

  it("is not taken for superseded by a row of its type that nobody can decode", () => {
    const rows = [
      entry(1),
      entry(2, { type: "delta", after: 1 }),
      entry(3, { source: "operator", payload: '"another content"' }),
      entry(4, { type: "delta", after: 1 }),
    ];
    expect(sequences(tableWith(rows).chain("cart/ada"))).toEqual([1, 2, 3, 4]);
  });

  it("is let go of once a newer complete state stands", () => {
    const table = tableWith(
      Array.from({ length: 30 }, (_, i) => entry(i + 1)),
      8,
    );
    const [kept] = [...table.all()];
    expect(kept?.entries.length).toBeLessThan(12);
    expect(sequences(table.chain("cart/ada"))).toEqual([30]);
  });
});
