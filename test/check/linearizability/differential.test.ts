/** The checker against brute force, on thousands of small random histories of which about half have no order. */
import { describe, expect, it } from "vitest";
import { hasOrderByTrying } from "../../../bench/histories.js";
import { checkLinearizability } from "../../../src/check/linearizability/check.js";
import type { Model } from "../../../src/check/linearizability/model.js";
import {
  casRegisterModel,
  kvModel,
  lockModel,
  queueModel,
  registerModel,
} from "../../../src/check/linearizability/models/index.js";
import { OPEN, type Operation } from "../../../src/check/linearizability/operation.js";
import { accountForQueue } from "../../../src/check/linearizability/queue-accounting.js";
import { Budget, search } from "../../../src/check/linearizability/search.js";
import type { Json } from "../../../src/sim/plan.js";
import { Random } from "../../../src/sim/random.js";

interface Kind<S> {
  readonly model: Model<S>;
  /** What is asked, and answers that may be right. */
  readonly draw: (
    random: Random,
    serial: number,
  ) => { readonly f: string; readonly input: Json; readonly output: Json };
}

const small = (random: Random): number | null => (random.below(4) === 0 ? null : random.below(2));

const register: Kind<unknown> = {
  model: registerModel as Model<unknown>,
  draw: (random) =>
    random.chance(0.5)
      ? { f: "read", input: null, output: small(random) }
      : { f: "write", input: random.below(2), output: true },
};
const casRegister: Kind<unknown> = {
  model: casRegisterModel as Model<unknown>,
  draw: (random, serial) =>
    random.chance(0.5)
      ? register.draw(random, serial)
      : { f: "cas", input: [small(random), random.below(2)], output: random.chance(0.5) },
};
const TEXTS = ["", "a", "b", "ab", "ba", "aa"];
const kv: Kind<unknown> = {
  model: kvModel as Model<unknown>,
  draw(random) {
    const kind = random.below(5);
    if (kind < 2) return { f: "get", input: null, output: random.chance(0.2) ? null : random.pick(TEXTS) };
    if (kind === 2) return { f: "put", input: random.pick(TEXTS), output: true };
    if (kind === 3) return { f: "append", input: random.pick(["a", "b"]), output: true };
    return { f: "delete", input: null, output: true };
  },
};
const lock: Kind<unknown> = {
  model: lockModel as Model<unknown>,
  draw: (random) => ({
    f: random.chance(0.5) ? "acquire" : "release",
    input: null,
    output: random.chance(0.8),
  }),
};
const queue: Kind<unknown> = {
  model: queueModel as Model<unknown>,
  draw: (random, serial) =>
    random.chance(0.5)
      ? { f: "enqueue", input: random.chance(0.9) ? serial : 0, output: true }
      : { f: "dequeue", input: null, output: random.chance(0.25) ? null : random.below(serial + 1) },
};

/** Up to seven operations of three clients, some of which are never answered. */
function history({ draw }: Kind<unknown>, random: Random): Operation[] {
  const count = random.between(2, 7);
  const operations: Operation[] = [];
  const open: { client: number; at: number }[] = [];
  let position = 0;
  const clients = [0, 1, 2];
  const calls: (Omit<Operation, "ret" | "output"> & { output: Json })[] = [];
  while (operations.length < count) {
    const canCall = clients.length > 0 && calls.length < count;
    if (canCall && (open.length === 0 || random.chance(0.5))) {
      const client = clients.shift() ?? 0;
      const { f, input, output } = draw(random, calls.length);
      calls.push({ client: String(client), object: "", f, input, output, call: position++ });
      open.push({ client, at: calls.length - 1 });
      continue;
    }
    const [ended] = open.splice(random.below(open.length), 1);
    const call = calls[ended?.at ?? 0];
    if (ended === undefined || call === undefined) throw new Error("nothing is open");
    const lost = random.chance(0.15);
    operations.push(lost ? { ...call, output: undefined, ret: OPEN } : { ...call, ret: position++ });
    clients.push(lost ? ended.client + 10 : ended.client);
  }
  return operations.sort((a, b) => a.call - b.call);
}

const KINDS = [register, casRegister, kv, lock, queue];
const ROUNDS = 4_000;

describe("the search", () => {
  it.each(KINDS.map((kind) => [kind.model.name, kind] as const))(
    "agrees with brute force on small random histories of a %s",
    (name, kind) => {
      let without = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const operations = history(kind, new Random(`differential/${name}/${round}`));
        const expected = hasOrderByTrying(kind.model, operations);
        if (!expected) without++;
        const { verdict } = search(kind.model, operations, new Budget(1_000_000));
        if ((verdict === "linearizable") !== expected) {
          throw new Error(`round ${round}: ${verdict}, expected ${expected}: ${JSON.stringify(operations)}`);
        }
      }
      expect(without).toBeGreaterThan(ROUNDS / 20);
      expect(without).toBeLessThan(ROUNDS * 0.95);
    },
  );

  it("agrees with brute force when its memo has room for next to nothing", () => {
    for (let round = 0; round < ROUNDS / 4; round++) {
      const operations = history(casRegister, new Random(`tiny/${round}`));
      const memo = { words: 16, characters: 40 };
      const { verdict } = search(casRegister.model, operations, new Budget(1_000_000), { memo });
      expect(verdict === "linearizable").toBe(hasOrderByTrying(casRegister.model, operations));
    }
  });
});

describe("the shortest beginning without an order", () => {
  it.each(KINDS.map((kind) => [kind.model.name, kind] as const))(
    "is the one that brute force finds, for a %s",
    (name, kind) => {
      for (let round = 0; round < ROUNDS / 4; round++) {
        const operations = history(kind, new Random(`shortest/${name}/${round}`));
        const [contradiction] = checkLinearizability(kind.model, operations).contradictions;
        expect(contradiction?.culprit.ret).toBe(firstWithoutOrder(kind.model, operations));
      }
    },
  );
});

/** The first answer with which brute force finds no order any more. */
function firstWithoutOrder(model: Model<unknown>, operations: readonly Operation[]): number | undefined {
  const answers = operations.map(({ ret }) => ret).filter((ret) => ret !== OPEN);
  return answers
    .sort((a, b) => a - b)
    .find((until) => {
      const known = operations
        .filter(({ call }) => call <= until)
        .map((operation) =>
          operation.ret <= until ? operation : { ...operation, output: undefined, ret: OPEN },
        );
      return !hasOrderByTrying(model, known);
    });
}

describe("accounting for a queue", () => {
  it("never contradicts brute force, and decides whenever values are distinct and every dequeue was answered", () => {
    let decided = 0;
    let right = 0;
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const operations = history(queue, new Random(`accounting/${round}`));
      const accounting = accountForQueue(operations);
      const values = operations.filter(({ f }) => f === "enqueue").map(({ input }) => input);
      const decidable =
        new Set(values).size === values.length &&
        operations.every(({ f, ret }) => f === "enqueue" || ret !== OPEN);
      if (decidable) expect(accounting).toBeDefined();
      if (accounting === undefined) continue;
      decided++;
      const expected = hasOrderByTrying(queue.model, operations);
      if (expected) right++;
      if ((accounting.verdict === "linearizable") !== expected) {
        throw new Error(`round ${round}: ${accounting.verdict}: ${JSON.stringify(operations)}`);
      }
    }
    expect(decided).toBeGreaterThan(ROUNDS);
    expect(right).toBeGreaterThan(ROUNDS / 20);
  });
});
