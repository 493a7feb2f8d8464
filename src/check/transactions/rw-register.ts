/**
 * Registers that transactions read and write: every value is written to a key once. A read tells whose write it saw; in which order the
 * versions came is known only in part. Nothing stands before the value at the beginning (null), and who read a version
 * and wrote the key itself wrote a later one. More is not assumed, so whatever is found is there.
 */
import type { Json } from "../../sim/plan.js";
import { ensure } from "../maps.js";
import { canonical, shownJson } from "../values.js";
import { addReadersBefore, type Later } from "./fan-out.js";
import type { Anomaly } from "./finding.js";
import { type Graph, WR } from "./graph.js";
import { shownKeyName, type Transaction, TransactionError } from "./transaction.js";

interface Write {
  readonly index: number;
  /** The last that its transaction writes to the key. */
  last: boolean;
}

interface Key {
  readonly key: string;
  readonly writes: Map<string, Write>;
  /** Who read which version before writing the key itself; null is the version at the beginning. */
  readonly readers: Map<string, number[]>;
  /** Who read a version and wrote the key after that. */
  readonly overwriters: Map<string, number[]>;
}

const NOTHING = canonical(null);

/** Adds the dependencies of the registers to the graph; what is wrong by itself is given back. @throws TransactionError */
export function rwRegister(transactions: readonly Transaction[], graph: Graph): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const keys = new Map<string, Key>();
  const keyOf = (key: string): Key =>
    ensure(keys, key, () => ({ key, writes: new Map(), readers: new Map(), overwriters: new Map() }));
  for (const [index, transaction] of transactions.entries()) gather(index, transaction, keyOf, anomalies);
  for (const key of keys.values()) addKey(key, transactions, graph, anomalies);
  return anomalies;
}

function gather(
  index: number,
  transaction: Transaction,
  keyOf: (key: string) => Key,
  anomalies: Anomaly[],
): void {
  const own = new Map<
    string,
    { read: string | undefined; current: string | undefined; write: Write | undefined }
  >();
  for (const operation of transaction.operations) {
    const key = keyOf(operation.key);
    const state = ensure(own, operation.key, () => ({
      read: undefined,
      current: undefined,
      write: undefined,
    }));
    if (operation.f === "append") {
      throw new TransactionError(
        `an rw-register history has no appends, and this one appends to ${shownKeyName(operation.key)}`,
      );
    }
    if (operation.f === "write") {
      const value = canonical(operation.value);
      if (value === NOTHING || key.writes.has(value)) {
        const what =
          value === NOTHING ? "null stands for the beginning, and is" : `${shownJson(operation.value)} is`;
        const wish =
          value === NOTHING
            ? ""
            : " twice; every value must be written to a key once, or nobody knows whose was seen";
        throw new TransactionError(`${what} written to ${shownKeyName(operation.key)}${wish}`);
      }
      if (state.write !== undefined) state.write.last = false;
      state.write = { index, last: true };
      key.writes.set(value, state.write);
      state.current = value;
      continue;
    }
    if (operation.value === undefined || transaction.outcome !== "committed") continue;
    const value = canonical(operation.value);
    if (state.current !== undefined && value !== state.current) {
      const reason = `T1 reads ${shownKeyName(operation.key)} as ${shownJson(operation.value)}, where by what it did before it must be ${shown(state.current)}`;
      anomalies.push({ kind: "observation", name: "internal", transactions: [transaction], reason });
    }
    if (state.current === undefined) {
      state.read = value;
      push(key.readers, value, index);
    }
    state.current = value;
  }
  for (const [name, { read, write }] of own) {
    if (read !== undefined && write !== undefined) push(keyOf(name).overwriters, read, index);
  }
}

function push(lists: Map<string, number[]>, name: string, item: number): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [item]);
  else known.push(item);
}

const shown = (value: string): string => shownJson(JSON.parse(value) as Json);

function addKey(
  { key, writes, readers, overwriters }: Key,
  transactions: readonly Transaction[],
  graph: Graph,
  anomalies: Anomaly[],
): void {
  const name = shownKeyName(key);
  const at = (index: number): Transaction => transactions[index] as Transaction; // indexes of the list
  for (const [value, indexes] of readers) {
    const write = writes.get(value);
    const [first = 0] = indexes;
    if (write === undefined && value !== NOTHING) {
      const reason = `T1 reads ${name} as ${shown(value)}, which nobody wrote`;
      anomalies.push({ kind: "observation", name: "unwritten-read", transactions: [at(first)], reason });
    }
    if (write !== undefined) {
      const writer = at(write.index);
      const other = indexes.find((index) => index !== write.index);
      if (indexes.includes(write.index)) {
        const reason = `T1 reads ${name} as ${shown(value)}, and writes that only later`;
        anomalies.push({ kind: "observation", name: "internal", transactions: [writer], reason });
      }
      if (writer.outcome === "aborted") {
        const reason = `T1 reads ${name} as ${shown(value)}, which T2 wrote and T2 was aborted`;
        anomalies.push({ kind: "observation", name: "G1a", transactions: [at(first), writer], reason });
      } else if (!write.last && other !== undefined) {
        const reason = `T1 reads ${name} as ${shown(value)}, and T2, which wrote that, went on to write another value`;
        anomalies.push({ kind: "observation", name: "G1b", transactions: [at(other), writer], reason });
      }
      for (const index of indexes) graph.add(write.index, index, WR, { key, after: value });
    }
  }
  for (const [value, indexes] of overwriters) {
    const [one, other] = indexes;
    if (one === undefined || other === undefined) continue;
    const reason = `T1 and T2 both read ${name} as ${shown(value)} and both wrote it`;
    anomalies.push({ kind: "observation", name: "lost-update", transactions: [at(one), at(other)], reason });
  }
  // Whoever read a version comes before all that wrote a later one; nothing is earlier than the beginning.
  const seen = new Set([...readers.keys()]);
  const certain = [...writes].filter(
    ([value, { index }]) =>
      at(index).outcome === "committed" || (seen.has(value) && at(index).outcome === "unknown"),
  );
  for (const [value, indexes] of readers) {
    const later: readonly Later[] =
      value === NOTHING
        ? certain.filter(([, { last }]) => last).map(([after, { index }]) => ({ index, after }))
        : (overwriters.get(value) ?? []).map((index) => ({ index }));
    const before = value === NOTHING ? { key } : { key, before: value };
    addReadersBefore(graph, indexes, later, before);
  }
}
