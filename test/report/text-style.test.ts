import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import wrapAnsi from "wrap-ansi";
import { aligned, cut, hanging, padded, style, width, wrapped } from "../../src/report/text-style.js";

describe("text on a terminal", () => {
  it("is measured in columns: wide letters take two, accents and colours none", () => {
    expect(width("abc")).toBe(3);
    expect(width("注文")).toBe(4);
    expect(width("e\u0301")).toBe(1);
    expect(width("\u001b[31mred\u001b[39m")).toBe(3);
  });

  it("is cut to its columns with a sign that something is missing", () => {
    expect(cut("provider-loss", 8)).toBe("provide…");
    expect(cut("注文注文", 6)).toBe("注文…");
    expect(cut("short", 8)).toBe("short");
  });

  it("is filled up to its columns", () => {
    expect([padded("注", 4), aligned("7", 3)]).toEqual(["注  ", "  7"]);
  });

  it("never takes more columns than it has, whatever is wrapped, and loses no letter", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.integer({ min: 4, max: 60 }),
        (text, columns) => {
          const lines = wrapped(text, columns);
          for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
          expect(lines.join("").replaceAll(" ", "").length).toBeGreaterThanOrEqual(
            text.normalize().replaceAll(/\s/gu, "").length,
          );
        },
      ),
    );
  });

  it("keeps a number and its unit together", () => {
    expect(wrapped("it took 12.402 s in all", 12)).toEqual(["it took", "12.402 s in", "all"]);
  });

  it("hangs behind its head", () => {
    expect(hanging("✗ G8 ", "paid twice and once more", 17)).toEqual([
      "✗ G8 paid twice",
      "     and once",
      "     more",
    ]);
  });

  it("is laid out for at least 40 columns and at most 160", () => {
    expect([style(5, 0).columns, style(72, 0).columns, style(1000, 0).columns]).toEqual([40, 72, 160]);
  });
});

describe("text of simple characters", () => {
  const simple = fc.string({
    unit: fc.constantFrom(..."ab1 \u00a0µ·é–—…→−≤≥│├✓✗", "\u001b[31m", "\u001b[39m"),
    maxLength: 60,
  });

  it("has the width that the library measures, character by character", () => {
    for (let code = 0; code < 0x3000; code++) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(width(text), `U+${code.toString(16)}`).toBe(stringWidth(text));
    }
    fc.assert(fc.property(simple, (text) => width(text) === stringWidth(text)));
  });

  it("is wrapped as the library wraps it", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abµ→…"), minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), fc.integer({ min: 8, max: 30 }), (words, columns) => {
        const text = words.join(" ");
        expect(wrapped(text, columns)).toEqual(wrapAnsi(text, columns, { hard: true }).split("\n"));
      }),
    );
  });
});
