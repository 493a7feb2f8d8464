/** Latencies as reports compute them from the facts of a history. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Latencies } from "../../../src/check/latencies.js";
import {
  addLatency,
  emptyLatency,
  type Latency,
  percentileOf,
} from "../../../src/explore/campaign/latency.js";
import { addRunTo, latencyOf } from "../../../src/explore/campaign/measure-latency.js";
import { writeLatencies } from "../../../src/model/mirror/properties/latencies.js";
import { orderLatencies } from "../../../src/model/pipeline/properties/latencies.js";
import { latencyChart } from "../../../src/report/latency.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Fact } from "../../../src/sim/history.js";
import { seconds } from "../../../src/sim/time.js";
import { runOn } from "../../../src/storm/run.js";
import type { Outcome } from "../../../src/storm/scenario.js";
import { courierPlan, couriers, STORM } from "../../support/couriers.js";
import { historyOf } from "../../support/small-scenario.js";

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

describe("latencies", () => {
  it("run from the first call to the first success, whatever is repeated", () => {
    const { accepted } = orderLatencies(
      historyOf([call(1, "k"), call(2, "k"), ok(4, "k", 0), ok(5, "k", 0)]),
    );
    expect(accepted).toEqual([{ at: seconds(1), took: seconds(3) }]);
  });

  it("of processing run on to the first committed acknowledgement", () => {
    const { processed } = orderLatencies(historyOf([call(1, "k"), ok(2, "k", 7), ack(6, 7), ack(6.5, 7)]));
    expect(processed).toEqual([{ at: seconds(1), took: seconds(5) }]);
  });

  it("run on to the reply from outside where nothing is ever acknowledged", () => {
    const { processed } = orderLatencies(historyOf([call(1, "k"), ok(2, "k", 7), captured(3, "o-k")]));
    expect(processed).toEqual([{ at: seconds(1), took: seconds(2) }]);
  });

  it("that never ended are open, and have no length", () => {
    const { accepted, processed } = orderLatencies(historyOf([call(1, "a"), call(2, "b"), ok(3, "b", 1)]));
    expect(accepted).toEqual([
      { at: seconds(1), took: undefined },
      { at: seconds(2), took: seconds(1) },
    ]);
    expect(processed).toEqual([{ at: seconds(2), took: undefined }]);
  });
});

describe("waits of the mirror", () => {
  const write = (at: number, phase: "call" | "ok", request: string, sequence: number | null): Entry => [
    at,
    "application",
    { kind: "client", phase, requestId: request, operation: "write", key: "cart/ada", value: { sequence } },
  ];
  const applied = (at: number, host: string, sequence: number): Entry => [
    at,
    host,
    {
      kind: "durable",
      store: `replica@${host}`,
      txn: at,
      writes: [{ key: "cart/ada", value: { sequence, fields: {} } }],
    },
  ];

  it("end with the primary's answer, and with the first replica that has the write or a newer one", () => {
    const { written, mirrored } = writeLatencies(
      historyOf([
        write(1, "call", "a", null),
        write(2, "ok", "a", 1),
        write(3, "call", "b", null),
        applied(4, "west", 2), // before the writer has heard of it
        write(5, "ok", "b", 2),
        applied(6, "east", 1),
        write(7, "call", "c", null),
        write(8, "ok", "c", 3),
        write(9, "call", "d", null),
      ]),
    );
    expect(written?.map(({ took }) => took)).toEqual([seconds(1), seconds(2), seconds(1), undefined]);
    expect(mirrored?.map(({ took }) => took)).toEqual([seconds(3), seconds(1), undefined]);
  });
});

/** What a run comes to whose waits are these. */
function measured(waits: Latencies, virtualTime = seconds(60), faults: readonly Fault[] = []): Latency {
  const plan = { ...courierPlan(), faults };
  const outcome = { plan, history: [], virtualTime } as unknown as Outcome; // nothing else is looked at
  const latency = latencyOf(outcome, { ...couriers, latencies: () => waits });
  if (latency === undefined) throw new Error("the system has waits");
  return latency;
}

function sumOf(parts: readonly Latency[]): Latency {
  const sum = emptyLatency();
  for (const part of parts) addLatency(sum, part);
  return sum;
}

const wait = (at: number, took: number | undefined) => ({ at, took });

describe("percentiles", () => {
  const of = (times: readonly number[], percent: number) => {
    const { series } = measured({ accepted: times.map((took) => wait(0, took)) });
    return percentileOf(series.accepted?.[0] ?? { begun: 0, open: 0, took: {} }, percent);
  };

  it("are the nearest rank", () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([50, 90, 99].map((percent) => of(values, percent))).toEqual([5, 9, 10]);
    expect(of([7], 50)).toBe(7);
  });

  it("are off by 3 % at most, however long a wait is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (took) => {
        expect(Math.abs((of([took], 50) ?? -1) - took)).toBeLessThanOrEqual(took * 0.032);
      }),
    );
  });

  it("of nothing are nothing", () => {
    expect(of([], 50)).toBeNull();
  });
});

