/** The search on histories that are written out, and on made-up ones of the size of real ones. */
import { describe, expect, it } from "vitest";
import { kvHistory, queueHistory, registerHistory, staleHistory } from "../../../bench/histories.js";
import { checkAgainst } from "../../../src/check/linearizability/against.js";
import { checkLinearizability } from "../../../src/check/linearizability/check.js";
import {
  casRegisterModel,
  kvModel,
  lockModel,
  type ModelName,
  queueModel,
  readyModel,
  registerModel,
} from "../../../src/check/linearizability/models/index.js";
import { OPEN, type Operation } from "../../../src/check/linearizability/operation.js";
import type { Json } from "../../../src/sim/plan.js";

/** `[client, f, input, output, call, ret]` */
type Row = readonly [
  client: string,
  f: string,
  input: Json,
  output: Json | undefined,
  call: number,
  ret: number,
];

const operations = (rows: readonly Row[]): Operation[] =>
  rows.map(([client, f, input, output, call, ret]) => ({
    client,
    object: "",
    f,
    input,
    output,
    call,
    ret,
  }));

const isRead = (f: string): boolean => f === "read" || f === "get";

describe("a register", () => {
  it("may answer a read with either value while a write is under way", () => {
    const write: Row = ["a", "write", 1, true, 0, 9];
    for (const seen of [null, 1]) {
      const { verdict } = checkLinearizability(
        registerModel,
        operations([write, ["b", "read", null, seen, 1, 2]]),
      );
      expect(verdict).toBe("linearizable");
    }
  });

  it("must not go back to an older value once a read has seen the newer one", () => {
    const rows: Row[] = [
      ["a", "write", 1, true, 0, 9],
      ["b", "read", null, 1, 1, 2],
      ["c", "read", null, null, 3, 4],
    ];
    expect(checkLinearizability(registerModel, operations(rows)).verdict).toBe("not-linearizable");
  });

  it("may be written by an operation that was never answered, at any later time, or never", () => {
    const lost: Row = ["a", "write", 1, undefined, 0, OPEN];
    const late: Row[] = [lost, ["b", "read", null, null, 1, 2], ["b", "read", null, 1, 3, 4]];
    const never: Row[] = [lost, ["b", "read", null, null, 1, 2], ["b", "read", null, null, 3, 4]];
    const undone: Row[] = [lost, ["b", "read", null, 1, 1, 2], ["b", "read", null, null, 3, 4]];
    expect(checkLinearizability(registerModel, operations(late)).verdict).toBe("linearizable");
    expect(checkLinearizability(registerModel, operations(never)).verdict).toBe("linearizable");
    expect(checkLinearizability(registerModel, operations(undone)).verdict).toBe("not-linearizable");
  });

  it("lets what touches overlap: an answer and a call at the same moment are concurrent", () => {
    const rows: Row[] = [
      ["a", "write", 1, true, 0, 2],
      ["b", "read", null, null, 2, 3],
    ];
    expect(checkLinearizability(registerModel, operations(rows)).verdict).toBe("linearizable");
  });

  it("places a write that happens to change nothing now where it does change something later", () => {
    const rows: Row[] = [
      ["a", "write", 0, true, 0, 1],
      ["b", "write", 0, true, 2, 9],
      ["c", "write", 1, true, 3, 4],
      ["d", "read", null, 0, 5, 6],
    ];
    expect(checkLinearizability(registerModel, operations(rows)).verdict).toBe("linearizable");
  });

  it("knows numbers from texts, and objects whatever the order of their fields", () => {
    const kept: Row[] = [
      ["a", "write", { x: 1, y: 2 }, true, 0, 1],
      ["a", "read", null, { y: 2, x: 1 }, 2, 3],
    ];
    const changed: Row[] = [
      ["a", "write", 1, true, 0, 1],
      ["a", "read", null, "1", 2, 3],
    ];
    expect(checkLinearizability(registerModel, operations(kept)).verdict).toBe("linearizable");
    expect(checkLinearizability(registerModel, operations(changed)).verdict).toBe("not-linearizable");
  });
});

describe("a compare-and-set register", () => {
  it("must not let two compare-and-sets win on the same value", () => {
    const rows = (second: boolean): Row[] => [
      ["a", "write", 0, true, 0, 1],
      ["b", "cas", [0, 1], true, 2, 5],
      ["c", "cas", [0, 2], second, 3, 6],
    ];
    expect(checkLinearizability(casRegisterModel, operations(rows(false))).verdict).toBe("linearizable");
    expect(checkLinearizability(casRegisterModel, operations(rows(true))).verdict).toBe("not-linearizable");
  });
});

describe("a lock", () => {
  it("has one holder, and only the holder releases it", () => {
    const first: Row = ["a", "acquire", null, true, 0, 1];
    const twice: Row[] = [first, ["b", "acquire", null, true, 2, 3]];
    const stolen: Row[] = [first, ["b", "release", null, true, 2, 3]];
    const handed: Row[] = [first, ["a", "release", null, true, 2, 5], ["b", "acquire", null, true, 3, 4]];
    expect(checkLinearizability(lockModel, operations(twice)).verdict).toBe("not-linearizable");
    expect(checkLinearizability(lockModel, operations(stolen)).verdict).toBe("not-linearizable");
    expect(checkLinearizability(lockModel, operations(handed)).verdict).toBe("linearizable");
  });
});

describe("several objects", () => {
  it("are checked one by one: each may be in order where the whole would be judged by the wrong one", () => {
    const rows = operations([
      ["a", "put", "1", true, 0, 1],
      ["b", "get", null, null, 2, 3],
    ]).map((operation, i) => ({ ...operation, object: `key-${i}` }));
    expect(checkLinearizability(kvModel, rows)).toMatchObject({ verdict: "linearizable", objects: 2 });
  });
});

