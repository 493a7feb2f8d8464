import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPattern, isSubject, matches } from "../../../src/model/broker/subjects.js";

const word = fc.constantFrom("a", "b", "ab", "a-b", "*x", "");
const subject = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join("."));
const pattern = fc
  .array(fc.oneof(word, fc.constant("*")), { minLength: 1, maxLength: 4 })
  .chain((words) => fc.constantFrom(words, [...words, ">"], words.slice(1)))
  .map((words) => words.join("."));

/** The rule as it is written down: word for word, with the texts taken apart. */
function matchesByWords(wanted: readonly string[], words: readonly string[]): boolean {
  const [first, ...others] = wanted;
  if (first === undefined || words[0] === undefined) return first === words[0];
  if (first === ">") return true;
  return (first === "*" || first === words[0]) && matchesByWords(others, words.slice(1));
}

describe("A pattern", () => {
  it("matches subjects word for word, * any one word and > all that follow", () => {
    fc.assert(
      fc.property(pattern, subject, (one, other) => {
        expect(matches(one, other)).toBe(matchesByWords(one.split("."), other.split(".")));
      }),
      { numRuns: 2_000 },
    );
  });

  it("matches itself when it is a subject", () => {
    fc.assert(
      fc.property(subject.filter(isSubject), (text) => {
        expect(isPattern(text)).toBe(true);
        expect(matches(text, text)).toBe(true);
      }),
    );
  });

  it("does not match what is shorter than the words before its >", () => {
    expect(matches("orders.>", "orders")).toBe(false);
    expect(matches("orders.>", "orders.a.b")).toBe(true);
    expect(matches("orders.*", "orders.a.b")).toBe(false);
  });
});
