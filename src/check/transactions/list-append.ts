/**
 * Lists to which transactions append: every value once, and reads show the whole list. So a read tells the order in which
 * all that it holds was written, and the order of versions need not be guessed (Kingsbury and Alvaro, VLDB 2020).
 */
import type { Json } from "../../sim/plan.js";
import { ensure } from "../maps.js";
import { canonical, shownJson } from "../values.js";
import { addReadersBefore } from "./fan-out.js";
import type { Anomaly } from "./finding.js";
import { type Graph, RW, WR, WW } from "./graph.js";
import type { AnomalyName } from "./levels.js";
import { shownKeyName, type Transaction, TransactionError } from "./transaction.js";

interface Append {
  readonly index: number;
  /** Later appends to the key have higher ones. */
  readonly serial: number;
  readonly value: Json;
  /** The last that its transaction appends to the key. */
  last: boolean;
}

interface Read {
  readonly index: number;
  readonly elements: readonly string[];
}

interface Key {
  readonly key: string;
  /** By element. */
  readonly appends: Map<string, Append>;
  /** What committed transactions read of it before they appended to it themselves. */
  readonly reads: Read[];
}

/** Adds the dependencies of the lists to the graph; what is wrong by itself is given back. @throws TransactionError */
export function listAppend(transactions: readonly Transaction[], graph: Graph): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const keys = new Map<string, Key>();
  const keyOf = (key: string): Key => ensure(keys, key, () => ({ key, appends: new Map(), reads: [] }));
  for (const [index, transaction] of transactions.entries()) gather(index, transaction, keyOf, anomalies);
  for (const key of keys.values()) new ListOrder(key, transactions, graph, anomalies).add();
  return anomalies;
}

function gather(
  index: number,
  transaction: Transaction,
  keyOf: (key: string) => Key,
  anomalies: Anomaly[],
): void {
  /** What it must see of a key: what it read, with what it appended since; the read is left out where there was none. */
  const own = new Map<string, { read: readonly string[] | undefined; appended: string[] }>();
  const last = new Map<string, Append>();
  for (const operation of transaction.operations) {
    const key = keyOf(operation.key);
    const state = ensure(own, operation.key, () => ({ read: undefined, appended: [] }));
    if (operation.f === "write") {
      throw new TransactionError(
        `a list-append history has no writes, and this one writes ${shownKeyName(operation.key)}`,
      );
    }
    if (operation.f === "append") {
      const element = canonical(operation.value);
      if (key.appends.has(element)) {
        throw new TransactionError(
          `${shownJson(operation.value)} is appended to ${shownKeyName(operation.key)} twice; every value must be appended once, or nobody knows whose was seen`,
        );
      }
      const append = { index, serial: key.appends.size, value: operation.value, last: true };
      const before = last.get(operation.key);
      if (before !== undefined) before.last = false;
      last.set(operation.key, append);
      key.appends.set(element, append);
      state.appended.push(element);
      continue;
    }
    if (operation.value === undefined || transaction.outcome !== "committed") continue;
    const elements = elementsOf(operation.value, operation.key);
    const tail = elements.slice(Math.max(0, elements.length - state.appended.length));
    const seesItself =
      state.read === undefined
        ? isSame(tail, state.appended)
        : isSame(elements, [...state.read, ...state.appended]);
    if (!seesItself) {
      const expected = [...(state.read ?? []), ...state.appended].map(shownElement).join(", ");
      const reason = `T1 reads ${shownKeyName(operation.key)} as ${shownJson(operation.value)}, where by what it did before it must be [${state.read === undefined ? "…, " : ""}${expected}]`;
      anomalies.push({ kind: "observation", name: "internal", transactions: [transaction], reason });
    }
    if (state.read === undefined && state.appended.length === 0) key.reads.push({ index, elements });
    if (state.read === undefined)
      state.read = elements.slice(0, elements.length - (seesItself ? state.appended.length : 0));
  }
}

function elementsOf(value: Json, key: string): string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new TransactionError(
      `expected a list as what ${shownKeyName(key)} was read as, got ${shownJson(value)}`,
    );
  }
  return value.map((item: Json) => canonical(item));
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
const shownElement = (element: string): string => shownJson(JSON.parse(element) as Json);
const shownList = (elements: readonly string[]): string =>
  elements.length > 12
    ? `[${elements.slice(0, 12).map(shownElement).join(", ")}, …]`
    : `[${elements.map(shownElement).join(", ")}]`;

