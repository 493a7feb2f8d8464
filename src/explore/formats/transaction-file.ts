/**
 * Histories of transactions from elsewhere: each operation is a list of micro-operations (`[[:append 1 2] [:r 3 nil]]`), as
 * Jepsen's list-append, rw-register and long-fork have them; or a read or a transfer of a bank. What failed was aborted; what
 * ended as `info`, or not at all, may have been committed.
 */
import { balances, nameIn } from "../../check/linearizability/models/verbs.js";
import {
  type MicroOperation,
  microOperations,
  type Transaction,
  TransactionError,
  type Workload,
} from "../../check/transactions/index.js";
import { shownJson } from "../../check/values.js";
import type { Json } from "../../sim/plan.js";
import { InputError, shown } from "./input-error.js";
import {
  parseRawHistory,
  type RawHistory,
  type RawOperation,
  type ReadingOptions,
  readRawHistory,
} from "./raw-history.js";

export interface TransactionFile {
  readonly transactions: readonly Transaction[];
  readonly notes: readonly string[];
  readonly moment: (position: number) => string;
}

/** @throws InputError */
export async function readTransactions(
  path: string,
  workload: Workload,
  options: ReadingOptions = {},
): Promise<TransactionFile> {
  return meaningOf(await readRawHistory(path, options), workload);
}

/** @throws InputError */
export function parseTransactions(
  text: string,
  fileName: string,
  workload: Workload,
  options: ReadingOptions = {},
): TransactionFile {
  return meaningOf(parseRawHistory(text, fileName, options), workload);
}

const OUTCOMES = { ok: "committed", fail: "aborted", info: "unknown", none: "unknown" } as const;

function meaningOf(raw: RawHistory, workload: Workload): TransactionFile {
  const transactions = raw.operations.map((operation): Transaction => {
    const { client, call, end } = operation;
    const committed = end === "ok";
    try {
      const operations = workload === "bank" ? bankOperations(operation) : listed(operation, committed);
      const ret = committed ? operation.ret : Number.POSITIVE_INFINITY;
      return { client, operations, outcome: OUTCOMES[end], call, ret };
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      throw new InputError(
        `${raw.fileName}:${raw.lineOf(committed ? operation.ret : call)}: value: ${error.message}`,
      );
    }
  });
  return { transactions, notes: raw.notes, moment: raw.moment };
}

const listed = ({ asked, answer }: RawOperation, committed: boolean): MicroOperation[] =>
  microOperations(asked, committed ? (answer ?? null) : undefined);

/** A read of all accounts; a transfer says nothing about what it saw. */
function bankOperations({ f, answer, end }: RawOperation): MicroOperation[] {
  if (nameIn(f) === "transfer") return [];
  if (f !== "read") throw new TransactionError(`expected a read or a transfer, got ${shown(f)}`);
  if (end !== "ok") return [];
  const accounts = balances.read(answer ?? null);
  if (accounts === undefined)
    throw new TransactionError(`expected ${balances.text}, got ${shownJson(answer ?? null)}`);
  return (accounts as readonly (readonly [string, Json])[]).map(([key, value]) => ({
    f: "read",
    key,
    value,
  }));
}
