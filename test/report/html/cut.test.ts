/** What is left out of a diagram that has more than a page can carry. */
import { describe, expect, it } from "vitest";
import { type Cuttable, cutSentences, cutTo } from "../../../src/report/html/cut.js";
import { seconds } from "../../../src/sim/time.js";

/** Beats every 10 ms and orders every second, for 100 s, and one election. */
const RUN: readonly Cuttable[] = [
  ...Array.from({ length: 10_000 }, (_, i) => ({ label: "beat", at: i * 10_000, needed: false })),
  ...Array.from({ length: 100 }, (_, i) => ({ label: "order", at: seconds(i), needed: i === 3 })),
  { label: "election", at: seconds(90), needed: false },
];

const drawn = (limit: number, focus: number) => {
  const cut = cutTo(limit, RUN, focus);
  return { cut, items: RUN.filter((_, i) => cut.drawn[i]) };
};

describe("the cut", () => {
  it("takes everything when there is room for it", () => {
    const { cut, items } = drawn(20_000, 0);
    expect(items).toHaveLength(RUN.length);
    expect(cutSentences(cut)).toEqual([]);
  });

  it("takes as much as there is room for", () => {
    for (const limit of [10, 100, 1_000, 5_000]) {
      const { items } = drawn(limit, seconds(50));
      expect(items.length).toBeLessThanOrEqual(limit);
      expect(items.length).toBeGreaterThanOrEqual(limit - 1);
    }
  });

  it("takes everything around the moment that matters", () => {
    const { cut, items } = drawn(1_000, seconds(50));
    expect(cut.from).toBeLessThan(seconds(50));
    expect(cut.to).toBeGreaterThan(seconds(50));
    const within = ({ at }: Cuttable) => at >= cut.from && at <= cut.to;
    expect(items.filter(within)).toEqual(RUN.filter(within));
  });

  it("takes rare kinds whole, and what led to a violation wherever it is", () => {
    const { items, cut } = drawn(300, seconds(50));
    expect(cut.whole).toEqual(["election"]);
    expect(items).toContainEqual({ label: "election", at: seconds(90), needed: false });
    expect(items).toContainEqual({ label: "order", at: seconds(3), needed: true });
  });

  it("is told with numbers", () => {
    const [first, second] = cutSentences(drawn(1_000, seconds(50)).cut);
    expect(first).toMatch(
      /^1,000 of 10,101 facts and messages are drawn: everything from 45\.\d+ s to 54\.\d+ s; /,
    );
    expect(first).toContain("all election, order");
    expect(second).toBe("Not drawn: 9,101 of 10,000 beat.");
  });

  it("copes with a focus beyond either end", () => {
    expect(drawn(100, -5).cut.from).toBe(0);
    expect(drawn(100, seconds(1_000)).cut.to).toBeGreaterThan(seconds(98));
  });
});
