import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPEN } from "../../../src/check/linearizability/operation.js";
import { parseEdn } from "../../../src/explore/formats/edn.js";
import { parseHistory } from "../../../src/explore/formats/history-file.js";
import { InputError } from "../../../src/explore/formats/input-error.js";

const lines = (...events: readonly object[]): string =>
  events.map((event) => JSON.stringify(event)).join("\n");
const complaint = (text: string, model: Parameters<typeof parseHistory>[2] = "cas-register"): string => {
  try {
    parseHistory(text, "h.jsonl", model);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "";
};

describe("a history in JSON Lines", () => {
  it("is made into operations whose positions are line numbers", () => {
    const text = lines(
      { process: 0, type: "invoke", f: "write", value: 3, time: 10 },
      { process: 1, type: "invoke", f: "read", value: null },
      { process: 0, type: "ok", f: "write", value: 3 },
      { process: 1, type: "ok", f: "read", value: 3 },
    );
    expect(parseHistory(text, "h", "register")).toEqual({
      operations: [
        { client: "0", object: "", f: "write", input: 3, output: true, call: 1, ret: 3 },
        { client: "1", object: "", f: "read", input: null, output: 3, call: 2, ret: 4 },
      ],
      failed: 0,
    });
  });

  it("leaves out what failed, and keeps open what ended as info or never", () => {
    const text = lines(
      { process: 0, type: "invoke", f: "write", value: 1 },
      { process: 0, type: "fail", f: "write", value: 1 },
      { process: 1, type: "invoke", f: "cas", value: [1, 2] },
      { process: 1, type: "info", f: "cas", value: "timed out" },
      { process: 2, type: "invoke", f: "read", value: null },
    );
    const { operations, failed } = parseHistory(text, "h", "cas-register");
    expect(failed).toBe(1);
    expect(operations.map(({ f, ret, output }) => [f, ret, output])).toEqual([
      ["cas", OPEN, undefined],
      ["read", OPEN, undefined],
    ]);
  });

  it("passes over empty lines and a nemesis", () => {
    const text = `\n${lines({ process: "nemesis", type: "info", f: "start", value: null }, { process: 0, type: "invoke", f: "read" })}\n\n`;
    expect(parseHistory(text, "h", "register").operations).toHaveLength(1);
  });

  it("takes the key from its own field, or from a value that is a pair", () => {
    const text = lines(
      { process: 0, type: "invoke", f: "write", value: ["k", 1] },
      { process: 0, type: "ok", f: "write", value: ["k", 1] },
      { process: 0, type: "invoke", f: "get", key: "l" },
      { process: 0, type: "ok", f: "get", value: "v" },
    );
    expect(parseHistory(text, "h", "kv").operations).toMatchObject([
      { object: "k", f: "put", input: 1, output: true },
      { object: "l", f: "get", input: null, output: "v" },
    ]);
  });

  it.each([
    [
      lines({ process: 0, type: "ok", f: "read", value: 1 }),
      "h.jsonl:1: process 0 is answered, and has asked nothing",
    ],
    [
      lines({ process: 0, type: "invoke", f: "read" }, { process: 0, type: "invoke", f: "read" }),
      "h.jsonl:2: process 0 asks again before it was answered what it asked in line 1",
    ],
    [
      lines({ process: 0, type: "invoke", f: "read" }, { process: 0, type: "ok", f: "write", value: 1 }),
      "h.jsonl:2: expected an answer to read, asked in line 1, got one to write",
    ],
    [
      lines({ process: 0, type: "begin", f: "read" }),
      'h.jsonl:1: type: expected one of invoke, ok, fail, info, got "begin"',
    ],
    [
      lines({ process: [], type: "invoke", f: "read" }),
      "h.jsonl:1: process: expected a number or a name, got an empty list",
    ],
    [
      lines({ process: 0, type: "invoke", f: "pop" }),
      'h.jsonl:1: f: expected one of read, write, cas for model cas-register, got "pop"',
    ],
    [
      lines({ process: 0, type: "invoke", f: "cas", value: 1 }),
      "h.jsonl:1: value: expected [old, new] for cas, got 1",
    ],
    ["", "h.jsonl: no event in it"],
    ['{"process": 0,', "h.jsonl:1: expected one event as JSON on one line, and this is not JSON"],
    ["hello", "h.jsonl:1: expected an event as JSON, as EDN or as a line of a Jepsen log"],
    ["{:process 0 :type}", "h.jsonl:1: expected a value for every key at column 19"],
  ])("names the line that can't be used: %s", (text, expected) => {
    expect(complaint(text)).toBe(expected);
  });
});

describe("a history in EDN", () => {
  it("is read like one in JSON", () => {
    const text = [
      '{:process 0, :type :invoke, :f :put, :key "x", :value "a"}',
      '{:process 0, :type :ok, :f :put, :key "x", :value "a"}',
      '#jepsen.history.Op{:process 1, :type :invoke, :f :get, :key "x", :value nil, :time 12}',
      '{:process 1, :type :ok, :f :get, :key "x", :value "a"}',
    ].join("\n");
    expect(parseHistory(text, "h", "kv").operations).toMatchObject([
      { object: "x", f: "put", input: "a", ret: 2 },
      { object: "x", f: "get", output: "a", call: 3, ret: 4 },
    ]);
  });

  it("knows maps, vectors, texts, numbers, keywords and nothing", () => {
    expect(parseEdn('{:a [1 -2.5 nil true], "b c" #{:x}, 3 "q\\"\\n"}')).toEqual({
      a: [1, -2.5, null, true],
      "b c": ["x"],
      "3": 'q"\n',
    });
  });
});

describe("a log of Jepsen's clients", () => {
  it("is read without its other lines, and a compare-and-set that failed tells that the value was another", () => {
    const text = [
      "INFO  jepsen.core - Running test",
      "INFO  jepsen.util - 0\t:invoke\t:write\t2",
      "INFO  jepsen.util - 1\t:invoke\t:cas\t[1 3]",
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil",
      "INFO  jepsen.util - 0\t:ok\t:write\t2",
      "INFO  jepsen.util - 1\t:fail\t:cas\t[1 3]",
      "INFO  jepsen.util - 2\t:invoke\t:read\tnil",
      "INFO  jepsen.util - 2\t:fail\t:read\t:timed-out",
      "INFO  jepsen.util - 3\t:invoke\t:write\t4",
      "INFO  jepsen.util - 3\t:info\t:write\t:timed-out",
    ].join("\n");
    const { operations, failed } = parseHistory(text, "h", "cas-register");
    expect(failed).toBe(1);
    expect(operations).toMatchObject([
      { client: "0", f: "write", input: 2, output: true, call: 2, ret: 5 },
      { client: "1", f: "cas", input: [1, 3], output: false, call: 3, ret: 6 },
      { client: "3", f: "write", input: 4, output: undefined, ret: OPEN },
    ]);
  });
});

describe("mangled histories", () => {
  it("are read or refused with one sentence", () => {
    const sound = lines(
      { process: 0, type: "invoke", f: "write", value: [1, { a: "b" }] },
      { process: 0, type: "ok", f: "write", value: 3 },
      { process: 1, type: "invoke", f: "cas", value: [1, 2], key: "k" },
    );
    const edn = '{:process 0, :type :invoke, :f :read, :value [nil "x" #{1}]}';
    const mangled = fc
      .tuple(fc.constantFrom(sound, edn), fc.nat(200), fc.nat(40), fc.string({ maxLength: 12 }))
      .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
    fc.assert(
      fc.property(
        mangled,
        fc.constantFrom("register", "cas-register", "queue", "lock", "kv"),
        (text, model) => {
          const message = complaint(text, model as Parameters<typeof parseHistory>[2]);
          expect(message.includes("\n")).toBe(false);
        },
      ),
      { numRuns: 3_000, seed: 1 },
    );
  });

  it("are refused when they are nested without end", () => {
    const deep = `{"process":0,"type":"invoke","f":"write","value":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    expect(complaint(deep)).toBe("h.jsonl:1: value: expected no more than 32 levels");
    expect(complaint(`{:process 0 :value ${"[".repeat(5_000)}`)).toContain("expected nothing that deep");
  });
});
