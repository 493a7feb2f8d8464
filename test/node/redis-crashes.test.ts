import { describe, expect, it } from "vitest";
import { type HostDefinition, node, redis } from "../../src/node/index.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

interface Found {
  readonly missing: readonly number[];
  readonly counted: boolean;
}

async function written(hosts: Readonly<Record<string, HostDefinition>>, faults: readonly Fault[], seed = 1) {
  const outcome = await runPrograms({ hosts, faults, seed });
  expect(outcome.violations).toEqual([]);
  const lines = printed(outcome, "a");
  return { ...(JSON.parse(lines.at(-1) ?? "{}") as Found), lines };
}

const SEEDS = [1, 2, 3, 4, 5];

/** Two crashes, and what was confirmed and is missing, for each seed. */
async function lostInCrashes(definition: HostDefinition): Promise<number[]> {
  const lost: number[] = [];
  for (const seed of SEEDS) {
    const faults = [1, 2].map((n): Fault => {
      const at = n * SECOND + seed * 170 * MILLISECOND;
      return { kind: "crash", id: `c${n}`, at, for: 300 * MILLISECOND, target: "redis" };
    });
    const found = await written({ redis: definition, a: node("redis-writes.mjs") }, faults, seed);
    lost.push(found.missing.length);
  }
  return lost;
}

describe("a Redis that crashes", () => {
  it("keeps what it confirmed with appendfsync always", async () => {
    expect(await lostInCrashes(redis({ appendfsync: "always" }))).toEqual(SEEDS.map(() => 0));
  });

  it("keeps it through crashes at its syncs, too", async () => {
    for (const side of ["before", "after"] as const) {
      for (let point = 2; point <= 5; point++) {
        const fault: Fault = {
          kind: "crash-point",
          id: "c",
          at: 0,
          for: SECOND,
          target: "redis",
          point,
          side,
        };
        const hosts = {
          redis: redis({ appendfsync: "always" }),
          a: node("redis-writes.mjs", { args: ["10"] }),
        };
        expect(await written(hosts, [fault], point)).toMatchObject({ missing: [], counted: true });
      }
    }
  });

  it("loses what it has confirmed within a second with appendfsync everysec", async () => {
    const lost = await lostInCrashes(redis());
    expect(Math.max(...lost)).toBeGreaterThan(0);
    expect(Math.max(...lost)).toBeLessThan(60);
  });

  it("cuts its file off where a crash has torn it, and loses a whole transaction or nothing of it", async () => {
    let cutOff = 0;
    for (const seed of SEEDS) {
      const fault: Fault = { kind: "crash", id: "c", at: 2_300 * MILLISECOND, for: SECOND, target: "redis" };
      const hosts = { redis: redis(), a: node("redis-writes.mjs") };
      const outcome = await runPrograms({ hosts, faults: [fault], seed });
      if (printed(outcome, "redis").some((line) => line.includes("cut off after byte"))) cutOff++;
      const found = JSON.parse(printed(outcome, "a").at(-1) ?? "{}") as Found;
      expect(found.counted).toBe(true);
    }
    expect(cutOff).toBeGreaterThan(0);
  });

  const common = { id: "f", at: SECOND, target: "redis" } as const;
  it("gives up when a sync fails that it must answer for, and starts again with what is there", async () => {
    const hosts = { redis: redis({ appendfsync: "always" }), a: node("redis-writes.mjs") };
    const outcome = await runPrograms({ hosts, faults: [{ kind: "fsync-failure", ...common }] });
    expect(printed(outcome, "redis")).toContainEqual(
      expect.stringContaining("Error writing to the AOF file"),
    );
    expect(JSON.parse(printed(outcome, "a").at(-1) ?? "{}")).toMatchObject({ missing: [], counted: true });
  });

  it("refuses writes while its disk is full, and goes on after that", async () => {
    const hosts = { redis: redis(), a: node("redis-writes.mjs") };
    const outcome = await runPrograms({ hosts, faults: [{ kind: "disk-full", for: SECOND, ...common }] });
    expect(printed(outcome, "a").slice(0, -1)).toContainEqual(expect.stringContaining("MISCONF"));
    expect(JSON.parse(printed(outcome, "a").at(-1) ?? "{}")).toMatchObject({ missing: [], counted: true });
  });

  it("loses all without an append-only file", async () => {
    const [lost = 0] = await lostInCrashes(redis({ appendonly: false }));
    expect(lost).toBeGreaterThan(20);
  });
});

describe("a replica", () => {
  const hosts = {
    redis: redis({ appendfsync: "always" }),
    copy: redis({ replicaOf: "redis" }),
    a: node("redis-writes.mjs", { args: ["40", "copy"] }),
  };

  it("has what its master had, refuses writes, and takes over", async () => {
    const found = await written(hosts, []);
    expect(found.missing).toEqual([]);
    expect(found.lines[0]).toBe("replica: READONLY You can't write against a read only replica.");
  });

  it("gets again what it missed while it was down", async () => {
    const fault: Fault = { kind: "crash", id: "c", at: SECOND, for: 500 * MILLISECOND, target: "copy" };
    expect((await written(hosts, [fault])).missing).toEqual([]);
  });

  it("has what was waited for, when its master is lost", async () => {
    const crash: Fault = { kind: "crash", id: "c", at: 2 * SECOND, for: 20 * SECOND, target: "redis" };
    const waiting = node("redis-writes.mjs", { args: ["40", "copy", "wait"] });
    const found = await written({ ...hosts, a: waiting }, [crash]);
    expect(found).toMatchObject({ missing: [], counted: true });
  });

  it("has not got what was not replicated when it takes over", async () => {
    const fault: Fault = {
      kind: "partition",
      id: "p",
      at: SECOND,
      for: 20 * SECOND,
      a: ["redis"],
      b: ["copy"],
      oneWay: false,
    };
    expect((await written(hosts, [fault])).missing.length).toBeGreaterThan(0);
  });
});
