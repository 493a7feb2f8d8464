/**
 * Sets by accounting, where every element is added once and nothing is removed.
 *
 * What is read grows: of two reads one holds all that the other holds. That gives every read and every addition a
 * level, and there is an order if, and only if, nothing had returned before something of a lower level was called.
 * `accountForElements` asks less: that each element, once it was certainly there, is in every later read.
 */
import type { Json } from "../../sim/plan.js";
import { canonical, shownJson } from "../values.js";
import type { Decision, Finding } from "./accounting.js";
import { elementsOf } from "./models/set.js";
import { isOpen, type Operation } from "./operation.js";
import { countUpTo } from "./sorted.js";

interface Read {
  readonly read: Operation;
  readonly elements: ReadonlySet<string>;
}

interface Ledger {
  readonly adds: ReadonlyMap<string, readonly Operation[]>;
  readonly reads: readonly Read[];
}

const people = (element: string): string => shownJson(JSON.parse(element) as Json);
const no = (finding: Finding): Decision => ({ verdict: "not-linearizable", finding });

/** Undefined when something else was asked than to add and to read all. */
function ledgerOf(operations: readonly Operation[]): Ledger | undefined {
  const adds = new Map<string, Operation[]>();
  const reads: Read[] = [];
  for (const operation of operations) {
    if (operation.f === "add") {
      const element = canonical(operation.input);
      const known = adds.get(element);
      if (known === undefined) adds.set(element, [operation]);
      else known.push(operation);
    } else if (operation.f !== "read") return undefined;
    else if (!isOpen(operation)) {
      reads.push({ read: operation, elements: new Set(elementsOf(operation.output).map(canonical)) });
    }
  }
  return { adds, reads };
}

/** An element that was read before anybody began to add it. */
function invented({ adds, reads }: Ledger): Finding | undefined {
  for (const { read, elements } of reads) {
    for (const element of elements) {
      const own = adds.get(element) ?? [];
      if (own.some(({ call }) => call <= read.ret)) continue;
      const when = own.length === 0 ? "nobody ever added it" : "nobody had begun to add it";
      return { culprit: read, involved: own.slice(0, 1), reason: `${people(element)} was read, and ${when}` };
    }
  }
  return undefined;
}

interface Placed {
  readonly operation: Operation;
  readonly level: number;
}

/** @param operations on one set, in the order of their calls. Undefined when a search must decide. */
export function accountForSet(operations: readonly Operation[]): Decision | undefined {
  const ledger = ledgerOf(operations);
  if (ledger === undefined || [...ledger.adds.values()].some(({ length }) => length > 1)) return undefined;
  const fresh = invented(ledger);
  if (fresh !== undefined) return no(fresh);
  const reads = [...ledger.reads].sort(
    (a, b) => a.elements.size - b.elements.size || a.read.call - b.read.call,
  );
  const placed: Placed[] = [];
  const levels = new Map<string, number>();
  let level = 0;
  let before: Read | undefined;
  for (const next of reads) {
    if (before === undefined || next.elements.size > before.elements.size) level += 2;
    const lost = before === undefined ? undefined : missing(before, next);
    if (before !== undefined && lost !== undefined) {
      const [one, other] = [before, next];
      const had = [...other.elements].find((element) => !one.elements.has(element));
      const [earlier, culprit] = one.read.ret < other.read.ret ? [one, other] : [other, one];
      const reason = `one read holds ${people(lost)} and not ${people(had ?? lost)}, the other the other way round`;
      return no({ culprit: culprit.read, involved: [earlier.read], reason });
    }
    for (const element of next.elements) if (!levels.has(element)) levels.set(element, level - 1);
    placed.push({ operation: next.read, level });
    before = next;
  }
  for (const [element, [add]] of ledger.adds) {
    if (add === undefined) continue;
    const seen = levels.get(element);
    if (seen === undefined && isOpen(add)) continue;
    placed.push({ operation: add, level: seen ?? level + 1 });
  }
  placed.sort((a, b) => a.level - b.level || a.operation.call - b.operation.call);
  const inverted = inversion(placed);
  if (inverted !== undefined) return no(inversionFinding(inverted.early, inverted.late, placed));
  return { verdict: "linearizable", order: placed.map(({ operation }) => operation) };
}

