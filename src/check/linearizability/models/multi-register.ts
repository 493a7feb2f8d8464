/**
 * Several registers that are read and written together: `read` and `write` of a map, or `txn` of micro-operations
 * (`[["r", key, null], ["w", key, value]]`). A register that was never written reads as null.
 */
import type { Json } from "../../../sim/plan.js";
import { comparable, shownJson } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { done, type Entries, map, microOperations, type Shape, verbs } from "./verbs.js";

/** Which registers are read is in the answer. */
const keys: Shape = { text: "keys", read: () => null };

export const multiRegisterVerbs = verbs(
  ["read", keys, map],
  ["write", map, done],
  ["txn", microOperations, microOperations],
);

type MicroOperation = readonly [f: string, key: string, value: Json];

/** Registers that hold something, in the order of their keys. */
export type Registers = Entries;

const valueIn = (registers: Registers, key: string): Json =>
  registers.find(([name]) => name === key)?.[1] ?? null;

function withValue(registers: Registers, key: string, value: Json): Registers {
  const others = registers.filter(([name]) => name !== key);
  if (value === null) return others;
  return [...others, [key, value] as const].sort(([a], [b]) => (a < b ? -1 : 1));
}

const isSame = (a: Json, b: Json): boolean => comparable(a) === comparable(b);

export const multiRegisterModel: Model<Registers> = {
  name: "multi-register",
  initial: [],
  knowsClients: false,
  step(registers, { f, input }, output) {
    switch (f) {
      case "read": {
        const seen = (output ?? []) as unknown as Entries; // as its shape has it
        return seen.every(([key, value]) => isSame(valueIn(registers, key), value)) ? registers : undefined;
      }
      case "write": {
        const entries = input as unknown as Entries; // as its shape has it
        return entries.reduce((after, [key, value]) => withValue(after, key, value), registers);
      }
      case "txn": {
        let after = registers;
        const asked = input as unknown as readonly MicroOperation[]; // as its shape has it
        const answered = output === undefined ? undefined : (output as unknown as readonly MicroOperation[]);
        for (const [index, [kind, key, value]] of asked.entries()) {
          if (kind === "w") after = withValue(after, key, value);
          else if (answered !== undefined && !isSame(valueIn(after, key), answered[index]?.[2] ?? null))
            return undefined;
        }
        return after;
      }
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f, input }) =>
    f === "read" ||
    (f === "txn" && (input as unknown as readonly MicroOperation[]).every(([kind]) => kind === "r")),
  key: (registers) => comparable(registers as Json),
  tellState: (registers) =>
    registers.length === 0
      ? "are all empty"
      : `hold ${registers.map(([key, value]) => `${key.replace(/^"(.*)"$/, "$1")}: ${shownJson(value)}`).join(", ")}`,
  describe: (operation) =>
    describePlainly(
      operation.f === "txn" && operation.output !== undefined ? { ...operation, input: null } : operation,
    ),
};
