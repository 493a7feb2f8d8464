/** What storms draw of each kind, and that it stays within what a replicated system survives. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DAMAGE,
  durationOf,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultOf,
} from "../../src/sim/faults/catalogue.js";
import { SECOND } from "../../src/sim/time.js";
import type { FaultScope, Upgrade } from "../../src/storm/fault-scope.js";
import { rollout, swarm } from "../../src/storm/swarm.js";

const REPLICAS = ["replica-1", "replica-2", "replica-3"];
const WORKERS = ["worker-1", "worker-2"];
const NEXT: Upgrade = { hosts: WORKERS, settings: { batch: 5 } };
const scope: FaultScope = {
  from: 2 * SECOND,
  healAt: 30 * SECOND,
  hosts: [...REPLICAS, ...WORKERS].map((id, i) => ({
    id,
    domain: { provider: i % 2 === 0 ? "aws" : "gcp", region: "east" },
    role: "worker",
  })),
  replicas: REPLICAS,
  services: ["bank"],
  upgrades: [NEXT],
};

const storms = (kinds: readonly FaultKind[], times: number): Fault[][] =>
  fc.sample(swarm(kinds, scope, 2), { numRuns: times, seed: 7 });
const of = <K extends FaultKind>(kind: K, times: number): FaultOf<K>[] =>
  storms([kind], times).flat() as unknown as FaultOf<K>[]; // no other kind is asked for

describe("a swarm", () => {
  it("draws every kind there is, within its hours and at what there is to hit", () => {
    const drawn = new Set<FaultKind>();
    for (const fault of storms(FAULT_KINDS, 60).flat()) {
      drawn.add(fault.kind);
      expect(fault.at).toBeGreaterThanOrEqual(scope.from);
      expect(fault.at + durationOf(fault)).toBeLessThanOrEqual(scope.healAt);
    }
    expect([...drawn].sort()).toEqual([...FAULT_KINDS].sort());
  });

  it("loses one host at most for good, which is the one that may lose its data, too", () => {
    for (const faults of storms([...DAMAGE, "host-loss"], 100)) {
      const lost = new Set(faults.flatMap((fault) => ("target" in fault ? [fault.target] : [])));
      expect(lost.size).toBe(1);
      for (const id of lost) expect(REPLICAS).toContain(id);
    }
  });

  it("refuses calls with statuses that say nothing of the call itself: the next one may be taken", () => {
    const statuses = new Set(of("external-status", 200).map(({ status }) => status));
    expect([...statuses].sort()).toEqual([408, 425, 500, 502, 503, 504]);
  });

  it("upgrades the hosts that may be, to what they may be upgraded to", () => {
    const upgrades = of("upgrade", 50);
    expect(new Set(upgrades.map(({ target }) => target))).toEqual(new Set(WORKERS));
    for (const { settings } of upgrades) expect(settings).toEqual(NEXT.settings);
    expect(() => fc.sample(swarm(["upgrade"], { ...scope, upgrades: [] }, 1), 1)).toThrow(
      "needs upgrades: hosts, and the settings that they get",
    );
  });

  it("ends processes in each of the three ways, and makes leap seconds of both kinds", () => {
    expect(new Set(of("exit", 60).map(({ reason }) => reason))).toEqual(
      new Set(["exception", "out-of-memory", "exit"]),
    );
    expect(new Set(of("leap-second", 60).map(({ smear }) => smear === 0))).toEqual(new Set([true, false]));
  });
});

describe("a rolling upgrade", () => {
  const hosts = [...REPLICAS, ...WORKERS];
  const rollouts = fc.sample(rollout(scope, { hosts, settings: { batch: 5 } }), { numRuns: 200, seed: 7 });

  it("stops one host after the other, each when the last one is back", () => {
    for (const faults of rollouts) {
      expect(new Set(faults.map((fault) => ("target" in fault ? fault.target : ""))).size).toBe(
        faults.length,
      );
      faults.forEach((fault, i) => {
        const before = faults[i - 1];
        if (before !== undefined) expect(fault.at).toBeGreaterThanOrEqual(before.at + durationOf(before));
        expect(fault.at + durationOf(fault)).toBeLessThanOrEqual(scope.healAt);
      });
    }
  });

  it("stops half-way now and then, and leaves two settings in use", () => {
    const sizes = new Set(rollouts.map((faults) => faults.length));
    expect(sizes.has(hosts.length)).toBe(true);
    expect([...sizes].some((size) => size > 0 && size < hosts.length)).toBe(true);
  });
});
