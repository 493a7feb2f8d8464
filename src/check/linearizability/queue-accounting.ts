/**
 * A queue by accounting: where every value is enqueued once, no search is needed. The ledger is wrong in one of four
 * ways, or the history has an order: a value was dequeued that nobody had enqueued yet; one was dequeued twice; one overtook
 * another that had been enqueued before it; or a dequeue found nothing while at each moment of it something was
 * certainly there. Takes n log n steps.
 *
 * That these four are all is a theorem of Henzinger, Sezgin and Vafeiadis (CONCUR 2013) for histories without open
 * dequeues. An open dequeue may have taken whatever was never seen again; with one of them the ledger can still be wrong,
 * but no more be right: then a search must decide.
 */
import type { Json } from "../../sim/plan.js";
import { comparable, type StateKey, shownJson } from "../values.js";
import type { Decision, Finding } from "./accounting.js";
import { OPEN, type Operation } from "./operation.js";

/** One value's way through the queue. */
interface Value {
  readonly value: Json;
  readonly enqueue: Operation | undefined;
  readonly dequeue: Operation | undefined;
  /** From here on it may have been taken out. */
  readonly takenFrom: number;
}

/** @param operations on one queue, in the order of their calls. Undefined when a search must decide. */
export function accountForQueue(operations: readonly Operation[]): Decision | undefined {
  const ledger = ledgerOf(operations);
  if (ledger === undefined) return undefined;
  const first = firstOf(ledger.repeated, fresh(ledger.values), overtaken(ledger.values), emptied(ledger));
  // In a beginning of the history dequeues may still be open.
  if (first !== undefined) return { verdict: "not-linearizable", finding: first, partial: true };
  return ledger.openDequeues ? undefined : { verdict: "linearizable" };
}

/** The same for a queue without an order, in which nothing overtakes anything. */
export function accountForBag(operations: readonly Operation[]): Decision | undefined {
  const ledger = ledgerOf(operations);
  if (ledger === undefined) return undefined;
  const first = firstOf(ledger.repeated, fresh(ledger.values), emptied(ledger));
  if (first !== undefined) return { verdict: "not-linearizable", finding: first, partial: true };
  return ledger.openDequeues && ledger.empties.length > 0 ? undefined : { verdict: "linearizable" };
}

function firstOf(...kinds: readonly Iterable<Finding>[]): Finding | undefined {
  let first: Finding | undefined;
  for (const findings of kinds)
    for (const finding of findings)
      if (first === undefined || finding.culprit.ret < first.culprit.ret) first = finding;
  return first;
}

interface Ledger {
  readonly values: readonly Value[];
  readonly empties: readonly Operation[];
  readonly repeated: readonly Finding[];
  readonly openDequeues: boolean;
}

/** Undefined when a value was enqueued twice, or something was asked that no queue knows. */
function ledgerOf(operations: readonly Operation[]): Ledger | undefined {
  const enqueues = new Map<StateKey, Operation>();
  const dequeues = new Map<StateKey, Operation>();
  const empties: Operation[] = [];
  const repeated: Finding[] = [];
  let firstOpen = OPEN;
  for (const operation of operations) {
    if (operation.f === "enqueue") {
      const value = comparable(operation.input);
      if (enqueues.has(value)) return undefined;
      enqueues.set(value, operation);
    } else if (operation.f !== "dequeue") return undefined;
    else if (operation.output === undefined) firstOpen = Math.min(firstOpen, operation.call);
    else if (operation.output === null) empties.push(operation);
    else {
      const value = comparable(operation.output);
      const twin = dequeues.get(value);
      if (twin === undefined) dequeues.set(value, operation);
      else {
        const [earlier, later] = twin.ret < operation.ret ? [twin, operation] : [operation, twin];
        const reason = `${shownJson(operation.output)} was dequeued twice, and was enqueued once`;
        repeated.push({ culprit: later, involved: [earlier], reason });
      }
    }
  }
  const values: Value[] = [];
  for (const [key, enqueue] of enqueues) {
    const dequeue = dequeues.get(key);
    const takenFrom = dequeue?.call ?? firstOpen;
    values.push({ value: enqueue.input, enqueue, dequeue, takenFrom });
  }
  for (const [key, dequeue] of dequeues) {
    if (!enqueues.has(key)) {
      values.push({ value: dequeue.output ?? null, enqueue: undefined, dequeue, takenFrom: dequeue.call });
    }
  }
  return { values, empties, repeated, openDequeues: firstOpen !== OPEN };
}

