import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPEN } from "../../../src/check/linearizability/operation.js";
import { parseEdn } from "../../../src/explore/formats/edn.js";
import { FormSplitter } from "../../../src/explore/formats/form-splitter.js";
import { parseHistory } from "../../../src/explore/formats/history-file.js";
import { parseHistoryJson } from "../../../src/explore/formats/history-json.js";
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

describe("the history of a drill", () => {
  const header = { format: "seedstorm-drill", version: 1, drill: "toy", plan: {} };
  const client = (at: number, phase: string, requestId: string, operation: string, value: unknown) => ({
    ...{ at, host: "a", kind: "client", phase, operation, requestId, key: "k", value },
  });

  it("is made into what its clients asked and were answered, each request for itself", () => {
    const text = lines(
      header,
      { at: 1, host: "a", kind: "host", phase: "boot", incarnation: 1 },
      client(2, "call", "a#1:1", "write", 3),
      client(3, "call", "a#1:2", "read", null),
      client(4, "info", "a#1:1", "write", null),
      client(5, "ok", "a#1:2", "read", 3),
    );
    const { operations, moment } = parseHistory(text, "h", "register");
    expect(operations).toEqual([
      { client: "a#1:1", object: "k", f: "write", input: 3, output: undefined, call: 1, ret: OPEN },
      { client: "a#1:2", object: "k", f: "read", input: null, output: 3, call: 2, ret: 4 },
    ]);
    expect(moment(2)).toBe("in line 4");
  });

  it("is refused with its line where an event of a client says nothing", () => {
    expect(complaint(lines(header, { at: 2, host: "a", kind: "client", phase: "call" }))).toBe(
      "h.jsonl:2: requestId: expected a name, got nothing",
    );
  });
});

