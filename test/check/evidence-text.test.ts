import { describe, expect, it } from "vitest";
import { count, list, short, time } from "../../src/check/evidence-text.js";
import { same } from "../../src/check/json.js";

describe("words for evidence", () => {
  it("tell times in seconds, cut to milliseconds", () => {
    expect(time(0)).toBe("0.000 s");
    expect(time(12_402_999)).toBe("12.402 s");
    expect(time(3_600_000_001)).toBe("3600.000 s");
  });

  it("join lists as sentences do, and count what is left out", () => {
    expect(list([])).toBe("nothing");
    expect(list(["a"])).toBe("a");
    expect(list(["a", "b", "c"])).toBe("a, b and c");
    expect(list(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
  });

  it("count with the right noun, and shorten hashes", () => {
    expect(count(1, "record")).toBe("1 record");
    expect(count(0, "record")).toBe("0 records");
    expect(short("0123456789")).toBe("01234567…");
    expect(short("aaaa")).toBe("aaaa");
  });
});

describe("comparing plain data", () => {
  it("takes the order of keys for nothing and the order of lists for something", () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: 1 })).toBe(false);
    expect(same({ a: 1, b: 1 }, { a: 1 })).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, {})).toBe(false);
  });
});
