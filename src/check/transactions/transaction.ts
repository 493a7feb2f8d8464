/** Transactions as clients saw them: what each read and wrote, and when it began and ended. */
import type { Json } from "../../sim/plan.js";
import { canonical, exoticOf, shownJson } from "../values.js";

export interface ReadOperation {
  readonly f: "read";
  /** Keys are told apart by their canonical text. */
  readonly key: string;
  /** What was read; undefined when it is unknown. */
  readonly value: Json | undefined;
}

export interface WriteOperation {
  /** `append` adds to a list; `write` puts in place of what was there. */
  readonly f: "write" | "append";
  readonly key: string;
  readonly value: Json;
}

export type MicroOperation = ReadOperation | WriteOperation;

export interface Transaction {
  /** Who asked for it; one who asks for one thing at a time has an order in them. */
  readonly client: string;
  readonly operations: readonly MicroOperation[];
  /** `unknown`: it may have been committed, or may be still. */
  readonly outcome: "committed" | "aborted" | "unknown";
  /** Position of its beginning among all events of the history. */
  readonly call: number;
  /** Position of its end; infinite where none is known. */
  readonly ret: number;
}

/** What is wrong with a list of micro-operations. */
export class TransactionError extends Error {
  override readonly name = "TransactionError";
}

const KINDS: Readonly<Record<string, MicroOperation["f"]>> = {
  r: "read",
  read: "read",
  w: "write",
  write: "write",
  append: "append",
};

/**
 * @param asked `[["r", key, null], ["append", key, value]]`.
 * @param answered the same with what was read; undefined when that is unknown.
 * @throws TransactionError
 */
export function microOperations(asked: Json, answered: Json | undefined): MicroOperation[] {
  if (!Array.isArray(asked)) {
    throw new TransactionError(
      `expected a list like [["r", key, null], ["w", key, value]], got ${shownJson(asked)}`,
    );
  }
  if (answered !== undefined && (!Array.isArray(answered) || answered.length !== asked.length)) {
    throw new TransactionError(
      `expected the ${asked.length} operations that were asked, with what they read, got ${shownJson(answered)}`,
    );
  }
  return asked.map((each: Json, index): MicroOperation => {
    const [f, key, value] = partsOf(each);
    if (f !== "read") return { f, key: canonical(key), value };
    if (answered === undefined) return { f, key: canonical(key), value: undefined };
    const [seenF, seenKey, seen] = partsOf((answered as readonly Json[])[index] ?? null);
    if (seenF !== f || canonical(seenKey) !== canonical(key)) {
      throw new TransactionError(
        `expected an answer to ${shownJson(each)}, got one to ${shownJson((answered as readonly Json[])[index] ?? null)}`,
      );
    }
    return { f, key: canonical(key), value: seen };
  });
}

function partsOf(each: Json): readonly [f: MicroOperation["f"], key: Json, value: Json] {
  const parts = Array.isArray(each) ? (each as readonly Json[]) : [];
  const [name, key, value = null] = parts;
  const word = typeof name === "string" ? name : exoticOf("keyword", name);
  const f = typeof word === "string" && Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
  if (f === undefined || key === undefined || parts.length > 3) {
    throw new TransactionError(
      `expected ["r", key, null], ["w", key, value] or ["append", key, value], got ${shownJson(each)}`,
    );
  }
  return [f, key, value];
}

/** A key for people. */
export const shownKeyName = (key: string): string => {
  const data = JSON.parse(key) as Json;
  return typeof data === "string" ? data : shownJson(data);
};

/** `append x 1, read y → [2]`. */
export function shownTransaction({ operations, outcome }: Transaction): string {
  const parts = operations.map((operation) => {
    const name = `${operation.f} ${shownKeyName(operation.key)}`;
    if (operation.f !== "read") return `${name} ${shownJson(operation.value)}`;
    return operation.value === undefined ? name : `${name} → ${shownJson(operation.value)}`;
  });
  const note = outcome === "aborted" ? " (aborted)" : outcome === "unknown" ? " (outcome unknown)" : "";
  return `${parts.join(", ")}${note}`;
}
