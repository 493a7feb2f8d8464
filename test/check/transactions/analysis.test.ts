/** The textbook histories of transactions, each with its verdict; and random ones against trying everything. */
import { describe, expect, it } from "vitest";
import {
  analyseTransactions,
  anomalyProof,
  type ConsistencyModel,
  microOperations,
  type Transaction,
  type Workload,
} from "../../../src/check/transactions/index.js";
import type { Json } from "../../../src/sim/plan.js";
import { Random } from "../../../src/sim/random.js";

/** `r x 1,2` reads a list, `r x =1` a register, `a x 1` appends, `w x 1` writes. */
function micro(text: string): Json[] {
  return text.split("; ").map((part): Json => {
    const [f = "", key = "", value = ""] = part.split(" ");
    if (f === "a") return ["append", key, Number(value)];
    if (f === "w") return ["w", key, Number(value)];
    if (value.startsWith("=")) return ["r", key, value === "=" ? null : Number(value.slice(1))];
    return ["r", key, value === "" ? [] : value.split(",").map(Number)];
  });
}

interface Row {
  readonly text: string;
  readonly process?: number;
  readonly outcome?: Transaction["outcome"];
  /** Begins and ends there; all at the same time when left out. */
  readonly at?: readonly [number, number];
}

const txn = (
  { text, process = 0, outcome = "committed", at = [0, 1000] }: Row,
  index: number,
): Transaction => ({
  client: String(process === 0 ? index + 1 : process),
  operations: microOperations(micro(text), outcome === "committed" ? micro(text) : undefined),
  outcome,
  call: at[0],
  ret: outcome === "committed" ? at[1] : Number.POSITIVE_INFINITY,
});

const analysed = (workload: Workload, ...rows: readonly (string | Row)[]) =>
  analyseTransactions(
    rows.map((row, index) => txn(typeof row === "string" ? { text: row } : row, index)),
    workload,
  );

