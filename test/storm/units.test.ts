import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { ms, percent, seconds } from "../../src/storm/units.js";

describe("units", () => {
  it("are a value with one number", () => {
    expect([ms(20), ms(0.0015), seconds(3), seconds(0.25), percent(5)]).toEqual([
      20_000, 1, 3_000_000, 250_000, 0.05,
    ]);
  });

  it.each([
    ["ms", ms(10, 500), 10 * MILLISECOND, 500 * MILLISECOND, MILLISECOND],
    ["seconds", seconds(1, 3), SECOND, 3 * SECOND, 1],
  ])("are any value between two numbers: %s", (_, arbitrary, low, high, step) => {
    fc.assert(fc.property(arbitrary, (at) => at >= low && at <= high && at % step === 0));
    expect(new Set(fc.sample(arbitrary, 100)).size).toBeGreaterThan(10);
  });

  it("are any share between two hundredths", () => {
    fc.assert(fc.property(percent(5, 60), (share) => share >= 0.05 && share <= 0.6));
  });
});
