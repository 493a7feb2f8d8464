/**
 * `seedstorm anomalies FILE --workload NAME`: what a history of transactions says about the database that it comes from, and what
 * its consistency model can't have been.
 */
import {
  type Analysis,
  type Anomaly,
  analyseTransactions,
  anomalyHeading,
  anomalyProof,
  CONSISTENCY_MODELS,
  type ConsistencyModel,
  concerned,
  TransactionError,
  type TransactionWords,
  WORKLOADS,
  type Workload,
} from "../src/check/index.js";
import { readTransactions, type TransactionFile } from "../src/explore/index.js";
import { InputError, printable, shown, sourceName } from "../src/input/index.js";
import { transactionsHtml } from "../src/report/index.js";
import { type ExitCode, HELD, VIOLATED } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

export interface AnomaliesOptions {
  readonly workload: string;
  /** What the database promises. */
  readonly promise: string;
  /** What all accounts of a bank hold together. */
  readonly total?: number;
  /** Accounts of a bank may go below zero. */
  readonly overdraft: boolean;
  readonly sort: boolean;
  readonly json: boolean;
  /** Where a picture goes. */
  readonly html?: string;
}

/** Anomalies that are printed with their proofs; the rest is counted. */
const PRINTED = 8;

/** Exit codes: held when nothing contradicts what the database promises; violated when something does. */
export async function anomalies(
  path: string,
  options: AnomaliesOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const workload = oneOf(WORKLOADS, options.workload, "--workload");
  const promise = oneOf(CONSISTENCY_MODELS, options.promise, "--promise");
  const file = await readTransactions(path, workload, { sorted: options.sort });
  const started = terminal.now();
  const analysis = analysed(path, file, workload, options);
  const wallTimeMs = terminal.now() - started;
  const broken = analysis.ruledOut.includes(promise);
  if (options.json) {
    terminal.out([
      JSON.stringify(
        {
          file: sourceName(path),
          promise,
          ...analysis,
          anomalies: analysis.anomalies.map((anomaly) => described(anomaly, file)),
          notes: file.notes,
          wallTimeMs,
        },
        null,
        2,
      ),
    ]);
  } else {
    terminal.out([verdictLine(analysis, promise, wallTimeMs), ...file.notes, ...modelLines(analysis)]);
    for (const anomaly of analysis.anomalies.slice(0, PRINTED)) {
      const { heading, proof } = described(anomaly, file);
      terminal.out(["", heading, ...proof]);
    }
    const more = analysis.anomalies.length - PRINTED;
    if (more > 0) terminal.out(["", `${more} more: --json has them all.`]);
  }
  if (options.html !== undefined) {
    const verdict = verdictLine(analysis, promise, wallTimeMs);
    const notes = [...file.notes, ...modelLines(analysis)];
    const page = {
      file: sourceName(path),
      verdict,
      held: !broken,
      notes,
      anomalies: analysis.anomalies,
      words: wordsOf(file),
    };
    terminal.write(options.html, transactionsHtml(page));
  }
  return broken ? VIOLATED : HELD;
}

function analysed(
  path: string,
  { transactions }: TransactionFile,
  workload: Workload,
  { total, overdraft }: AnomaliesOptions,
): Analysis {
  try {
    return analyseTransactions(transactions, workload, {
      overdraft,
      ...(total === undefined ? {} : { total }),
    });
  } catch (error) {
    if (error instanceof TransactionError)
      throw new InputError(`${sourceName(path)}: ${printable(error.message)}`);
    throw error;
  }
}

const wordsOf = ({ moment }: TransactionFile): TransactionWords => ({
  moment,
  client: (client) => `process ${printable(client)}`,
});

function described(anomaly: Anomaly, file: TransactionFile) {
  return {
    name: anomaly.name,
    heading: anomalyHeading(anomaly),
    proof: anomalyProof(anomaly, wordsOf(file)).map(printable),
    transactions: concerned(anomaly),
  };
}

function verdictLine(
  { transactions, aborted, unknown, dependencies, anomalies: found }: Analysis,
  promise: ConsistencyModel,
  ms: number,
): string {
  const names = [...new Set(found.map(({ name }) => name))];
  const parts = [
    `${transactions} transactions`,
    ...(aborted > 0 ? [`${aborted} aborted`] : []),
    ...(unknown > 0 ? [`${unknown} with an unknown outcome`] : []),
    ...(dependencies > 0 ? [`${dependencies} dependencies`] : []),
    `${ms.toFixed(0)} ms`,
  ];
  const verdict = names.length === 0 ? `nothing contradicts ${promise}` : `anomalies: ${names.join(", ")}`;
  return `${verdict} · ${parts.join(" · ")}`;
}

function modelLines({ ruledOut, strongestLeft, total }: Analysis): string[] {
  const lines = total === undefined ? [] : [`All accounts together were taken to hold ${total}.`];
  if (ruledOut.length === 0) return lines;
  const left =
    strongestLeft.length === 0 ? "Nothing is left." : `What may have held: ${strongestLeft.join(", ")}.`;
  return [...lines, `Ruled out: ${ruledOut.join(", ")}. ${left}`];
}

function oneOf<T extends string>(names: readonly T[], name: string, option: string): T {
  const known = names.find((each) => each === name);
  if (known !== undefined) return known;
  throw new InputError(`${option}: expected one of ${names.join(", ")}, got ${shown(name)}`);
}