describe("textbook histories of lists", () => {
  const aborted = (text: string): Row => ({ text, outcome: "aborted" });
  const cases: readonly (readonly [
    string,
    readonly (string | Row)[],
    readonly string[],
    ConsistencyModel | undefined,
  ])[] = [
    ["serial", ["a x 1", "r x 1; a x 2", "r x 1,2"], [], undefined],
    ["two appends that nobody saw", ["a x 1", "r x 1; a x 2; a x 3"], [], undefined],
    ["G0, dirty write", ["a x 1; a y 1", "a x 2; a y 2", "r x 1,2; r y 2,1"], ["G0"], "read-uncommitted"],
    ["G1a, aborted read", [aborted("a x 1"), "r x 1"], ["G1a"], "read-committed"],
    ["dirty update", [aborted("a x 1"), "a x 2", "r x 1,2"], ["G1a", "dirty-update"], "read-committed"],
    ["G1b, intermediate read", ["a x 1; a x 2", "r x 1", "r x 1,2"], ["G1b"], "read-committed"],
    ["G1c, circular information flow", ["a x 1; r y 1", "a y 1; r x 1"], ["G1c"], "read-committed"],
    [
      "lost update",
      ["r x ; a x 1", "r x ; a x 2", "r x 1,2"],
      ["lost-update", "G-single"],
      "repeatable-read",
    ],
    ["read skew", ["r x ; r y 1", "a x 1; a y 1", "r x 1"], ["G-single"], "consistent-view"],
    ["long fork", ["a x 1", "a y 1", "r x 1; r y ", "r x ; r y 1"], ["G-nonadjacent"], "snapshot-isolation"],
    ["write skew", ["r x ; a y 1", "r y ; a x 1", "r x 1; r y 1"], ["G2-item"], "repeatable-read"],
    ["its own write not seen", ["a x 1; r x "], ["internal"], "consistent-view"],
    ["a read that is not repeatable", ["r x ; r x 1", "a x 1"], ["internal"], "repeatable-read"],
    ["its own future", ["r x 1; a x 1"], ["internal"], "repeatable-read"],
    [
      "no order of the elements",
      ["a x 1", "a x 2", "r x 1,2", "r x 2,1"],
      ["incompatible-order"],
      "read-committed",
    ],
    ["twice the same", ["a x 1", "r x 1,1"], ["duplicate-elements"], "read-uncommitted"],
    ["out of nowhere", ["r x 7"], ["unwritten-read"], "read-uncommitted"],
    [
      "a stale read of its own process",
      [
        { text: "a x 1", process: 7, at: [0, 1] },
        { text: "r x ", process: 7, at: [2, 3] },
      ],
      ["G-single-process"],
      "strong-session-snapshot-isolation",
    ],
    [
      "a stale read",
      [
        { text: "a x 1", at: [0, 1] },
        { text: "r x ", at: [2, 3] },
      ],
      ["G-single-realtime"],
      "strong-snapshot-isolation",
    ],
    [
      "write skew over time",
      [
        { text: "r x ", at: [2, 3] },
        { text: "a x 1; r y ", at: [0, 3] },
        { text: "a y 1", at: [0, 1] },
      ],
      ["G2-item-realtime"],
      "strict-serializable",
    ],
  ];

  it.each(cases)("%s", (_, rows, names, weakest) => {
    const { anomalies, ruledOut } = analysed("list-append", ...rows);
    const found = new Set(anomalies.map(({ name }) => name));
    for (const name of names) expect(found).toContain(name);
    if (names.length === 0) expect([...found]).toEqual([]);
    if (weakest !== undefined) expect(ruledOut).toContain(weakest);
    else if (names.length === 0) expect(ruledOut).toEqual([]);
  });

  it("rules out just what it must for write skew and for a long fork", () => {
    const skew = analysed("list-append", "r x ; a y 1", "r y ; a x 1", "r x 1; r y 1").ruledOut;
    expect(skew).not.toContain("snapshot-isolation");
    expect(skew).toContain("serializable");
    const fork = analysed("list-append", "a x 1", "a y 1", "r x 1; r y ", "r x ; r y 1").ruledOut;
    expect(fork).not.toContain("parallel-snapshot-isolation");
  });

  it("tells a circle as a proof in sentences", () => {
    const { anomalies } = analysed("list-append", "r x ; a y 1", "r y ; a x 1", "r x 1; r y 1");
    const skew = anomalies.find(({ name }) => name === "G2-item");
    const words = {
      moment: (position: number) => `at ${position}`,
      client: (name: string) => `process ${name}`,
    };
    expect(skew === undefined ? [] : anomalyProof(skew, words)).toEqual([
      "Let",
      "  T1 = read x → [], append y 1   [process 1, at 0 to at 1000]",
      "  T2 = read y → [], append x 1   [process 2, at 0 to at 1000]",
      "Then",
      "  T1 comes before T2: T1 read x before anything was written to it, and T2 wrote 1 after that.",
      "  T2 comes before T1: T2 read y before anything was written to it, and T1 wrote 1 after that.",
      "So each of them comes before itself: no order of the transactions fits.",
    ]);
  });

  it("counts a transaction whose outcome is unknown as committed where it was seen, and only there", () => {
    const unknown: Row = { text: "a x 1; a y 1", outcome: "unknown" };
    expect(analysed("list-append", unknown, "r x ; r y ").anomalies).toEqual([]);
    expect(analysed("list-append", unknown, "r x 1; r y ").anomalies.map(({ name }) => name)).toEqual([]);
    expect(
      analysed("list-append", unknown, "r x 1; r y ", "r y 1").anomalies.map(({ name }) => name),
    ).toEqual(["G-single"]);
  });

  it("refuses values that are appended twice", () => {
    expect(() => analysed("list-append", "a x 1", "a x 1")).toThrow("1 is appended to x twice");
  });
});

