import { describe, expect, it } from "vitest";
import { type HostDefinition, node, redis } from "../../src/node/index.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

describe("a Redis on a host", () => {
  it("serves ioredis", async () => {
    const outcome = await runPrograms({ hosts: { redis: redis(), a: node("redis-ioredis.mjs") } });
    expect(outcome.violations).toEqual([]);
    expect(printed(outcome, "a")).toEqual([
      'set: ["OK","1",null,42]',
      "bytes: [0,255,13,10]",
      'unicode: ["€",3]',
      'hash: [2,{"x":"1","y":"2"},6,2,0]',
      'list: [3,5,["y","z","a","b","c"],"c",1,"OK",["y"]]',
      'set type: [2,["a","b"],1,2,0]',
      'sorted set: [3,["a","1","aa","2","b","2"],["aa","b"],2,"1.5",["a","1.5"],["aa","b"]]',
      'stream: ["1-1","1-2",2,[["1-1",["k","v"]],["1-2",["k","w"]]],[["x",[["1-2",["k","w"]]]]],1]',
      'transaction: [[null,"OK"],[null,2],[null,"2"]]',
      "watched: null",
      'script: [["a","x","42",3,null,"fine"]]',
      'wrong type: "WRONGTYPE Operation against a key holding the wrong kind of value"',
      `unknown: "ERR unknown command 'NOSUCH', with args beginning with: 'x' (this simulated server does not have it)"`,
      `arguments: "ERR wrong number of arguments for 'get' command"`,
      'script error: "WRONGTYPE Operation against a key holding the wrong kind of value"',
      "lasts: [true,-1,-2]",
      "expired: [null,0]",
      'blocked: ["q","job"]',
      "waited in vain: null",
      "published: 2",
      'messages: [["news","hello"],["n*","news","hello"]]',
      'scan: ["0",["a","b","x"]]',
      'pipeline: ["OK",2,"WRONGTYPE Operation against a key holding the wrong kind of value"]',
    ]);
  });

  it("serves node-redis, in both versions of the protocol", async () => {
    const outcome = await runPrograms({ hosts: { redis: redis(), a: node("redis-node-redis.mjs") } });
    expect(outcome.violations).toEqual([]);
    const once = [
      'ping: "PONG"',
      'set: ["OK","1",2]',
      'hash: [2,{"x":"1","y":"2"}]',
      'set type: [2,["a","b"]]',
      'sorted set: [1,[{"value":"a","score":1.5}],1.5]',
      'transaction: ["OK",2]',
      'stream: ["1-1",[{"id":"1-1","message":{"k":"v"}}],[{"name":"x","messages":[{"id":"1-1","message":{"k":"v"}}]}]]',
      'script: "[\\"v\\",1,{\\"a\\":1.5}]"',
      'message: "hello"',
    ];
    expect(printed(outcome, "a")).toEqual([...once, ...once]);
  });

  it("serves BullMQ, the same in both runs of a seed", async () => {
    const hosts = { redis: redis(), a: node("redis-bullmq.mjs") };
    const outcome = await runPrograms({ hosts });
    expect(outcome.violations).toEqual([]);
    expect(printed(outcome, "a").filter((line) => !line.startsWith("connect "))).toEqual([
      'counts: {"wait":2,"delayed":1,"prioritized":2,"active":0}',
      'returned: "same done"',
      'order: ["plain","same","high","low"]',
      'late: "delayed done"',
      'retried: "fails done"',
      'failed: "always"',
      'flow: ["left done","right done"]',
      "ticks: 4",
      "paused: [true,false]",
      "resumed: true",
      'ended: {"completed":14,"failed":1,"active":0,"delayed":0}',
      "heard: true",
      "closed",
    ]);
    expect((await runPrograms({ hosts })).history).toEqual(outcome.history);
  });
});

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
