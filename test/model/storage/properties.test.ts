import { describe, expect, it } from "vitest";
import { unknownHasCause } from "../../../src/model/storage/properties/answers.js";
import { readsShowTheStore } from "../../../src/model/storage/properties/reference.js";
import type { Json } from "../../../src/sim/plan.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

describe("what a committed transaction read", () => {
  /** A store with three entries, and a fourth transaction that takes these steps. */
  const complaints = (...steps: Json[]): number => {
    const told = new HistoryBuilder();
    const wrote = (txn: number, key: string, due?: number): void => {
      const written = [{ key, deleted: false, ...(due === undefined ? {} : { due }) }];
      told.state("vault", "transaction", "store@vault", "t", "judged", { txn, written });
      told.durable("vault", "store@vault", txn, { [key]: `of-${txn}` });
    };
    wrote(1, "n:b", 30);
    wrote(2, "n:a", 40);
    wrote(3, "m:c");
    // another store's transactions have the same numbers
    told.durable("b1", "broker@b1", 4, { "n:b": null });
    told.state("teller", "examined", "t1", "", "4", { steps });
    return judge(readsShowTheStore("examined"), told).violations.length;
  };
  const a = ["n:a", "of-2", 40];
  const b = ["n:b", "of-1", 30];

  it("is what those before it left", () => {
    expect(complaints(["get", "n:a", "of-2"], ["get", "n:z", null])).toBe(0);
    expect(complaints(["prefix", "n:", null, [a, b]], ["prefix", "n:", 1, [a]])).toBe(0);
    expect(complaints(["due", "n:", 35, null, [b]], ["due", "n:", 99, null, [b, a]])).toBe(0);
  });

  it("is what it wrote itself, where it did", () => {
    const put = ["put", "n:aa", "mine", 35];
    const mine = ["n:aa", "mine", 35];
    expect(complaints(put, ["delete", "n:a"], ["prefix", "n:", null, [mine, b]])).toBe(0);
    expect(complaints(put, ["due", "n:", 99, 2, [b, mine]])).toBe(0);
  });

  const NOT_SO: readonly Json[] = [
    ["get", "n:a", "of-1"],
    ["prefix", "n:", null, [b, a]],
    ["prefix", "n:", 1, [a, b]],
    ["prefix", "n:", null, [a, ["n:b", "of-1", null]]],
    ["due", "n:", 35, null, [b, a]],
    ["due", "n:", 99, 0, [b]],
  ];
  it.each(NOT_SO.map((step) => ({ step })))("is not $step", ({ step }) => {
    expect(complaints(step)).toBe(1);
  });
});

describe("a commit without an answer", () => {
  it.each([
    [0.4, "info", "", 1],
    [1.2, "info", "", 0],
    [0.4, "fail", "conflict", 0],
    [1.2, "fail", "unavailable", 1],
    [5.1, "fail", "unavailable", 0],
  ] as const)("after %f s (%s %s): %i complaints", (seconds, phase, reason, complaints) => {
    const told = new HistoryBuilder();
    told.client("call", "transfer", "t1", "");
    told.at(seconds);
    told.client(phase, "transfer", "t1", "", { reason });
    expect(judge(unknownHasCause("transfer"), told).violations).toHaveLength(complaints);
  });
});