describe("textbook histories of registers", () => {
  it.each<readonly [string, readonly (string | Row)[], readonly string[]]>([
    ["serial", ["w x 1", "r x =1; w x 2", "r x =2"], []],
    ["aborted read", [{ text: "w x 1", outcome: "aborted" }, "r x =1"], ["G1a"]],
    ["intermediate read", ["w x 1; w x 2", "r x =1"], ["G1b"]],
    ["circular information flow", ["w x 1; r y =1", "w y 1; r x =1"], ["G1c"]],
    ["lost update", ["w x 1", "r x =1; w x 2", "r x =1; w x 3"], ["lost-update"]],
    ["read skew", ["w x 1; w y 1", "r x =; r y =1"], ["G-single"]],
    ["write skew", ["r x =; w y 1", "r y =; w x 1"], ["G2-item"]],
    ["its own future", ["r x =1; w x 1"], ["internal"]],
    ["out of nowhere", ["r x =7"], ["unwritten-read"]],
    [
      "two writers who read each other's past",
      ["w x 1", "r x =1; w x 2", "r x =2; r y =1", "r x =1; w y 1"],
      [],
    ],
  ])("%s", (_, rows, names) => {
    const found = new Set(analysed("rw-register", ...rows).anomalies.map(({ name }) => name));
    expect([...found].filter((name) => names.includes(name))).toEqual([...names]);
    if (names.length === 0) expect([...found]).toEqual([]);
  });

  it("calls a fork of two readers by its name", () => {
    const { anomalies } = analysed("long-fork", "w x 1", "w y 1", "r x =1; r y =", "r x =; r y =1");
    expect(anomalies.map(({ name }) => name)).toEqual(["long-fork"]);
  });
});

describe("a bank", () => {
  const read = (balances: Readonly<Record<string, number>>): Transaction => ({
    client: "1",
    operations: Object.entries(balances).map(([key, value]) => ({
      f: "read",
      key: JSON.stringify(key),
      value,
    })),
    outcome: "committed",
    call: 0,
    ret: 1,
  });

  it("has reads that add up, and accounts that hold something", () => {
    expect(analyseTransactions([read({ a: 3, b: 7 }), read({ a: 10, b: 0 })], "bank").anomalies).toEqual([]);
    const names = (...all: readonly Transaction[]) =>
      analyseTransactions(all, "bank").anomalies.map(({ name }) => name);
    expect(names(read({ a: 3, b: 7 }), read({ a: 3, b: 6 }))).toEqual(["wrong-total"]);
    expect(names(read({ a: 11, b: -1 }))).toEqual(["negative-balance"]);
    expect(analyseTransactions([read({ a: 11, b: -1 })], "bank", { overdraft: true }).anomalies).toEqual([]);
  });
});

