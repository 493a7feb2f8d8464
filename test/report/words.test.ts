import { describe, expect, it } from "vitest";
import { compact, count, duration, grouped, list, moment, tallied } from "../../src/report/words.js";
import { HOUR, MINUTE, seconds } from "../../src/sim/time.js";

describe("numbers in words", () => {
  it("tell a moment to the millisecond, never rounded up", () => {
    expect([moment(0), moment(12_402_999), moment(seconds(86400))]).toEqual([
      "0.000 s",
      "12.402 s",
      "86400.000 s",
    ]);
  });

  it("tell a duration in its handiest unit", () => {
    expect([250, 1500, seconds(1.5), MINUTE, 3 * MINUTE, 3 * HOUR, -1500].map(duration)).toEqual([
      "250 µs",
      "1.5 ms",
      "1.5 s",
      "60 s",
      "3 min",
      "3 h",
      "−1.5 ms",
    ]);
  });

  it("tell counts in full or in five characters", () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 999, 1000, 12_345, 123_456, 4_560_000, 9_990_000_000].map(compact)).toEqual([
      "0",
      "999",
      "1k",
      "12.3k",
      "123k",
      "4.5M",
      "9.9G",
    ]);
  });

  it("tell lists and what they leave out", () => {
    expect(list(["a", "b", "c"], 2)).toBe("a, b and 1 more");
    expect(tallied(["loss", "crash", "loss"])).toEqual(["loss ×2", "crash"]);
    expect([count(1, "run"), count(1200, "run"), count(2, "loss")]).toEqual([
      "1 run",
      "1,200 runs",
      "2 losses",
    ]);
  });
});
