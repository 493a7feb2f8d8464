/** A bank: transfers move money between accounts, so that every read of all of them adds up to the same. */
import type { Json } from "../../sim/plan.js";
import { shownJson } from "../values.js";
import type { Anomaly } from "./finding.js";
import { type Transaction, TransactionError } from "./transaction.js";

export interface BankOptions {
  /** What all accounts hold together; what the first read adds up to when left out. */
  readonly total?: number;
  /** Accounts may go below zero. Default false. */
  readonly overdraft?: boolean;
}

export interface BankFindings {
  readonly anomalies: readonly Anomaly[];
  readonly reads: number;
  /** What the reads were compared with; undefined where there was none. */
  readonly total: number | undefined;
}

/** @throws TransactionError */
export function bank(transactions: readonly Transaction[], options: BankOptions = {}): BankFindings {
  const anomalies: Anomaly[] = [];
  let { total } = options;
  let reads = 0;
  for (const transaction of transactions) {
    if (transaction.outcome !== "committed") continue;
    const seen = transaction.operations.filter(({ f }) => f === "read");
    if (seen.length === 0) continue;
    reads++;
    let sum = 0;
    for (const { key, value } of seen) {
      const balance = amount(value);
      sum += balance;
      if (balance < 0 && options.overdraft !== true) {
        const reason = `T1 reads ${balance} in account ${key.replace(/^"(.*)"$/, "$1")}`;
        anomalies.push({
          kind: "observation",
          name: "negative-balance",
          transactions: [transaction],
          reason,
        });
      }
    }
    total ??= sum;
    if (sum === total) continue;
    const reason = `T1 reads accounts that hold ${sum} together, where all hold ${total}`;
    anomalies.push({ kind: "observation", name: "wrong-total", transactions: [transaction], reason });
  }
  return { anomalies, reads, total };
}

function amount(value: Json | undefined): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new TransactionError(`expected a whole number in every account, got ${shownJson(value ?? null)}`);
}