/** An element of a smaller read that a larger one lacks. */
function missing(smaller: Read, larger: Read): string | undefined {
  for (const element of smaller.elements) if (!larger.elements.has(element)) return element;
  return undefined;
}

/** Something of a higher level that had returned before something of a lower one was called. */
export function inversion<P extends Placed>(
  placed: readonly P[],
): { readonly early: P; readonly late: P } | undefined {
  let soonest: P | undefined;
  let above: P | undefined;
  let level = Number.POSITIVE_INFINITY;
  for (let i = placed.length - 1; i >= 0; i--) {
    const one = placed[i] as P; // within the list
    if (one.level < level) {
      level = one.level;
      above = soonest;
    }
    if (above !== undefined && above.operation.ret < one.operation.call) return { early: above, late: one };
    if (soonest === undefined || one.operation.ret < soonest.operation.ret) soonest = one;
  }
  return undefined;
}

function inversionFinding(early: Placed, late: Placed, placed: readonly Placed[]): Finding {
  const [first, second] = [early.operation, late.operation];
  const latest = (...all: readonly Operation[]): Operation =>
    all.filter((operation) => !isOpen(operation)).reduce((a, b) => (b.ret > a.ret ? b : a), first);
  if (first.f === "add" && second.f === "read") {
    const reason = `${shownJson(first.input)} had been added before that was asked, and is not in it`;
    return { culprit: second, involved: [first], reason };
  }
  if (first.f === "read" && second.f === "read") {
    const reason = "it holds less than a read that had returned before it was asked";
    return { culprit: second, involved: [first], reason };
  }
  // Only an addition can be left: the read that holds it and lacks the earlier one tells.
  const teller = placed.find(
    ({ operation, level }) => operation.f === "read" && level >= late.level && level < early.level,
  );
  const involved = [first, second, ...(teller === undefined ? [] : [teller.operation])];
  const reason = `a read holds ${shownJson(second.input)} and not ${shownJson(first.input)}, which had been added before anybody began to add the other`;
  return { culprit: latest(...involved), involved, reason };
}

/** Each element by itself, as Jepsen's `set-full` asks: lost, stale or invented elements. */
export function accountForElements(operations: readonly Operation[]): Decision | undefined {
  const ledger = ledgerOf(operations);
  if (ledger === undefined) return undefined;
  const fresh = invented(ledger);
  if (fresh !== undefined) return no(fresh);
  const holders = new Map<string, Operation[]>();
  for (const { read, elements } of ledger.reads) {
    for (const element of elements) {
      const known = holders.get(element);
      if (known === undefined) holders.set(element, [read]);
      else known.push(read);
    }
  }
  const calls = ledger.reads.map(({ read }) => read.call).sort((a, b) => a - b);
  for (const [element, adds] of ledger.adds) {
    const own = holders.get(element) ?? [];
    const witnesses = [...adds, ...own].filter((operation) => !isOpen(operation));
    if (witnesses.length === 0) continue;
    const certain = witnesses.reduce((a, b) => (b.ret < a.ret ? b : a));
    const later = calls.length - countUpTo(calls, certain.ret);
    if (later === own.filter(({ call }) => call > certain.ret).length) continue;
    const culprit = ledger.reads.find(
      ({ read, elements }) => read.call > certain.ret && !elements.has(element),
    )?.read;
    if (culprit === undefined) continue;
    const seenAgain = own.some(({ ret }) => ret > culprit.call);
    const how = certain.f === "add" ? "had been added" : "had been read";
    const verdict = seenAgain ? "is not in it: a stale read" : "is not in it nor in any later read: lost";
    return no({
      culprit,
      involved: [certain],
      reason: `${people(element)} ${how} before that was asked, and ${verdict}`,
    });
  }
  return { verdict: "linearizable" };
}
