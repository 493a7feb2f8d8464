import { describe, expect, it } from "vitest";
import { Blocked } from "../../src/node/services/redis/commands/command.js";
import { Engine } from "../../src/node/services/redis/engine.js";
import { fengari } from "../../src/node/services/redis/lua.js";
import { encoded, type Version } from "../../src/node/services/redis/resp.js";
import { Scripts } from "../../src/node/services/redis/scripts.js";

const lua = await fengari();
if (lua === undefined) throw new Error("fengari is a development dependency");

function engine() {
  const made = new Engine({
    now: () => 1_893_456_000_000,
    random: () => 0,
    publish: () => 0,
    scripts: new Scripts(lua as NonNullable<typeof lua>, () => {}), // as was just looked at
  });
  const send = (version: Version, ...command: string[]): string => {
    const reply = made.execute(command);
    return encoded(reply instanceof Blocked ? reply.onTimeout : reply, version);
  };
  const evaluate = (script: string, ...args: string[]): string => send(2, "EVAL", script, ...args);
  return { made, send, evaluate };
}

describe("a script", () => {
  it("reckons with doubles, and writes them as Lua 5.1 does", () => {
    const { evaluate } = engine();
    const text = (expression: string) => evaluate(`return tostring(${expression})`, "0").split("\r\n")[1];
    expect(text("10 / 2")).toBe("5");
    expect(text("3 .. ''")).toBe("3");
    expect(text("0x100000000 + 1")).toBe("4294967297");
    expect(text("2147483647 + 1")).toBe("2147483648");
    expect(text("tonumber('2000') * 3600000")).toBe("7200000000");
    expect(text("math.floor(7.5)")).toBe("7");
    expect(text("0.1")).toBe("0.1");
    expect(text("1 ..2")).toBe("12");
    expect(text("#'0x10 -- 5'")).toBe("9");
  });

  it("gives numbers to commands, and gets their replies", () => {
    const { evaluate, send } = engine();
    evaluate("redis.call('SET', KEYS[1], 1893456000000 / 1); redis.call('ZADD', 'z', 2 ^ 40, 'm')", "1", "k");
    expect(send(2, "GET", "k")).toBe("$13\r\n1893456000000\r\n");
    expect(evaluate("return redis.call('ZSCORE', 'z', 'm')", "0")).toBe("$13\r\n1099511627776\r\n");
    expect(evaluate("redis.call('SET', 'f', 0.1); return redis.call('GET', 'f')", "0")).toContain(
      "0.10000000000000001",
    );
    expect(evaluate("return redis.call('GET', 'none') == false", "0")).toBe(":1\r\n");
    expect(evaluate("return redis.call('SET', 'a', 'b')['ok']", "0")).toBe("$2\r\nOK\r\n");
    expect(evaluate("return {1, 2.9, 'x', true, {ok = 'fine'}, nil, 'lost'}", "0")).toBe(
      "*5\r\n:1\r\n:2\r\n$1\r\nx\r\n:1\r\n+fine\r\n",
    );
  });

  it("reports errors, and can go on after them", () => {
    const { evaluate } = engine();
    const [failing, caught] = ["redis.call('LPUSH', 'a', 1)", "redis.pcall('LPUSH', 'a', 1)"];
    expect(evaluate(`redis.call('SET', 'a', 1); ${failing}`, "0")).toMatch(/^-WRONGTYPE /);
    expect(evaluate(`return ${caught}['err']`, "0")).toMatch(/WRONGTYPE /);
    expect(evaluate("return redis.error_reply('MINE it is')", "0")).toBe("-MINE it is\r\n");
    expect(evaluate("local x = nil; return x.y", "0")).toMatch(/^-ERR .*index a nil value/);
    expect(evaluate("return", "1")).toMatch(/^-ERR Number of keys/);
    expect(evaluate("x = 1", "0")).toMatch(/nonexistent global variable 'x'/);
    expect(evaluate("if", "0")).toMatch(/^-ERR Error compiling script/);
    expect(evaluate("return redis.call('EVAL', 'return 1', 0)", "0")).toMatch(/not allowed from script/);
  });

  it("has JSON and MessagePack, bytes and all", () => {
    const { evaluate } = engine();
    const json = evaluate(
      "return cjson.encode(cjson.decode(ARGV[1]))",
      "0",
      '{"a":[1,2.5,{}],"b":"\\u00fc/","c":null}',
    );
    expect(json).toBe('$36\r\n{"a":[1,2.5,{}],"b":"\xc3\xbc\\/","c":null}\r\n');
    const packed = "return cjson.encode(cmsgpack.unpack(cmsgpack.pack(cjson.decode(ARGV[1]))))";
    const value = JSON.stringify({
      a: [1, -1, -200, 300, 70_000, 5_000_000_000, 1.5, true, "x".repeat(40)],
      b: { c: "d" },
    });
    expect(evaluate(packed, "0", value).split("\r\n")[1]).toBe(value);
    expect(evaluate("return #cmsgpack.unpack(ARGV[1])", "0", "\xc4\x03\x00\xff\n")).toBe(":3\r\n");
    expect(evaluate("return cjson.decode('{')", "0")).toMatch(/^-ERR /);
  });

  it("is found by its digest once it was loaded, and stands in the log as what it did", () => {
    const { made, send } = engine();
    const [, digest = ""] = send(
      2,
      "SCRIPT",
      "LOAD",
      "redis.call('SPOP', 's'); redis.call('PEXPIRE', 's', 5)",
    ).split("\r\n");
    expect(send(2, "EVALSHA", "0".repeat(40), "0")).toMatch(/^-NOSCRIPT /);
    send(2, "SADD", "s", "a", "b");
    made.takeEffects();
    send(2, "EVALSHA", digest, "0");
    expect(made.takeEffects()).toEqual([
      ["SREM", "s", "a"],
      ["PEXPIREAT", "s", "1893456000005"],
    ]);
  });
});
