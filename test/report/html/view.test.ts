/** The window of time that a diagram looks at, and its address. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, type Position, positionIn } from "../../../src/report/html/client/address.js";
import { EVERYTHING } from "../../../src/report/html/client/model.js";
import { distanceToLine } from "../../../src/report/html/client/pick.js";
import {
  clamped,
  panned,
  SHORTEST,
  seconds,
  showing,
  ticks,
  type View,
  zoomed,
} from "../../../src/report/html/client/view.js";

const DURATION = 60_000_000;
const view = fc
  .tuple(fc.integer({ min: 0, max: DURATION }), fc.integer({ min: SHORTEST, max: DURATION }))
  .map(([from, span]): View => clamped({ from, to: from + span }, DURATION));

const misleads = ({ from, to }: View) => {
  expect(from).toBeGreaterThanOrEqual(0);
  expect(to).toBeLessThanOrEqual(DURATION + 1e-6);
  expect(to - from).toBeGreaterThanOrEqual(SHORTEST - 1e-6);
};

describe("the window", () => {
  it("never leaves the run, however it is zoomed and panned", () => {
    fc.assert(
      fc.property(
        view,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.integer({ min: -DURATION, max: DURATION }),
        (start, factor, by) => {
          misleads(zoomed(start, (start.from + start.to) / 2, factor, DURATION));
          misleads(panned(start, by, DURATION));
        },
      ),
    );
  });

  it("keeps the moment under the pointer in its place when it is zoomed", () => {
    const before = { from: 10_000_000, to: 20_000_000 };
    const after = zoomed(before, 12_000_000, 4, DURATION);
    expect((12_000_000 - after.from) / (after.to - after.from)).toBeCloseTo(0.2);
    expect(after.to - after.from).toBeCloseTo(2_500_000);
  });

  it("moves as little as it takes to show a moment", () => {
    const start = { from: 10_000_000, to: 20_000_000 };
    expect(showing(start, 15_000_000, DURATION)).toBe(start);
    fc.assert(
      fc.property(view, fc.integer({ min: 0, max: DURATION }), (now, at) => {
        const moved = showing(now, at, DURATION);
        expect(at).toBeGreaterThanOrEqual(moved.from - 1e-6);
        expect(at).toBeLessThanOrEqual(moved.to + 1e-6);
      }),
    );
  });
});

describe("the time axis", () => {
  it("has round times, with as many decimals as they need", () => {
    expect(
      ticks({ from: 0, to: 50_000_000 }, 1_000, 100)
        .map(({ label }) => label)
        .slice(0, 3),
    ).toEqual(["0 s", "5 s", "10 s"]);
    expect(ticks({ from: 12_400_000, to: 12_400_100 }, 1_000, 100)[1]?.label).toBe("12.40001 s");
  });

  it("never has its ticks closer together than asked", () => {
    fc.assert(
      fc.property(view, fc.integer({ min: 200, max: 3_000 }), ({ from, to }, width) => {
        const at = ticks({ from, to }, width, 100).map((tick) => ((tick.at - from) / (to - from)) * width);
        at.forEach((x, i) => {
          if (i > 0) expect(x - (at[i - 1] ?? 0)).toBeGreaterThanOrEqual(99.9);
        });
      }),
    );
  });

  it("writes microseconds as seconds, exactly", () => {
    expect([0, 1, 999_999, 1_000_000, 12_402_311].map((at) => seconds(at))).toEqual([
      "0.000000",
      "0.000001",
      "0.999999",
      "1.000000",
      "12.402311",
    ]);
  });
});

describe("the address", () => {
  const HOSTS = ["aws-a", "gcp/ü & =", "azure,west", "external/payments"];

  it("leads back to the same position", () => {
    const position: Position = {
      at: "m12e",
      view: { from: 5, to: 900 },
      filter: {
        hosts: new Set([1, 2]),
        facts: new Set(["durable"]),
        messages: new Set(["raft/beats", "a b#c, d"]),
        text: "order-7 & 50 %",
        slice: true,
        disks: false,
      },
    };
    expect(positionIn(`#${addressOf(position, HOSTS)}`, HOSTS)).toEqual(position);
  });

  it("is empty where nothing is chosen", () => {
    expect(addressOf({ at: undefined, view: undefined, filter: EVERYTHING }, HOSTS)).toBe("");
    expect(positionIn("", HOSTS)).toEqual({ at: undefined, view: undefined, filter: EVERYTHING });
  });

  it("is forgiven whatever makes no sense", () => {
    const { at, view: window, filter } = positionIn("#view=9,3&no-hosts=mars&text=%E0%A4&=&&x", HOSTS);
    expect({ at, window }).toEqual({ at: undefined, window: undefined });
    expect(filter.hosts.size).toBe(0);
    fc.assert(fc.property(fc.string(), (hash) => void positionIn(hash, HOSTS)));
  });
});

describe("the distance to an arrow", () => {
  it("is that to the nearest of its points", () => {
    expect(distanceToLine(5, 3, 0, 0, 10, 0)).toBe(9);
    expect(distanceToLine(13, 4, 0, 0, 10, 0)).toBe(25);
    expect(distanceToLine(3, 4, 0, 0, 0, 0)).toBe(25);
  });
});
