import { describe, expect, it } from "vitest";
import {
  decode,
  type Entry,
  encodeFields,
  fold,
  grainIds,
  UNWRITTEN,
} from "../../../src/model/mirror/grain.js";

const entry = (sequence: number, type: string, after: number, payload: string): Entry => ({
  grain: "cart/ada",
  sequence,
  epoch: 1,
  source: "east",
  timestamp: 0,
  type,
  after,
  payload,
});
const full = (sequence: number, fields: Record<string, string>) =>
  entry(sequence, "full-state", 0, encodeFields(fields));
const delta = (sequence: number, after: number, set: Record<string, string>) =>
  entry(sequence, "delta", after, encodeFields(set));

describe("folding entries", () => {
  it("lets a complete state replace all before it", () => {
    const entries = [full(1, { a: "1", b: "1" }), full(4, { a: "4" })];
    expect(fold(UNWRITTEN, entries)).toEqual({ sequence: 4, fields: { a: "4" } });
  });

  it("adds changes to the state that they follow", () => {
    const entries = [full(1, { a: "1" }), delta(2, 1, { b: "2" }), delta(3, 2, { a: "3" })];
    expect(fold(UNWRITTEN, entries)).toEqual({ sequence: 3, fields: { a: "3", b: "2" } });
  });

  it("stops where a change is missing, and goes on at the next complete state", () => {
    const broken = [full(1, { a: "1" }), delta(3, 2, { a: "3" }), delta(4, 3, { b: "4" })];
    expect(fold(UNWRITTEN, broken)).toEqual({ sequence: 1, fields: { a: "1" } });
    expect(fold(UNWRITTEN, [...broken, full(5, { a: "5" })])).toEqual({ sequence: 5, fields: { a: "5" } });
  });

  it("passes over what it can't decode", () => {
    const entries = [full(1, { a: "1" }), entry(2, "snapshot.v2", 0, "?"), delta(3, 1, { b: "3" })];
    expect(fold(UNWRITTEN, entries)).toEqual({ sequence: 3, fields: { a: "1", b: "3" } });
  });
});

describe("decoding", () => {
  it.each([
    ["a type of another version", entry(1, "snapshot.v2", 0, "{}")],
    ["a payload that is no JSON", entry(1, "full-state", 0, "\u0002\u00ff")],
    ["a payload that is a list", entry(1, "full-state", 0, "[]")],
    ["a field that is no text", entry(1, "delta", 0, '{"a":1}')],
    ["nothing", entry(1, "delta", 0, "null")],
  ])("refuses %s", (_, strange) => {
    expect(decode(strange)).toBeUndefined();
  });
});

it("names grains by type and key", () => {
  expect(grainIds(2)).toEqual(["cart/ada", "cart/bob"]);
});
