/** Latencies as reports compute them from the facts of a history. */
import { describe, expect, it } from "vitest";
import { LatencyTally, percentile, waitsOf } from "../../src/report/latency.js";
import { runOn } from "../../src/scenarios/run.js";
import type { Fact } from "../../src/sim/history.js";
import { seconds } from "../../src/sim/time.js";
import { courierPlan, couriers, STORM } from "../support/couriers.js";
import { historyOf } from "../support/small-scenario.js";

type Entry = readonly [at: number, host: string, fact: Fact];

const call = (at: number, key: string): Entry => [at, "shop", client("call", key, null)];
const ok = (at: number, key: string, offset: number): Entry => [
  at,
  "shop",
  client("ok", key, { offset, orderId: `o-${key}` }),
];
const ack = (at: number, offset: number): Entry => [
  at,
  "replica",
  {
    kind: "durable",
    store: "orders@r",
    txn: at,
    writes: [{ key: `ack/workers/${offset}`, value: { deliveryId: "d" } }],
  },
];
const captured = (at: number, order: string): Entry => [
  at,
  "worker",
  {
    kind: "external",
    phase: "reply",
    service: "payments",
    operation: "capture",
    token: `${order}:charge`,
    value: 1,
  },
];

function client(phase: "call" | "ok", key: string, value: null | { offset: number; orderId: string }): Fact {
  return { kind: "client", phase, requestId: `${key}/${phase}`, operation: "accept", key, value };
}

describe("waits", () => {
  it("run from the first call to the first success, whatever is repeated", () => {
    const { accepted } = waitsOf(historyOf([call(1, "k"), call(2, "k"), ok(4, "k", 0), ok(5, "k", 0)]));
    expect(accepted).toEqual([{ at: seconds(1), took: seconds(3) }]);
  });

  it("of processing run on to the first committed acknowledgement", () => {
    const { processed } = waitsOf(historyOf([call(1, "k"), ok(2, "k", 7), ack(6, 7), ack(6.5, 7)]));
    expect(processed).toEqual([{ at: seconds(1), took: seconds(5) }]);
  });

  it("run on to the reply from outside where nothing is ever acknowledged", () => {
    const { processed } = waitsOf(historyOf([call(1, "k"), ok(2, "k", 7), captured(3, "o-k")]));
    expect(processed).toEqual([{ at: seconds(1), took: seconds(2) }]);
  });

  it("that never ended are open, and have no length", () => {
    const { accepted, processed } = waitsOf(historyOf([call(1, "a"), call(2, "b"), ok(3, "b", 1)]));
    expect(accepted).toEqual([
      { at: seconds(1), took: undefined },
      { at: seconds(2), took: seconds(1) },
    ]);
    expect(processed).toEqual([{ at: seconds(2), took: undefined }]);
  });
});

describe("percentiles", () => {
  it("are the nearest rank", () => {
    const values = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    expect([50, 90, 99].map((percent) => percentile(values, percent))).toEqual([50, 90, 100]);
    expect(percentile([7], 50)).toBe(7);
  });

  it("of nothing are nothing", () => {
    expect(percentile([], 50)).toBeNull();
  });
});

describe("a chart", () => {
  it("counts each wait in the window in which it began", async () => {
    const tally = new LatencyTally();
    tally.add(await runOn(couriers, courierPlan({ orders: 20 })));
    const { series, runs } = tally.chart();
    expect(runs).toBe(1);
    for (const { begun } of series) expect(begun.reduce((sum, n) => sum + n, 0)).toBe(20);
    expect(series[0]?.p50.filter((took) => took !== null).length).toBeGreaterThan(10);
  });

  it("shows when each kind of fault was active", async () => {
    const tally = new LatencyTally();
    tally.add(await runOn(couriers, courierPlan({ faults: STORM })));
    const { bands, slice } = tally.chart();
    const crash = bands.find(({ kind }) => kind === "crash");
    const active = (at: number) => crash?.share[Math.floor(seconds(at) / slice)];
    expect([5, 6.5, 7.5, 9].map(active)).toEqual([0, 1, 1, 0]);
  });

  it("shows what share of several runs a fault was active in", async () => {
    const tally = new LatencyTally();
    tally.add(await runOn(couriers, courierPlan({ faults: STORM })));
    tally.add(await runOn(couriers, courierPlan()));
    const { bands, slice } = tally.chart();
    expect(bands.find(({ kind }) => kind === "crash")?.share[Math.floor(seconds(7) / slice)]).toBe(0.5);
  });
});