describe("histories of the size of real ones", () => {
  it.each([1, 2, 3, 4, 5])(
    "finds an order for 170 operations on a register, with and without lost answers (%i)",
    (seed) => {
      for (const lost of [0, 10]) {
        const result = checkLinearizability(casRegisterModel, registerHistory(seed, 170, 5, lost), {
          budget: 200_000,
        });
        expect(result.verdict).toBe("linearizable");
      }
    },
  );

  it.each([1, 2, 3, 4, 5])("finds an order for 1,700 operations of 50 clients on ten keys (%i)", (seed) => {
    const result = checkLinearizability(kvModel, kvHistory(seed), { budget: 1_000_000 });
    expect(result).toMatchObject({ verdict: "linearizable", operations: 1_700, objects: 10 });
  });

  it.each([1, 2, 3, 4, 5])("finds the one stale read among 1,700 operations (%i)", (seed) => {
    const sound = kvHistory(seed);
    const stale = staleHistory(sound, 0.6, isRead);
    const read = stale.find((operation, i) => operation !== sound[i]);
    const { verdict, contradictions } = checkLinearizability(kvModel, stale, { budget: 1_000_000 });
    expect(verdict).toBe("not-linearizable");
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]).toMatchObject({ culprit: read, shortest: true });
  });

  it("takes no budget at all for 20,000 operations on a queue of distinct values", () => {
    const { result } = checkAgainst(readyModel("queue"), queueHistory(1, 20_000, 20), telling, { budget: 1 });
    expect(result).toMatchObject({ verdict: "linearizable", steps: 0 });
  });

  it("is answered with `unknown`, never with a pass, when the budget runs out", () => {
    const { verdict, unknown, steps } = checkLinearizability(kvModel, kvHistory(1), { budget: 1_000 });
    expect(verdict).toBe("unknown");
    expect(unknown.length).toBeGreaterThan(0);
    expect(steps).toBe(1_000);
  });
});

const telling = {
  moment: (position: number) => `in line ${position}`,
  client: (client: string) => `process ${client}`,
};
const tell = (model: ModelName, rows: readonly Row[]) =>
  checkAgainst(readyModel(model), operations(rows), telling, { budget: 10_000 }).explained[0];

describe("a contradiction", () => {
  const stale: Row[] = [
    ["1", "write", 3, true, 1, 2],
    ["2", "write", 5, true, 3, 4],
    ["3", "write", 9, true, 5, 8],
    ["1", "read", null, 3, 6, 7],
    ["2", "read", null, 9, 9, 10],
  ];

  it("is explained by the shortest beginning of the history that is not linearizable", () => {
    expect(tell("register", stale)).toMatchObject({
      heading: "The register: the first 3 answers are not linearizable; fewer are.",
      answered: 3,
      shortest: true,
      known: ["holds 5", "holds 9"],
    });
  });

  it("is told as a sentence: what was answered, what alone would have been right, and since when it no longer was", () => {
    expect(tell("register", stale)?.message).toBe(
      'process 1 was answered "read → 3" in line 7 (asked in line 6), and no order of the operations explains it: whatever the order, ' +
        'the register holds 5 or 9 all the while; that fitted last before "write 5" of process 2, which had returned in line 4.',
    );
  });

  it("is told as a small proof over the operations that matter", () => {
    expect(tell("register", stale)?.proof).toEqual([
      "Let",
      "  A = write 3   [process 1, in line 1 to in line 2]",
      "  B = write 5   [process 2, in line 3 to in line 4]",
      "  C = write 9, not answered yet   [process 3, in line 5 to in line 8]",
      "  D = read → 3   [process 1, in line 6 to in line 7]",
      "Then, in every order that fits what was answered before, the register holds 5 or 9 while D is under way.",
      "But D says otherwise.",
      "It fitted last before B, which had returned (in line 4) before D was asked (in line 6).",
      "So no order fits: a contradiction.",
    ]);
  });

  it("says so when the answer itself fits, and leaves another one without a place", () => {
    const both: Row[] = [
      ["1", "write", 0, true, 1, 2],
      ["2", "cas", [0, 1], true, 3, 5],
      ["3", "cas", [0, 2], true, 4, 6],
    ];
    const told = tell("cas-register", both);
    expect(told?.message).toContain(
      "it fits only while the register holds 0, and then another answer given before has no place left",
    );
  });

  it("of a queue is told by its books", () => {
    const overtaken: Row[] = [
      ["1", "enqueue", "x", true, 1, 2],
      ["1", "enqueue", "y", true, 3, 4],
      ["2", "dequeue", null, "y", 5, 6],
    ];
    expect(tell("queue", overtaken)?.message).toBe(
      'process 2 was answered "dequeue → "y"" in line 6 (asked in line 5): "y" overtook "x", which had been enqueued before it and was never dequeued.',
    );
    const empty: Row[] = [
      ["1", "enqueue", "x", true, 1, 2],
      ["2", "dequeue", null, null, 3, 4],
    ];
    expect(tell("queue", empty)?.message).toContain(
      'nothing was found, though from "x" something was in the queue all the while',
    );
  });

  it("of a queue with a value that is enqueued twice is found by the search", () => {
    const twice: Row[] = [
      ["1", "enqueue", "x", true, 1, 2],
      ["1", "enqueue", "x", true, 3, 4],
      ["2", "dequeue", null, "y", 5, 6],
    ];
    expect(checkLinearizability(queueModel, operations(twice)).verdict).toBe("not-linearizable");
    expect(tell("queue", twice)?.message).toContain('the queue has "x" at its head and 1 more behind it');
  });
});
