/**
 * The database as its customers see it: what a list of runs or of steps shows stood there together, at a moment between the
 * question and the answer, and is never taken back.
 *
 * Read from what the database made durable, which is when a transaction counts, and from what customers were answered. A row's versions
 * are made one from the other, in the order of transactions. A row that two transactions wrote alike does not say which of
 * them was seen, and that a row is not listed says nothing.
 */
import type { EventOf, Json } from "seedstorm";
import {
  comparable,
  ensure,
  judgeTransactions,
  type MicroOperation,
  type Property,
  type StateKey,
  same,
  type Transaction,
} from "seedstorm/check";
import { asRun, asStep, runKey, stepKey } from "../records.js";
import type { Row } from "../table.js";
import { isOfDatabase } from "./state.js";

type ClientEvent = EventOf<"client">;
type DurableEvent = EventOf<"durable">;

/** The keys of rows that customers list, by their verb. */
const LISTED: Readonly<Record<string, (row: Row) => string>> = {
  list: (row) => runKey(asRun(row).id),
  "list-steps": (row) => stepKey(asStep(row).sagaId, asStep(row).stepIdx),
};
const isListed = (key: string): boolean => key.startsWith("run/") || key.startsWith("step/");

export const listsAreSnapshots: Property = {
  id: "lists-are-snapshots",
  kind: "at-end",
  sentence: "What a customer is shown stood in the database together, while it was asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = new Rows();
    const asked = new Map<string, ClientEvent>();
    const lists: { readonly call: ClientEvent; readonly answer: ClientEvent }[] = [];
    return {
      on(event) {
        if (event.kind === "durable" && isOfDatabase(event)) rows.commit(event);
        if (event.kind !== "client" || !Object.hasOwn(LISTED, event.operation)) return;
        if (event.phase === "call") asked.set(event.requestId, event);
        const call = asked.get(event.requestId);
        if (event.phase === "ok" && call !== undefined) lists.push({ call, answer: event });
      },
      end() {
        const seen = lists.map(({ call, answer }) => rows.list(call, answer));
        if (seen.some(({ operations }) => operations.length > 0)) {
          judgeTransactions(context, "strict-serializable", [...rows.commits, ...seen], "rw-register");
        }
      },
    };
  },
};

/** Of a row: who wrote it. */
interface Version {
  readonly txn: number;
  readonly name: Json;
}

/** Of a row that several transactions wrote alike. */
const AMBIGUOUS = Symbol("ambiguous");

class Rows {
  readonly commits: Transaction[] = [];
  readonly #writes: DurableEvent["writes"][] = [];
  /** By key, the oldest first. */
  readonly #versions = new Map<string, Version[]>();
  /** By key: what each transaction made of the row. */
  readonly #rows = new Map<string, { readonly row: Json; readonly name: Json }[]>();
  /** Of the keys that were asked for: the version's name, by what the row was. */
  readonly #names = new Map<string, ReadonlyMap<StateKey, Json | typeof AMBIGUOUS>>();
  /** Rows are never changed, and one that is written is listed as the very object, time and again. */
  readonly #keys = new Map<Json, StateKey>();

  commit({ txn, writes, id, host }: DurableEvent): void {
    // What is recorded again after a restart is the same, or else the first was not durable.
    const recorded = this.#writes[txn];
    if (recorded !== undefined && same(recorded as unknown as Json, writes as unknown as Json)) return; // plain data
    this.#writes[txn] = writes;
    const name: Json = { txn, event: id };
    const operations: MicroOperation[] = [];
    for (const { key, value } of writes) {
      if (!isListed(key)) continue;
      const before = ensure(this.#versions, key, () => []).filter((version) => version.txn < txn);
      this.#versions.set(key, [...before.slice(-1), { txn, name }]);
      ensure(this.#rows, key, () => []).push({ row: value, name });
      const quoted = JSON.stringify(key);
      operations.push({ f: "read", key: quoted, value: before[before.length - 1]?.name ?? null });
      operations.push({ f: "write", key: quoted, value: name });
    }
    if (operations.length === 0) return;
    const client = `${host}, transaction ${txn}`;
    this.commits.push({ client, operations, outcome: "committed", call: id, ret: id });
  }

  /** A list as a transaction that reads. To be asked for when the run is over. */
  list(call: ClientEvent, answer: ClientEvent): Transaction {
    const keyOf = LISTED[call.operation];
    const operations = (answer.value as unknown as readonly Row[]).flatMap((row): MicroOperation[] => {
      const key = keyOf?.(row) ?? "";
      const names = ensure(this.#names, key, () => this.#namesOf(key));
      const name = names.get(this.#keyOf(row)) ?? { unknown: row };
      return name === AMBIGUOUS ? [] : [{ f: "read", key: JSON.stringify(key), value: name }];
    });
    return { client: call.host, operations, outcome: "committed", call: call.id, ret: answer.id };
  }

  #namesOf(key: string): ReadonlyMap<StateKey, Json | typeof AMBIGUOUS> {
    const names = new Map<StateKey, Json | typeof AMBIGUOUS>();
    for (const { row, name } of this.#rows.get(key) ?? []) {
      const known = this.#keyOf(row);
      names.set(known, names.has(known) ? AMBIGUOUS : name);
    }
    return names;
  }

  #keyOf(row: Json): StateKey {
    return ensure(this.#keys, row, () => comparable(row));
  }
}