describe("the verdict on small random histories of lists", () => {
  const ROUNDS = 150;
  const KEYS = ["x", "y"];

  /** Up to four transactions with random reads of one order of each list, and one that reads all in the end. */
  function drawn(random: Random): Transaction[] {
    const count = random.between(2, 4);
    const parts: ["r" | "a", string, number][][] = [];
    const order = new Map<string, number[]>(KEYS.map((key) => [key, []]));
    let serial = 1;
    for (let i = 0; i < count; i++) {
      const own: ["r" | "a", string, number][] = [];
      for (let j = random.between(1, 3); j > 0; j--) {
        const key = random.pick(KEYS);
        if (own.some(([f, other]) => f === "r" && other === key)) continue;
        if (random.chance(0.5)) {
          const list = order.get(key) ?? [];
          list.splice(random.below(list.length + 1), 0, serial);
          own.push(["a", key, serial++]);
        } else if (!own.some(([, other]) => other === key)) own.push(["r", key, 0]);
      }
      parts.push(own);
    }
    const rows = parts.map((own, index): Row => {
      const text = own.map(([f, key, value]) => {
        if (f === "a") return `a ${key} ${value}`;
        const list = order.get(key) ?? [];
        return `r ${key} ${list.slice(0, random.below(list.length + 1)).join(",")}`;
      });
      const begin = random.below(10);
      return {
        text: text.join("; ") || "r x ",
        process: index + 1,
        at: [2 * begin, 2 * (begin + random.below(10)) + 1],
      };
    });
    const last = KEYS.map((key) => `r ${key} ${(order.get(key) ?? []).join(",")}`).join("; ");
    return [...rows, { text: last, process: 9, at: [100, 101] as const }].map(txn);
  }

  type State = Readonly<Record<string, readonly number[]>>;

  /** The state after it; undefined when it can't have read what it did. */
  function applied(state: State, { operations }: Transaction): State | undefined {
    let after = state;
    for (const { f, key, value } of operations) {
      const list = after[key] ?? [];
      if (f !== "read") after = { ...after, [key]: [...list, Number(value)] };
      else if (JSON.stringify(value) !== JSON.stringify(list)) return undefined;
    }
    return after;
  }

  function isSerializable(state: State, left: readonly Transaction[], strict: boolean): boolean {
    if (left.length === 0) return true;
    return left.some((next) => {
      if (strict && left.some(({ ret }) => ret < next.call)) return false;
      const after = applied(state, next);
      return (
        after !== undefined &&
        isSerializable(
          after,
          left.filter((other) => other !== next),
          strict,
        )
      );
    });
  }

  interface Begun {
    readonly transaction: Transaction;
    readonly snapshot: State;
    /** How much of each list was there at its beginning. */
  }

  /** Every order of beginnings and commits: reads from the snapshot, and nobody commits what somebody else changed meanwhile. */
  function isSnapshotIsolated(
    state: State,
    waiting: readonly Transaction[],
    begun: readonly Begun[],
  ): boolean {
    if (waiting.length === 0 && begun.length === 0) return true;
    const begins = waiting.some((next) =>
      isSnapshotIsolated(
        state,
        waiting.filter((other) => other !== next),
        [...begun, { transaction: next, snapshot: state }],
      ),
    );
    if (begins) return true;
    return begun.some((one) => {
      if (applied(one.snapshot, one.transaction) === undefined) return false;
      const written = new Set(
        one.transaction.operations.filter(({ f }) => f !== "read").map(({ key }) => key),
      );
      for (const key of written)
        if ((state[key] ?? []).length !== (one.snapshot[key] ?? []).length) return false;
      let after = state;
      for (const { f, key, value } of one.transaction.operations) {
        if (f !== "read") after = { ...after, [key]: [...(after[key] ?? []), Number(value)] };
      }
      return isSnapshotIsolated(
        after,
        waiting,
        begun.filter((other) => other !== one),
      );
    });
  }

  it("is what trying everything finds: serializable, strictly so, and snapshot isolation", () => {
    const counts = { serializable: 0, "strict-serializable": 0, "snapshot-isolation": 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const transactions = drawn(new Random(`transactions/${round}`));
      const { ruledOut } = analyseTransactions(transactions, "list-append");
      const expected = {
        serializable: isSerializable({}, transactions, false),
        "strict-serializable": isSerializable({}, transactions, true),
        "snapshot-isolation": isSnapshotIsolated({}, transactions, []),
      };
      for (const model of ["serializable", "strict-serializable", "snapshot-isolation"] as const) {
        if (ruledOut.includes(model) === expected[model]) {
          throw new Error(
            `round ${round}: ${model} should ${expected[model] ? "" : "not "}hold: ${JSON.stringify(transactions)}`,
          );
        }
        if (expected[model]) counts[model]++;
      }
    }
    for (const held of Object.values(counts)) {
      expect(held).toBeGreaterThan(ROUNDS / 50);
      expect(held).toBeLessThan(ROUNDS * 0.95);
    }
  });
});
