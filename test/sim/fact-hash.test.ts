import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldValue } from "../../src/sim/fact-hash.js";
import type { Json } from "../../src/sim/plan.js";
import { SECOND } from "../../src/sim/time.js";
import { universe } from "../support/universe.js";

/** A universe in which a host writes down this value, and does nothing else that differs. */
async function hashWith(value: Json): Promise<string> {
  const world = universe({ hosts: ["a"], duration: SECOND });
  world.onBoot("a", (host) => host.record({ kind: "operator", operation: "noted", detail: { value } }));
  await world.run();
  return world.scheduler.traceHash;
}

const folded = (value: unknown): string => {
  const numbers: number[] = [];
  foldValue({ fold: (number) => void numbers.push(number | 0) }, value);
  return numbers.join();
};

describe("the trace hash", () => {
  it("is the same for the same facts", async () => {
    expect(await hashWith({ n: 1, list: ["x", null] })).toBe(await hashWith({ n: 1, list: ["x", null] }));
  });

  it.each<readonly [Json, Json]>([
    [1, 2],
    [1, 1.5],
    [1, 2 ** 32 + 1],
    [-1, 1],
    ["a", "b"],
    [1, "1"],
    [null, false],
    [true, false],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [[[1], 2], [[1, 2]]],
    [{ a: 1 }, { b: 1 }],
    [{ a: { b: 1 } }, { a: {}, b: 1 }],
  ])("tells %j from %j in a fact", async (one, other) => {
    expect(await hashWith(one)).not.toBe(await hashWith(other));
  });

  it("folds values apart whenever their JSON differs", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(folded(one)).not.toBe(folded(other));
      }),
    );
  });
});
