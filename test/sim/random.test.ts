import { describe, expect, it } from "vitest";
import { draw, Random, tableOf } from "../../src/sim/random.js";

const draws = (random: Random, count = 50): number[] => Array.from({ length: count }, () => random.uint32());

describe("a random stream", () => {
  it("gives the same draws for the same name", () => {
    expect(draws(new Random("7/net"))).toEqual(draws(new Random("7/net")));
  });

  it("gives other draws for another name, however alike", () => {
    expect(draws(new Random("7/net"))).not.toEqual(draws(new Random("8/net")));
    expect(draws(new Random("1/11"))).not.toEqual(draws(new Random("11/1")));
  });

  it("is pinned to these numbers on every engine", () => {
    expect(draws(new Random("7/net"), 3)).toMatchInlineSnapshot(`
      [
        1053163210,
        3338471802,
        2582019320,
      ]
    `);
  });

  it("takes nothing from its parent when it is forked", () => {
    const alone = new Random("7");
    const parent = new Random("7");
    const fork = parent.fork("disk");
    draws(fork);
    expect(draws(parent)).toEqual(draws(alone));
  });

  it("is forked to the same stream whatever was drawn from its parent before", () => {
    const parent = new Random("7");
    const early = draws(parent.fork("disk"));
    draws(parent);
    expect(draws(parent.fork("disk"))).toEqual(early);
  });

  it("stays within bounds and reaches both ends", () => {
    const random = new Random("bounds");
    const seen = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
    expect(random.below(1)).toBe(0);
    expect(random.below(0)).toBe(0);
  });

  it("says yes for about the share that was asked, and always or never at the ends", () => {
    const random = new Random("share");
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(2_300);
    expect(hits).toBeLessThan(2_700);
    for (let i = 0; i < 100; i++) expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
  });

  it("draws exactly once for a chance, even one of 0 or 1", () => {
    const [one, other] = [new Random("once"), new Random("once")];
    one.chance(0);
    one.chance(1);
    draws(other, 2);
    expect(one.uint32()).toBe(other.uint32());
  });

  it("shuffles a list without losing or changing it", () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new Random("shuffle").shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort()).toEqual(items);
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("cannot pick from nothing", () => {
    expect(() => new Random("pick").pick([])).toThrow(RangeError);
  });
});

describe("a table", () => {
  const table = tableOf(
    [
      [0, 10],
      [0.5, 20],
      [1, 100],
    ],
    1_000,
  );

  it("ascends from its first quantile to its last", () => {
    expect([...table]).toEqual([...table].sort((a, b) => a - b));
    expect(table[0]).toBeGreaterThanOrEqual(10_000);
    expect(table[table.length - 1]).toBeLessThanOrEqual(100_000);
  });

  it("has its median where the quantiles say", () => {
    const random = new Random("median");
    const sorted = Array.from({ length: 10_001 }, () => draw(table, random)).sort((a, b) => a - b);
    expect(sorted[5_000]).toBeGreaterThan(19_000);
    expect(sorted[5_000]).toBeLessThan(22_000);
  });

  it("holds whole numbers only", () => {
    const halves = tableOf(
      [
        [0, 1],
        [1, 2],
      ] as const,
      0.7,
    );
    expect([...halves].every(Number.isInteger)).toBe(true);
  });
});
