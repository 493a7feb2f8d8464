import { describe, expect, it } from "vitest";
import { checkFaults, type DrillFault, LIVE_KINDS, serversOf } from "../../src/live/faults.js";
import { pipelineDrill } from "../../src/scenarios/pipeline/drill.js";
import { SECOND } from "../../src/sim/time.js";

const OPTIONS = { length: 60 * SECOND, control: false, defects: [], knobs: {} };
const drawn = (seed: number, changes = {}) => pipelineDrill.plan(seed, { ...OPTIONS, ...changes });
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

describe("what a seed draws for a drill of the pipeline", () => {
  it("is the same each time, and another for another seed", () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it("has at least five faults of at least four kinds, all of which can be done, within its time", () => {
    for (const seed of SEEDS) {
      const { plan, faults } = drawn(seed);
      expect(checkFaults(faults, plan, pipelineDrill)).toHaveLength(faults.length);
      expect(faults.length).toBeGreaterThanOrEqual(5);
      expect(new Set(faults.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(4);
      for (const fault of faults)
        expect(fault.at + ("for" in fault ? fault.for : 0)).toBeLessThan(plan.healAt);
    }
  });

  it("never has two servers in the hands of faults at once, but for all of them", () => {
    for (const seed of SEEDS) {
      const { faults } = drawn(seed);
      const ofServers = faults.filter(({ id }) => id.startsWith("f"));
      const ends = ofServers.map((fault) => fault.at + ("for" in fault ? fault.for : 0));
      for (const [i, { at }] of ofServers.slice(1).entries()) expect(at).toBeGreaterThan(ends[i] ?? 0);
    }
  });

  it("aims at leaders about half of the time", () => {
    const targets = SEEDS.flatMap((seed) => drawn(seed).faults).map((fault) => JSON.stringify(fault));
    const aimed = targets.filter((text) => text.includes("leader/")).length / targets.length;
    expect(aimed).toBeGreaterThan(0.3);
    expect(aimed).toBeLessThan(0.7);
  });

  it("has no faults for a control, and the same orders", () => {
    const control = drawn(3, { control: true });
    expect(control.faults).toEqual([]);
    expect(control.plan).toEqual(drawn(3).plan);
  });

  it("has orders for more than three hundred acceptances a minute", () => {
    const keys = new Set(
      drawn(1).plan.workload.map(({ body }) => (body as { deliveryId?: string }).deliveryId),
    );
    expect(keys.size).toBeGreaterThan(330);
  });
});

describe("the check of a drill's faults", () => {
  const { plan } = drawn(1);
  const [server = ""] = serversOf(plan);
  const check = (fault: object) => () => checkFaults([fault as DrillFault], plan, pipelineDrill);
  const times = { id: "f", at: 0, for: SECOND };

  it.each([
    [
      { ...times, kind: "clock-skew", target: server, by: 5 },
      "faults[0].kind: clock-skew can't be done to real processes",
    ],
    [{ ...times, kind: "crash", target: "nats-oracle" }, 'faults[0].target: "nats-oracle" is no target'],
    [{ ...times, kind: "crash", target: "shop-1" }, 'faults[0].target: "shop-1" is no target'],
    [{ ...times, kind: "cut", target: "gateway-aws" }, 'faults[0].target: "gateway-aws" is no target'],
    [
      { ...times, kind: "partition", a: ["gateway-aws"], b: ["servers"], oneWay: false },
      'faults[0].a: "gateway-aws" is no server',
    ],
    [{ ...times, kind: "clog", from: server, to: "x" }, 'faults[0].to: "x" is no server'],
    [
      { ...times, kind: "crash", target: server, trigger: { moment: "host-booted", nth: 1, after: 0 } },
      "faults[0].trigger: a drill aims at leaders by its targets",
    ],
    [{ ...times, kind: "block-removed", target: server, log: "x" }, 'faults[0].log: "x" is no log'],
  ])("refuses %o", (fault, message) => {
    expect(check(fault)).toThrow(message);
  });

  it.each([
    { ...times, kind: "crash", target: "gateway-aws" },
    { ...times, kind: "pause", target: "leader/orders" },
    { ...times, kind: "cut", target: "leader/meta" },
    { ...times, kind: "bandwidth", from: server, to: "servers", bytesPerSecond: 1000 },
    { ...times, kind: "block-flipped", target: server, log: "orders" },
  ])("is content with %o", (fault) => {
    expect(check(fault)).not.toThrow();
    expect(LIVE_KINDS).toContain(fault.kind);
  });
});
