/**
 * What a transactional store promises, as properties of a system in the storm: `serializable`, `strictSerializable`,
 * `snapshotIsolation`. Judged when the run is over, from what clients say of their transactions.
 *
 * A client's call has the micro-operations for its value (`[["r", "x", null], ["append", "x", 1]]`), and its `ok` the same with what was
 * read. A `fail` was aborted; an `info`, or no end at all, may have been committed.
 */

import type { HistoryEvent } from "../../sim/history.js";
import { time } from "../evidence-text.js";
import type { CheckContext, Property } from "../property.js";
import { analyseTransactions, type Workload } from "./analysis.js";
import type { Anomaly } from "./finding.js";
import { ANOMALIES, type ConsistencyModel, includes } from "./levels.js";
import { anomalySentence, concerned } from "./proof.js";
import { microOperations, type Transaction } from "./transaction.js";

export interface TransactionPropertyOptions {
  /** The property's id. */
  readonly id: string;
  /** What transactions do. Default: `list-append`. */
  readonly workload?: Exclude<Workload, "bank">;
  /** The client's operation that is a transaction. Default: `txn`. */
  readonly operation?: string;
}

const promises =
  (model: ConsistencyModel, sentence: string) =>
  (options: TransactionPropertyOptions): Property => {
    const { id, workload = "list-append", operation = "txn" } = options;
    return {
      id,
      kind: "at-end",
      sentence,
      subscribes: ["client"],
      start(context) {
        const gathered = new Gathered(operation);
        return {
          on: (event) => gathered.take(event),
          end: () => judgeTransactions(context, model, gathered.transactions(), workload),
        };
      },
    };
  };

export const serializable = promises(
  "serializable",
  "Transactions read and write as if they had taken place one after the other.",
);

export const strictSerializable = promises(
  "strict-serializable",
  "Transactions read and write as if they had taken place one after the other, in the order of time.",
);

export const snapshotIsolation = promises(
  "snapshot-isolation",
  "Transactions read one snapshot each, and none overwrites what was written after its own.",
);

type Begun = { -readonly [Field in keyof Transaction]: Transaction[Field] };

class Gathered {
  readonly #operation: string;
  readonly #open = new Map<
    string,
    { readonly asked: HistoryEvent & { readonly kind: "client" }; readonly begun: Begun }
  >();
  readonly #all: Begun[] = [];

  constructor(operation: string) {
    this.#operation = operation;
  }

  take(event: HistoryEvent): void {
    if (event.kind !== "client") return;
    const { phase, requestId, operation, value, id, host } = event;
    if (phase === "call") {
      if (operation !== this.#operation) return;
      const operations = microOperations(value, undefined);
      const begun: Begun = {
        client: host,
        operations,
        outcome: "unknown",
        call: id,
        ret: Number.POSITIVE_INFINITY,
      };
      this.#all.push(begun);
      this.#open.set(requestId, { asked: event, begun });
      return;
    }
    const open = this.#open.get(requestId);
    if (open === undefined) return;
    this.#open.delete(requestId);
    if (phase === "fail") open.begun.outcome = "aborted";
    if (phase !== "ok") return;
    open.begun.outcome = "committed";
    open.begun.operations = microOperations(open.asked.value, value);
    open.begun.ret = id;
  }

  transactions(): readonly Transaction[] {
    return this.#all;
  }
}

/** Reports what the model forbids of transactions that a property has gathered, from wherever. Positions are those of events. */
export function judgeTransactions(
  context: CheckContext,
  model: ConsistencyModel,
  transactions: readonly Transaction[],
  workload: Workload,
): void {
  if (!transactions.some(({ outcome }) => outcome === "committed")) return;
  context.checked();
  const words = {
    moment: (position: number) => `at ${time(context.event(position).at)}`,
    client: (client: string) => client,
  };
  for (const anomaly of analyseTransactions(transactions, workload).anomalies) {
    if (!forbids(model, anomaly)) continue;
    const evidence = concerned(anomaly)
      .flatMap(({ call, ret }) => (Number.isFinite(ret) ? [call, ret] : [call]))
      .sort((a, b) => a - b)
      .map((position) => context.event(position));
    context.violated(anomaly.name, anomalySentence(anomaly, words), evidence);
  }
}

const forbids = (model: ConsistencyModel, { name }: Anomaly): boolean =>
  ANOMALIES[name].rulesOut.some((weakest) => includes(model, weakest));