describe("latencies of many runs", () => {
  const run = fc
    .record({
      waits: fc.array(
        fc.record({
          at: fc.integer({ min: 0, max: 3_000_000 }),
          took: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { nil: undefined }),
        }),
        { maxLength: 8 },
      ),
      seconds: fc.constantFrom(3, 5, 60, 700),
      name: fc.constantFrom("accepted", "processed"),
      fault: fc.integer({ min: 0, max: 2_900_000 }),
    })
    .map(({ waits, seconds: length, name, fault }) =>
      measured({ [name]: waits }, seconds(length), [
        { id: "f", kind: "crash", at: fault, for: seconds(1), target: "courier-1" },
      ]),
    );

  it("add up to the same in any order and in any parts", () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), fc.nat(), (runs, cut) => {
        const whole = sumOf(runs);
        const at = cut % runs.length;
        expect(sumOf([...runs].reverse())).toEqual(whole);
        expect(sumOf([sumOf(runs.slice(at)), sumOf(runs.slice(0, at))])).toEqual(whole);
      }),
    );
  });

  it("are the same when each run is added at once", async () => {
    const outcomes = [
      await runOn(couriers, courierPlan({ faults: STORM })),
      await runOn(couriers, courierPlan({ orders: 20, duration: seconds(90) })),
      await runOn(couriers, courierPlan({ faults: STORM, orders: 10 })),
    ];
    const sum = emptyLatency();
    for (const outcome of outcomes) addRunTo(sum, outcome, couriers);
    expect(sum).toEqual(sumOf(outcomes.flatMap((outcome) => latencyOf(outcome, couriers) ?? [])));
  });

  it("take no more room the more runs there are", () => {
    const sum = emptyLatency();
    const sizes: number[] = [];
    for (let i = 0; i < 3_000; i++) {
      const took = 1_000 + ((i * 7_919) % 1_000_000);
      addLatency(sum, measured({ accepted: [wait((i * 104_729) % 60_000_000, took)] }));
      if (i % 1_000 === 999) sizes.push(Object.keys(sum.series.accepted?.[0]?.took ?? {}).length);
    }
    expect(sum.runs).toBe(3_000);
    expect(sum.series.accepted?.length).toBeLessThanOrEqual(64);
    expect(Math.max(...sizes)).toBeLessThan(200);
  });

  it("are counted in longer windows when one run is longer", () => {
    const short = measured({ accepted: [wait(seconds(1), 10), wait(seconds(2), 20)] }, seconds(4));
    const long = measured({ accepted: [wait(seconds(2), 30)] }, seconds(64));
    expect([short.window, long.window]).toEqual([seconds(1) / 16, seconds(1)]);
    const { window, until, series } = sumOf([short, long]);
    expect([window, until]).toEqual([seconds(1), seconds(64)]);
    expect(series.accepted?.map(({ begun }) => begun)).toEqual([0, 1, 2]);
  });
});

describe("a chart", () => {
  it("is of nothing where nobody waits for anything", () => {
    expect(latencyChart(undefined)).toBeUndefined();
    expect(latencyChart(measured({ accepted: [] }))).toBeUndefined();
  });

  const chartOf = (...parts: readonly (Latency | undefined)[]) => {
    const chart = latencyChart(sumOf(parts.flatMap((part) => part ?? [])));
    if (chart === undefined) throw new Error("somebody waited");
    return chart;
  };
  const couriersRun = async (plan: Parameters<typeof courierPlan>[0]) =>
    latencyOf(await runOn(couriers, courierPlan(plan)), couriers);

  it("counts each wait in the window in which it began", async () => {
    const { series, runs } = chartOf(await couriersRun({ orders: 20 }));
    expect(runs).toBe(1);
    for (const { begun } of series) expect(begun.reduce((sum, n) => sum + n, 0)).toBe(20);
    expect(series[0]?.p50.filter((took) => took !== null).length).toBeGreaterThan(10);
  });

  it("shows when each kind of fault was active", async () => {
    const { bands, slice } = chartOf(await couriersRun({ faults: STORM }));
    const crash = bands.find(({ kind }) => kind === "crash");
    const active = (at: number) => crash?.share[Math.floor(seconds(at) / slice)];
    expect([5, 6.5, 7.5, 9].map((at) => active(at) ?? 0)).toEqual([0, 1, 1, 0]);
  });

  it("shows what share of several runs a fault was active in", async () => {
    const { bands, slice } = chartOf(await couriersRun({ faults: STORM }), await couriersRun({}));
    expect(bands.find(({ kind }) => kind === "crash")?.share[Math.floor(seconds(7) / slice)]).toBe(0.5);
  });
});
