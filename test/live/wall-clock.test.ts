import { describe, expect, it } from "vitest";
import { checkUnset, nanosecondsOf, wallAhead } from "../../src/live/wall-clock.js";

describe("what puts servers' stamps in order with everything else", () => {
  it("reads a stamp to the nanosecond, however many digits it has", () => {
    expect(nanosecondsOf("1970-01-01T00:00:01.5Z")).toBe(1_500_000_000n);
    expect(nanosecondsOf("1970-01-01T00:00:01Z")).toBe(1_000_000_000n);
    expect(nanosecondsOf("2026-01-31T10:20:30.123456789Z") % 1_000_000_000n).toBe(123_456_789n);
  });

  it("knows how far the wall clock is ahead: a stamp of now comes out as now", () => {
    const before = process.hrtime.bigint();
    const stamp = BigInt(Date.now()) * 1_000_000n - wallAhead();
    // Its stamp is a whole millisecond, cut off.
    expect(stamp).toBeGreaterThan(before - 3_000_000n);
    expect(stamp).toBeLessThan(process.hrtime.bigint() + 1_000_000n);
  });

  it("refuses a drill over which the wall clock was set", () => {
    expect(() => checkUnset(5_000_000_000n, 5_001_000_000n)).not.toThrow();
    expect(() => checkUnset(5_000_000_000n, 5_400_000_000n)).toThrow(
      "the machine's wall clock was set during the drill, by 400 ms",
    );
    expect(() => checkUnset(5_400_000_000n, 5_000_000_000n)).toThrow("by 400 ms");
  });
});
