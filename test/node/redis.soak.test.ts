import { describe, expect, it } from "vitest";
import { node, redis } from "../../src/node/index.js";
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