/** One list: in which order its versions came about. */
class ListOrder {
  readonly #key: Key;
  readonly #transactions: readonly Transaction[];
  readonly #graph: Graph;
  readonly #anomalies: Anomaly[];
  readonly #name: string;

  constructor(key: Key, transactions: readonly Transaction[], graph: Graph, anomalies: Anomaly[]) {
    this.#key = key;
    this.#transactions = transactions;
    this.#graph = graph;
    this.#anomalies = anomalies;
    this.#name = shownKeyName(key.key);
  }

  add(): void {
    const { reads } = this.#key;
    const longest = reads.reduce<Read | undefined>(
      (best, read) => (best === undefined || read.elements.length > best.elements.length ? read : best),
      undefined,
    );
    const order = longest?.elements ?? [];
    if (longest !== undefined) this.#inspect(longest);
    const fitting = reads.filter((read) => longest !== undefined && this.#isBeginning(read, longest));
    for (const read of fitting) this.#compareLastElement(read);
    this.#ownFuture(order, fitting);
    this.#ownOrder(order, longest);
    this.#lostUpdates(fitting);
    this.#addWrites(order);
    this.#addReads(order, fitting);
  }

  /** Elements that nobody appended, that were aborted, or that stand there twice. */
  #inspect({ index, elements }: Read): void {
    const seen = new Set<string>();
    const reader = this.#transactions[index] as Transaction; // indexes of the list
    let aborted: Append | undefined;
    for (const element of elements) {
      const append = this.#key.appends.get(element);
      if (seen.has(element)) {
        this.#observed(
          "duplicate-elements",
          [reader],
          `T1 reads ${this.#name} as ${shownList(elements)}, with ${shownElement(element)} twice`,
        );
        return;
      }
      seen.add(element);
      if (append === undefined) {
        this.#observed(
          "unwritten-read",
          [reader],
          `T1 reads ${shownElement(element)} in ${this.#name}, which nobody appended`,
        );
        continue;
      }
      const writer = this.#transactions[append.index] as Transaction; // as above
      if (writer.outcome === "aborted") {
        aborted ??= append;
        this.#observed(
          "G1a",
          [reader, writer],
          `T1 reads ${shownElement(element)} in ${this.#name}, which T2 appended and T2 was aborted`,
        );
      } else if (aborted !== undefined && writer.outcome === "committed") {
        const lost = this.#transactions[aborted.index] as Transaction; // as above
        this.#observed(
          "dirty-update",
          [writer, lost],
          `T1 appends ${shownElement(element)} to ${this.#name} behind ${shownJson(aborted.value)}, which T2 appended and T2 was aborted`,
        );
        aborted = undefined;
      }
    }
  }

  /** Whether a read is what the longest one begins with. */
  #isBeginning(read: Read, longest: Read): boolean {
    if (isSame(read.elements, longest.elements.slice(0, read.elements.length))) return true;
    const [one, other] = [this.#transactions[read.index], this.#transactions[longest.index]] as [
      Transaction,
      Transaction,
    ]; // as above
    this.#observed(
      "incompatible-order",
      [one, other],
      `T1 reads ${this.#name} as ${shownList(read.elements)}, T2 as ${shownList(longest.elements)}: neither is the beginning of the other`,
    );
    return false;
  }

  #compareLastElement({ index, elements }: Read): void {
    const element = elements.at(-1);
    const append = element === undefined ? undefined : this.#key.appends.get(element);
    if (element === undefined || append === undefined || append.last || append.index === index) return;
    const [reader, writer] = [this.#transactions[index], this.#transactions[append.index]] as [
      Transaction,
      Transaction,
    ]; // as above
    this.#observed(
      "G1b",
      [reader, writer],
      `T1 reads ${this.#name} up to ${shownElement(element)}, and T2, which appended that, went on to append more`,
    );
  }

  /** Who reads what it appends itself only later. */
  #ownFuture(order: readonly string[], reads: readonly Read[]): void {
    const first = new Map<number, number>();
    for (const [place, element] of order.entries()) {
      const index = this.#key.appends.get(element)?.index;
      if (index !== undefined && !first.has(index)) first.set(index, place);
    }
    for (const { index, elements } of reads) {
      if ((first.get(index) ?? elements.length) >= elements.length) continue;
      const reader = this.#transactions[index] as Transaction; // as above
      const reason = `T1 reads ${this.#name} as ${shownList(elements)}, and appends some of that only later`;
      this.#observed("internal", [reader], reason);
    }
  }

  /** Whose appends stand in another order than they were made. */
  #ownOrder(order: readonly string[], longest: Read | undefined): void {
    const latest = new Map<number, number>();
    for (const element of order) {
      const append = this.#key.appends.get(element);
      if (append === undefined || longest === undefined) continue;
      const before = latest.get(append.index);
      latest.set(append.index, append.serial);
      if (before === undefined || before < append.serial) continue;
      const [reader, writer] = [this.#transactions[longest.index], this.#transactions[append.index]] as [
        Transaction,
        Transaction,
      ]; // as above
      const reason = `T1 reads ${this.#name} as ${shownList(order)}, in which what T2 appended stands in another order`;
      this.#observed("internal", [reader, writer], reason);
      return;
    }
  }

  #lostUpdates(reads: readonly Read[]): void {
    const writers = new Set([...this.#key.appends.values()].map(({ index }) => index));
    const byVersion = new Map<string, Read>();
    for (const read of reads) {
      if (!writers.has(read.index)) continue;
      const version = read.elements.at(-1) ?? "";
      const other = byVersion.get(version);
      if (other === undefined) byVersion.set(version, read);
      else if (other.index !== read.index) {
        const both = [this.#transactions[other.index], this.#transactions[read.index]] as [
          Transaction,
          Transaction,
        ]; // as above
        this.#observed(
          "lost-update",
          both,
          `T1 and T2 both read ${this.#name} as ${shownList(read.elements)} and both appended to it`,
        );
      }
    }
  }

  #addWrites(order: readonly string[]): void {
    let before: { readonly element: string; readonly append: Append } | undefined;
    for (const element of order) {
      const append = this.#key.appends.get(element);
      if (append === undefined) continue;
      if (before !== undefined) {
        const reason = { key: this.#key.key, before: before.element, after: element };
        this.#graph.add(before.append.index, append.index, WW, reason);
      }
      before = { element, append };
    }
    if (before === undefined) return;
    for (const [element, append] of this.#unseen(order)) {
      this.#graph.add(before.append.index, append.index, WW, {
        key: this.#key.key,
        before: before.element,
        after: element,
      });
    }
  }

  /** Appended for certain and in no read: they come behind all that was read. */
  #unseen(order: readonly string[]): (readonly [string, Append])[] {
    const seen = new Set(order);
    return [...this.#key.appends].filter(
      ([element, { index }]) => !seen.has(element) && this.#transactions[index]?.outcome === "committed",
    );
  }

  #addReads(order: readonly string[], reads: readonly Read[]): void {
    const { key, appends } = this.#key;
    const unseen = this.#unseen(order);
    for (const { index, elements } of reads) {
      const last = elements.at(-1);
      const writer = last === undefined ? undefined : appends.get(last);
      if (last !== undefined && writer !== undefined)
        this.#graph.add(writer.index, index, WR, { key, after: last });
      const reason = last === undefined ? { key } : { key, before: last };
      const next = order[elements.length];
      const follower = next === undefined ? undefined : appends.get(next);
      if (next !== undefined && follower !== undefined) {
        this.#graph.add(index, follower.index, RW, { ...reason, after: next });
      }
    }
    const last = order.at(-1);
    const readers = reads
      .filter(({ elements }) => elements.length === order.length)
      .map(({ index }) => index);
    const later = unseen.map(([element, { index }]) => ({ index, after: element }));
    addReadersBefore(this.#graph, readers, later, last === undefined ? { key } : { key, before: last });
  }

  #observed(name: AnomalyName, transactions: readonly Transaction[], reason: string): void {
    this.#anomalies.push({ kind: "observation", name, transactions, reason });
  }
}
