/** An anomaly as a small proof in sentences: let these be the transactions; then each comes before the next; a contradiction. */
import type { Json } from "../../sim/plan.js";
import { shownJson } from "../values.js";
import type { Anomaly, Step } from "./finding.js";
import { ANOMALIES } from "./levels.js";
import { shownKeyName, shownTransaction, type Transaction } from "./transaction.js";

export interface TransactionWords {
  /** A position of the history for people: `in line 17`. */
  readonly moment: (position: number) => string;
  readonly client: (client: string) => string;
}

/** The transactions that an anomaly is about, in the order in which they are named: T1, T2, … */
export function concerned(anomaly: Anomaly): readonly Transaction[] {
  return anomaly.kind === "cycle" ? anomaly.steps.map(({ from }) => from) : anomaly.transactions;
}

export function anomalyHeading(anomaly: Anomaly): string {
  return `${anomaly.name}: ${ANOMALIES[anomaly.name].sentence}.`;
}

/** The proof, line by line. */
export function anomalyProof(anomaly: Anomaly, words: TransactionWords): string[] {
  const transactions = concerned(anomaly);
  const lines = ["Let"];
  for (const [index, transaction] of transactions.entries()) {
    lines.push(`  T${index + 1} = ${shownTransaction(transaction)}   [${where(transaction, words)}]`);
  }
  if (anomaly.kind === "observation") {
    lines.push(`Then ${anomaly.reason}.`);
    return lines;
  }
  lines.push("Then");
  const count = anomaly.steps.length;
  for (const [index, step] of anomaly.steps.entries()) {
    const [one, other] = [`T${index + 1}`, `T${((index + 1) % count) + 1}`];
    lines.push(`  ${one} comes before ${other}: ${because(step, one, other, words)}.`);
  }
  lines.push("So each of them comes before itself: no order of the transactions fits.");
  return lines;
}

/** One sentence: what happened, and how one leads to the next. */
export function anomalySentence(anomaly: Anomaly, words: TransactionWords): string {
  const named = concerned(anomaly)
    .map(
      (transaction, index) =>
        `T${index + 1} = ${shownTransaction(transaction)} (${where(transaction, words)})`,
    )
    .join("; ");
  const rest =
    anomaly.kind === "observation"
      ? anomaly.reason
      : anomaly.steps
          .map((step, index) =>
            because(step, `T${index + 1}`, `T${((index + 1) % anomaly.steps.length) + 1}`, words),
          )
          .join("; ");
  return `${ANOMALIES[anomaly.name].sentence} (${anomaly.name}): ${named}; ${rest}.`;
}

const where = ({ client, call, ret }: Transaction, { moment, client: name }: TransactionWords): string =>
  Number.isFinite(ret)
    ? `${name(client)}, ${moment(call)} to ${moment(ret)}`
    : `${name(client)}, ${moment(call)}`;

/** Why the first comes before the second. */
export function because(
  { dependency, reason, from, to }: Step,
  one: string,
  other: string,
  words: TransactionWords,
): string {
  const key = reason === undefined ? "" : shownKeyName(reason.key);
  const [before, after] = [shown(reason?.before), shown(reason?.after)];
  switch (dependency) {
    case "ww":
      return `${one} wrote ${before} to ${key}, and ${other} wrote ${after} behind it`;
    case "wr":
      return `${one} wrote ${after} to ${key}, and ${other} read it`;
    case "rw": {
      const seen =
        before === undefined
          ? `${key} before anything was written to it`
          : `${key} when ${before} was the latest in it`;
      return `${one} read ${seen}, and ${other} wrote ${after === undefined ? "a later value" : after} after that`;
    }
    case "process":
      return `${words.client(from.client)} asked for ${one} first, and for ${other} after that`;
    case "realtime":
      return `${one} had ended (${words.moment(from.ret)}) before ${other} began (${words.moment(to.call)})`;
  }
}

const shown = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : shownJson(JSON.parse(value) as Json);