/** Dequeued before anybody enqueued it. */
function* fresh(values: readonly Value[]): Generator<Finding> {
  for (const { value, enqueue, dequeue } of values) {
    if (dequeue === undefined || (enqueue !== undefined && enqueue.call <= dequeue.ret)) continue;
    const reason =
      enqueue === undefined
        ? `${shownJson(value)} was dequeued, and nobody ever enqueued it`
        : `${shownJson(value)} was dequeued before anybody began to enqueue it`;
    yield { culprit: dequeue, involved: enqueue === undefined ? [] : [enqueue], reason };
  }
}

/** Enqueued for certain before another value, and still in the queue when that one had been taken out. */
function* overtaken(values: readonly Value[]): Generator<Finding> {
  const byReturn = values.filter(isEnqueued).sort((a, b) => a.enqueue.ret - b.enqueue.ret);
  const byCall = [...byReturn].sort((a, b) => a.enqueue.call - b.enqueue.call);
  let before = 0;
  let last: Enqueued | undefined;
  for (const late of byCall) {
    for (
      let next = byReturn[before];
      next !== undefined && next.enqueue.ret < late.enqueue.call;
      next = byReturn[before]
    ) {
      if (last === undefined || next.takenFrom > last.takenFrom) last = next;
      before++;
    }
    if (last === undefined || late.dequeue === undefined || last.takenFrom <= late.dequeue.ret) continue;
    const [early, overtaker] = [shownJson(last.value), shownJson(late.value)];
    const verdict = last.dequeue === undefined ? "was never dequeued" : "was dequeued only after it";
    const involved = [last.enqueue, late.enqueue, ...(last.dequeue === undefined ? [] : [last.dequeue])];
    const reason = `${overtaker} overtook ${early}, which had been enqueued before it and ${verdict}`;
    yield { culprit: late.dequeue, involved, reason };
  }
}

type Enqueued = Value & { readonly enqueue: Operation };
const isEnqueued = (value: Value): value is Enqueued => value.enqueue !== undefined;

/** Found empty, though at every moment some value was certainly there. */
function* emptied({ values, empties }: Ledger): Generator<Finding> {
  if (empties.length === 0) return;
  // Stretches of time without a gap in which something was certainly in the queue.
  const present = values
    .filter(isEnqueued)
    .filter(({ enqueue, takenFrom }) => enqueue.ret < takenFrom)
    .sort((a, b) => a.enqueue.ret - b.enqueue.ret);
  const stretches: { readonly from: number; to: number; readonly first: Enqueued; last: Enqueued }[] = [];
  for (const value of present) {
    const stretch = stretches.at(-1);
    if (stretch === undefined || value.enqueue.ret >= stretch.to) {
      stretches.push({ from: value.enqueue.ret, to: value.takenFrom, first: value, last: value });
    } else if (value.takenFrom > stretch.to) {
      stretch.to = value.takenFrom;
      stretch.last = value;
    }
  }
  let at = 0;
  for (const dequeue of empties) {
    while ((stretches[at]?.to ?? OPEN) <= dequeue.call) at++;
    const stretch = stretches[at];
    if (stretch === undefined || stretch.from >= dequeue.call || stretch.to <= dequeue.ret) continue;
    const through = stretch.first === stretch.last ? "" : ` through ${shownJson(stretch.last.value)}`;
    const reason = `nothing was found, though from ${shownJson(stretch.first.value)}${through} something was in the queue all the while`;
    yield { culprit: dequeue, involved: [stretch.first.enqueue, stretch.last.enqueue], reason };
  }
}
