import { describe, expect, it } from "vitest";
import type { BlockResult } from "../../../src/explore/defects/defect-block.js";
import { figuresOf, median, percentile } from "../../../src/explore/defects/defect-figures.js";

describe("the median", () => {
  it("is the value in the middle, or the mean of the two", () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 9, 5])).toBe(4.5);
    expect(median([])).toBeUndefined();
  });

  it("is unknown when a value in the middle lies beyond the budget", () => {
    expect(median([1, undefined, 3])).toBe(3);
    expect(median([1, undefined, undefined])).toBeUndefined();
    expect(median([1, 2, undefined, undefined])).toBeUndefined();
  });
});

describe("a percentile", () => {
  it("is the least value that the share is not above", () => {
    const twenty = Array.from({ length: 20 }, (_, i) => 20 - i);
    expect(percentile(twenty, 0.9)).toBe(18);
    expect(percentile([7], 0.9)).toBe(7);
    expect(percentile([], 0.9)).toBeUndefined();
  });

  it("counts what lies beyond the budget as slower than everything else", () => {
    const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, undefined];
    expect(percentile(ten, 0.9)).toBe(9);
    expect(percentile([...ten.slice(1), undefined], 0.9)).toBeUndefined();
  });
});

describe("the figures of a defect", () => {
  const block = (n: number, rest: Partial<BlockResult>): BlockResult => ({
    block: n,
    seed: n,
    runs: 50,
    ms: 1_000,
    caught: undefined,
    before: undefined,
    asked: 3,
    end: "budget",
    ...rest,
  });
  const alarm = (property: string, run: number) => ({ property, run, scenario: "s", seed: 1, message: "m" });
  const caught = (n: number, property: string, run: number): BlockResult =>
    block(n, { end: "caught", caught: alarm(property, run), runs: run, ms: run * 100 });

  it("come from the blocks that came to their end", () => {
    const blocks = [
      caught(1, "P", 3),
      caught(2, "Q", 5),
      caught(3, "Q", 7),
      block(4, { before: alarm("R", 2) }),
      block(5, { end: "interrupted", before: alarm("R", 1) }),
    ];
    expect(figuresOf({ blocks })).toEqual({
      blocks: 4,
      caught: 3,
      medianRuns: 6,
      p90Runs: undefined,
      medianSeconds: 0.6,
      p90Seconds: undefined,
      by: [
        ["Q", 2],
        ["P", 1],
      ],
      before: [["R", 1]],
      asked: true,
    });
  });

  it("say when no code ever asked for the switch", () => {
    expect(figuresOf({ blocks: [block(1, { asked: 0 })] }).asked).toBe(false);
  });
});
