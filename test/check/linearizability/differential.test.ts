/**
 * The checker against brute force, on small random histories of every kind of object, of which about half have no order, with
 * values that are easily taken for others. `bench/fuzz-histories.ts` does the same for as long as one likes.
 */
import { describe, expect, it } from "vitest";
import { differenceIn } from "../../../bench/differences.js";
import { RANDOM_KINDS, type RandomKind, randomHistory } from "../../../bench/random-histories.js";
import { checkLinearizability } from "../../../src/check/linearizability/check.js";
import { casRegisterModel, readyModel } from "../../../src/check/linearizability/models/index.js";
import { isOpen, OPEN, type Operation } from "../../../src/check/linearizability/operation.js";
import { Budget, search } from "../../../src/check/linearizability/search.js";
import { parseHistory } from "../../../src/explore/formats/history-file.js";

const ROUNDS = 150;
const KINDS = RANDOM_KINDS.map((kind, index) => [`${index}, ${kind.model}`, kind] as const);

describe("the verdict", () => {
  it.each(KINDS)(
    "agrees with brute force on small random histories, read from both formats (%s)",
    (name, kind) => {
      let without = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const { hasOrder: expected, difference } = differenceIn(kind, `differential/${name}/${round}`);
        expect(difference).toBeUndefined();
        if (!expected) without++;
      }
      expect(without).toBeGreaterThan(ROUNDS / 20);
      expect(without).toBeLessThan(ROUNDS * 0.97);
    },
  );

  it("agrees with brute force when the memo has room for next to nothing", () => {
    const kind = RANDOM_KINDS.find(({ model }) => model === "cas-register");
    if (kind === undefined) throw new Error("there is such a kind");
    for (let round = 0; round < ROUNDS; round++) {
      const { operations } = randomHistory(kind, `tiny/${round}`);
      const memo = { words: 16, characters: 40 };
      const { verdict } = search(casRegisterModel, operations.map(onObject), new Budget(1_000_000), { memo });
      expect(verdict === "linearizable").toBe(kind.hasOrder(operations));
    }
  });
});

const onObject = (operation: Omit<Operation, "object">): Operation => ({ ...operation, object: "" });

describe("the shortest beginning without an order", () => {
  // What the books of queues, and of counters with several amounts, say is not always the first thing that is wrong.
  it.each(KINDS.filter(([name]) => !/queue|16, counter/.test(name)))(
    "is the one that brute force finds (%s)",
    (name, kind) => {
      const { model, accounting, ledgerDecides } = readyModel(kind.model, kind.initial);
      for (let round = 0; round < ROUNDS / 3; round++) {
        const { operations, edn } = randomHistory(kind, `shortest/${name}/${round}`);
        const file = parseHistory(edn, "h", kind.model);
        const [contradiction] = checkLinearizability(model, file.operations, {
          accounting,
          ledgerDecides,
        }).contradictions;
        const first = contradiction === undefined ? undefined : contradiction.culprit.ret - 1;
        expect(first).toBe(firstWithoutOrder(kind, operations));
      }
    },
  );
});

/** The first answer with which brute force finds no order any more. */
function firstWithoutOrder(
  { hasOrder }: RandomKind,
  operations: readonly Omit<Operation, "object">[],
): number | undefined {
  const answers = operations.map(({ ret }) => ret).filter((ret) => ret !== OPEN);
  return answers
    .sort((a, b) => a - b)
    .find((until) => {
      const known = operations
        .filter(({ call }) => call <= until)
        .map((operation) =>
          operation.ret <= until ? operation : { ...operation, output: undefined, ret: OPEN },
        );
      return !hasOrder(known);
    });
}

describe("accounting", () => {
  /** Whether no search is needed: values are distinct, or all that is added is one and the same. */
  const decidable: Readonly<Record<string, (operations: readonly Operation[]) => boolean>> = {
    "1, register": (operations) => operations.every(({ f, output }) => f === "write" || output !== undefined),
    "6, queue": distinctItems,
    "7, unordered-queue": distinctItems,
    "13, set": (operations) => isDistinct(operations.filter(({ f }) => f === "add")),
    "14, set-full": () => true,
    "15, counter": () => true,
  };

  it.each(KINDS.filter(([name]) => name in decidable))("decides whenever it can: %s", (name, kind) => {
    let decided = 0;
    const { accounting } = readyModel(kind.model, kind.initial);
    for (let round = 0; round < ROUNDS; round++) {
      const { edn } = randomHistory(kind, `accounting/${name}/${round}`);
      const { operations } = parseHistory(edn, "h", kind.model);
      const decision = accounting?.(operations);
      if (!decidable[name]?.(operations)) continue;
      decided++;
      expect(decision).toBeDefined();
    }
    expect(decided).toBeGreaterThan(ROUNDS / 20);
  });
});

const isDistinct = (operations: readonly Operation[]): boolean =>
  new Set(operations.map(({ input }) => JSON.stringify(input))).size === operations.length;

const distinctItems = (operations: readonly Operation[]): boolean =>
  isDistinct(operations.filter(({ f }) => f === "enqueue")) &&
  operations.every((operation) => operation.f === "enqueue" || !isOpen(operation));
