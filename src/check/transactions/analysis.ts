/**
 * What a history of transactions says about the database: its anomalies by name, the consistency models that they rule
 * out, and which may still have held. Linear in the history. A model that is left has not been proved: nothing in the history contradicts it.
 */
import { type BankOptions, bank } from "./bank.js";
import { cyclesIn } from "./cycles.js";
import type { Anomaly } from "./finding.js";
import { Graph } from "./graph.js";
import { ANOMALY_NAMES, type AnomalyName, type ConsistencyModel, ruledOut, strongestLeft } from "./levels.js";
import { listAppend } from "./list-append.js";
import { rwRegister } from "./rw-register.js";
import { addProcessOrder, addRealTimeOrder } from "./time-order.js";
import type { Transaction } from "./transaction.js";

export const WORKLOADS = ["list-append", "rw-register", "bank", "long-fork"] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface Analysis {
  readonly workload: Workload;
  readonly transactions: number;
  readonly committed: number;
  readonly aborted: number;
  readonly unknown: number;
  /** Dependencies that were worked out. */
  readonly dependencies: number;
  /** Some of each kind, from bad to subtle. */
  readonly anomalies: readonly Anomaly[];
  /** From weak to strong. */
  readonly ruledOut: readonly ConsistencyModel[];
  readonly strongestLeft: readonly ConsistencyModel[];
  /** What all accounts of a bank were taken to hold. */
  readonly total: number | undefined;
}

/** Findings of one name that are kept. */
const KEPT = 8;

/** @throws TransactionError where the transactions are not of this workload. */
export function analyseTransactions(
  transactions: readonly Transaction[],
  workload: Workload,
  options: BankOptions = {},
): Analysis {
  const { anomalies, dependencies, total } = findings(transactions, workload, options);
  const names = [...new Set(anomalies.map(({ name }) => name))];
  const out = ruledOut(names);
  const by = (outcome: Transaction["outcome"]): number =>
    transactions.filter((transaction) => transaction.outcome === outcome).length;
  const kept = ANOMALY_NAMES.flatMap((name) =>
    anomalies.filter((anomaly) => anomaly.name === name).slice(0, KEPT),
  );
  return {
    workload,
    transactions: transactions.length,
    committed: by("committed"),
    aborted: by("aborted"),
    unknown: by("unknown"),
    dependencies,
    anomalies: kept,
    ruledOut: out,
    strongestLeft: strongestLeft(out),
    total,
  };
}

interface Findings {
  readonly anomalies: readonly Anomaly[];
  readonly dependencies: number;
  readonly total: number | undefined;
}

function findings(transactions: readonly Transaction[], workload: Workload, options: BankOptions): Findings {
  if (workload === "bank") {
    const { anomalies, total } = bank(transactions, options);
    return { anomalies, dependencies: 0, total };
  }
  const graph = new Graph(transactions.length);
  const observed =
    workload === "list-append" ? listAppend(transactions, graph) : rwRegister(transactions, graph);
  const dependencies = graph.edgeCount;
  addProcessOrder(transactions, graph);
  addRealTimeOrder(transactions, graph);
  const cycles = cyclesIn(transactions, graph).map((anomaly) =>
    workload === "long-fork" && isLongFork(anomaly)
      ? { ...anomaly, name: "long-fork" as AnomalyName }
      : anomaly,
  );
  return { anomalies: [...observed, ...cycles], dependencies, total: undefined };
}

/** Two who only read, and two who only write, in turns. */
function isLongFork(anomaly: Anomaly): boolean {
  if (anomaly.kind !== "cycle" || anomaly.name !== "G-nonadjacent" || anomaly.steps.length !== 4)
    return false;
  return anomaly.steps.every(({ from, dependency }) =>
    from.operations.every(({ f }) => (dependency === "rw" ? f === "read" : f === "write")),
  );
}