describe("a history in JSON Lines", () => {
  it("is made into operations whose positions are those of the events", () => {
    const text = lines(
      { process: 0, type: "invoke", f: "write", value: 3, time: 10 },
      { process: 1, type: "invoke", f: "read", value: null },
      { process: 0, type: "ok", f: "write", value: 3 },
      { process: 1, type: "ok", f: "read", value: 3 },
    );
    const { operations, failed, notes, moment } = parseHistory(text, "h", "register");
    expect(operations).toEqual([
      { client: "0", object: "", f: "write", input: 3, output: true, call: 1, ret: 3 },
      { client: "1", object: "", f: "read", input: null, output: 3, call: 2, ret: 4 },
    ]);
    expect([failed, notes, moment(2)]).toEqual([0, [], "in line 2"]);
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
    const pairs = lines(
      { process: 0, type: "invoke", f: "write", value: ["k", 1] },
      { process: 0, type: "ok", f: "write", value: ["k", 1] },
    );
    const keys = lines(
      { process: 0, type: "invoke", f: "get", key: 7 },
      { process: 0, type: "ok", f: "get", value: "v" },
    );
    expect(parseHistory(pairs, "h", "kv").operations).toMatchObject([
      { object: "k", f: "put", input: 1, output: true },
    ]);
    expect(parseHistory(keys, "h", "kv").operations).toMatchObject([
      { object: "7", f: "get", input: null, output: "v" },
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
    ['{"process": 0,', "h.jsonl:1: expected one event, and the one that begins here is never closed"],
    ['{"process": 0 x}', "h.jsonl:1: expected one event as JSON, and this is not JSON"],
    [
      "hello",
      "h.jsonl:1: expected an event: a map of JSON or EDN, a line of a Jepsen log, or a line like `0 :invoke :read nil`",
    ],
    [
      lines({ process: 0, type: "invoke", f: "add", value: 1 }),
      'h.jsonl:1: f: expected one of read, write, cas for model cas-register, got "add"; models that know it: set, set-full, counter',
    ],
    ["{:process 0 :value [1 2]]}", "h.jsonl:1: a bracket is closed here that was never opened"],
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
    expect(parseEdn('{:a [1 -2.5 nil true], :b/c (), :d "q\\"\\n\\u0041"}')).toEqual({
      a: [1, -2.5, null, true],
      "b/c": [],
      d: 'q"\nA',
    });
  });
});

describe("EDN", () => {
  it("keeps what JSON has no word for apart", () => {
    expect(
      parseEdn('[:a "a" a \\a \\newline #inst "2020" #{2 1 2} {"a" 1} 1/2 4/2 ##NaN 12345678901234567890N]'),
    ).toEqual([
      { "#keyword": "a" },
      "a",
      { "#symbol": "a" },
      { "#char": "a" },
      { "#char": "\n" },
      { "#tag": ["inst", "2020"] },
      { "#set": [1, 2] },
      { "#map": [["a", 1]] },
      { "#number": "1/2" },
      2,
      { "#number": "NaN" },
      { "#number": "12345678901234567890" },
    ]);
  });

  it("passes over comments, discarded values and what is said about values", () => {
    expect(parseEdn("[1 #_ 2 #_[3 4] ; five\n ^:meta 6]")).toEqual([1, 6]);
  });

  it("reads maps with a namespace, and records as their fields", () => {
    expect(parseEdn("#:db{:id 1 :other/id 2}")).toEqual({ "db/id": 1, "other/id": 2 });
    expect(parseEdn("#knossos.op.Op{:f :read}")).toEqual({ f: { "#keyword": "read" } });
  });

  it("is not fooled by keys that look like its own words", () => {
    expect(parseEdn("{:#set [1]}")).toEqual({ "##set": [1] });
  });

  it.each([
    ["{:a 1 :a 2}", "expected every key of a map once at column 12"],
    ["[1", "expected a value at column 3"],
    ["1/0", "expected a ratio of something other than nothing at column 4"],
    ["12x", "expected a number, and 12x is none at column 4"],
    ['"a', "expected a closing quote at column 3"],
    ["##Wat", "expected ##NaN, ##Inf or ##-Inf at column 6"],
  ])("refuses %s", (text, expected) => {
    expect(() => parseEdn(text)).toThrow(expected);
  });
});

describe("JSON", () => {
  it("keeps the digits of its numbers", () => {
    expect(parseHistoryJson("[9007199254740993, 9007199254740992, 0.1, 1e2, 100.0, -0, 1e400]")).toEqual([
      { "#number": "9007199254740993" },
      9007199254740992,
      0.1,
      100,
      100,
      0,
      { "#number": "1e400" },
    ]);
  });

  it("is not fooled by texts with digits, nor by keys that look like its own words", () => {
    expect(parseHistoryJson('{"a": "9007199254740993", "#set": 1, "\\u0023n": "x\\"#"}')).toEqual({
      a: "9007199254740993",
      "##set": 1,
      "##n": 'x"#',
    });
  });
});

describe("the shapes that histories come in", () => {
  const events = [
    { process: 0, type: "invoke", f: "write", value: 3 },
    { process: 0, type: "ok", f: "write", value: 3 },
    { process: 1, type: "invoke", f: "read", value: null },
    { process: 1, type: "ok", f: "read", value: 3 },
  ];
  const edn = [
    "{:process 0, :type :invoke, :f :write, :value 3}",
    "{:process 0, :type :ok, :f :write, :value 3}",
    "{:process 1, :type :invoke, :f :read, :value nil}",
    "{:process 1, :type :ok, :f :read, :value 3}",
  ];
  const log = (prefix: string): string =>
    ["0\t:invoke\t:write\t3", "0\t:ok\t:write\t3", "1\t:invoke\t:read\tnil", "1\t:ok\t:read\t3"]
      .map((line) => prefix + line)
      .join("\n");
  const stamp = "2023-10-05 12:00:00,123{GMT}";

  it.each([
    ["JSON Lines", lines(...events)],
    ["a JSON array", JSON.stringify(events)],
    ["a JSON array over many lines", JSON.stringify(events, null, 2)],
    ["JSON events over many lines", events.map((event) => JSON.stringify(event, null, 2)).join("\n")],
    ["EDN maps", edn.join("\n")],
    ["an EDN vector", `[${edn.join("\n ")}]`],
    ["an EDN list on one line", `(${edn.join(" ")})`],
    [
      "EDN events over several lines, with comments",
      edn.map((event) => `; next\n${event.replaceAll(", ", "\n  ")}`).join("\n"),
    ],
    ["EDN records", edn.map((event) => `#jepsen.history.Op${event}`).join("\n")],
    ["Knossos' history.txt", log("")],
    ["an old Jepsen log", log("INFO  jepsen.util - ")],
    ["a Jepsen log of some years ago", log("INFO [2018-01-01 10:00:00,000] jepsen worker 0 - jepsen.util ")],
    [
      "a Jepsen log of today",
      `${stamp}\tINFO\t[main] jepsen.core: Running test\n${log(`${stamp}\tINFO\t[jepsen worker 0] jepsen.util: `)}`,
    ],
    [
      "calls and returns as Porcupine has them",
      [
        { ClientId: 0, Input: { op: "write", value: 3 }, Call: 10, Output: null, Return: 20 },
        {
          ClientId: 1,
          Input: { op: "read" },
          Call: 170,
          Output: { value: 3 },
          Return: 173,
        },
      ]
        .map((record) => JSON.stringify(record).replaceAll(/17(\d)/g, "170000000000000000$1"))
        .join("\n"),
    ],
  ])("are all read alike: %s", (_, text) => {
    const { operations } = parseHistory(text, "h", "register");
    expect(operations).toEqual([
      { client: "0", object: "", f: "write", input: 3, output: true, call: 1, ret: 2 },
      { client: "1", object: "", f: "read", input: null, output: 3, call: 3, ret: 4 },
    ]);
  });

  it("may be cut anywhere while they are read", () => {
    const text = `[${edn.join("\n ")}]`;
    for (let at = 0; at < text.length; at++) {
      const splitter = new FormSplitter();
      const forms = [
        ...splitter.push(text.slice(0, at)),
        ...splitter.push(text.slice(at)),
        ...splitter.end(),
      ];
      expect(forms).toEqual(edn.map((each, line) => ({ text: each, line: line + 1 })));
    }
  });

  it("have calls and returns in the order of their times; what touches overlaps", () => {
    const text = lines(
      { client: 2, f: "read", call: 5, return: 9, output: 1 },
      { client: 1, f: "write", value: 1, call: 1, return: 5 },
      { client: 3, f: "write", value: 2, call: 7 },
    );
    const { operations, moment } = parseHistory(text, "h", "register");
    expect(operations.map(({ client, call, ret }) => [client, call, ret])).toEqual([
      ["1", 1, 3],
      ["2", 2, 5],
      ["3", 4, OPEN],
    ]);
    expect(moment(5)).toBe("in event 5 (line 1)");
  });

  it("keep the reasons of a failure out of their values", () => {
    const text = [
      "0\t:invoke\t:cas\t[1 2]",
      "0\t:fail\t:cas\t[1 2]\t:timed-out",
      "0\t:invoke\t:read\tnil",
      "0\t:info\t:read\tindeterminate: Command failed: {oops",
    ].join("\n");
    expect(parseHistory(text, "h", "cas-register")).toMatchObject({
      failed: 1,
      operations: [{ f: "read", ret: OPEN }],
    });
  });

  it("say so when their times contradict the order of the lines, and are sorted when asked", () => {
    const text = lines(
      { process: 0, type: "ok", f: "write", value: 3, time: 20 },
      { process: 0, type: "invoke", f: "write", value: 3, time: 10 },
    );
    const sorted = parseHistory(text, "h", "register", { sorted: true });
    expect(sorted.operations).toMatchObject([{ f: "write", call: 1, ret: 2 }]);
    expect(sorted.moment(2)).toBe("in line 1");
    const late = lines(
      { process: 0, type: "invoke", f: "write", value: 3, time: 20 },
      { process: 0, type: "ok", f: "write", value: 3, time: 10 },
    );
    expect(parseHistory(late, "h", "register").notes).toEqual([
      "The times contradict the order of the lines: line 2 is earlier than line 1. Judged in the order of the lines; --sort goes by the times.",
    ]);
  });

  it("name several registers by pairs of key and value, where reads are asked so", () => {
    const text = [
      "{:process 0, :type :invoke, :f :write, :value [0 1]}",
      "{:process 0, :type :ok, :f :write, :value [0 1]}",
      "{:process 0, :type :invoke, :f :read, :value [0 nil]}",
      "{:process 0, :type :ok, :f :read, :value [0 1]}",
    ].join("\n");
    expect(parseHistory(text, "h", "register").operations).toMatchObject([
      { object: "0", input: 1 },
      { object: "0", output: 1 },
    ]);
    const mixed = `${text}\n{:process 0, :type :invoke, :f :write, :value 5}`;
    expect(() => parseHistory(mixed, "h", "register")).toThrow(
      "h:5: value: expected [key, value] as in line 3, got 5",
    );
    const plain = text.replaceAll("[0 nil]", "nil");
    expect(parseHistory(plain, "h", "register").operations).toMatchObject([
      { object: "", input: [0, 1] },
      { output: [0, 1] },
    ]);
  });

  it("have a dequeue for each item of a drain", () => {
    const text = lines(
      { process: 0, type: "invoke", f: "drain", value: null },
      { process: 0, type: "ok", f: "drain", value: [1, 2] },
    );
    expect(parseHistory(text, "h", "unordered-queue").operations).toMatchObject([
      { f: "dequeue", output: 1, call: 1, ret: 2 },
      { f: "dequeue", output: 2, call: 1, ret: 2 },
    ]);
    const open = lines({ process: 0, type: "invoke", f: "drain", value: null });
    expect(() => parseHistory(open, "h", "queue")).toThrow("h:1: a drain that was never answered");
  });

  it.each([
    [
      "bank",
      { f: "transfer", value: { from: 1 } },
      'value: expected {from, to, amount} with a whole amount for transfer, got {"from":1}',
    ],
    [
      "counter",
      { f: "add", value: 0.5 },
      "value: expected a whole number up to 1000000000000 for add, got 0.5",
    ],
    [
      "queue",
      { f: "enqueue", value: null },
      "value: expected a value that is not null for enqueue, got nothing",
    ],
    ["kv", { f: "append", key: 1, value: 5 }, "value: expected a text for append, got 5"],
  ] as const)("are refused where they are not about a %s", (model, event, message) => {
    const text = lines({ process: 0, type: "invoke", ...event });
    expect(() => parseHistory(text, "h", model)).toThrow(`h:1: ${message}`);
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
      { client: "0", f: "write", input: 2, output: true, call: 1, ret: 3 },
      { client: "1", f: "cas", input: [1, 3], output: false, call: 2, ret: 4 },
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
    expect(complaint(`{:process 0 :value ${"[".repeat(5_000)}${"]".repeat(5_000)}}`)).toContain(
      "expected no more than 32 levels at column",
    );
  });
});
