/**
 * Counters by accounting. Where everybody adds the same amount, a read says how many additions came before it, and the
 * question is one of scheduling: reads in the order of what they say, and an addition for each step between them, each
 * within its time. The addition that must be seen soonest goes first; if that does not work out nothing does. Where
 * amounts differ the least and the most that a read can say are known, and a search decides the rest.
 */
import type { Accounting, Decision, Finding } from "./accounting.js";
import { isOpen, type Operation } from "./operation.js";
import { inversion } from "./set-accounting.js";
import { countBelow, countUpTo } from "./sorted.js";

const no = (finding: Finding) => ({ verdict: "not-linearizable", finding }) as const;

/** @param initial where it stands at first. */
export const accountForCounter =
  (initial: number): Accounting =>
  (operations) => {
    const adds: Operation[] = [];
    const reads: Operation[] = [];
    for (const operation of operations) {
      if (operation.f === "add") adds.push(operation);
      else if (operation.f !== "read") return undefined;
      else if (!isOpen(operation)) reads.push(operation);
    }
    const outside = outOfBounds(initial, adds, reads);
    const step = amountOf(adds[0]);
    const differ = step === 0 || adds.some((add) => amountOf(add) !== step);
    if (outside !== undefined) return differ ? { ...no(outside), partial: true } : no(outside);
    if (differ) return undefined;
    return schedule(initial, step, adds, reads);
  };

const amountOf = (add: Operation | undefined): number => (typeof add?.input === "number" ? add.input : 1);
const numberIn = ({ output }: Operation): number => (typeof output === "number" ? output : Number.NaN);

/** A read of more, or of less, than all orders allow. */
function outOfBounds(
  initial: number,
  adds: readonly Operation[],
  reads: readonly Operation[],
): Finding | undefined {
  const sumsBy = (chosen: readonly Operation[], position: (add: Operation) => number) => {
    const sorted = [...chosen].sort((a, b) => position(a) - position(b));
    const positions = sorted.map(position);
    const sums = [0];
    for (const add of sorted) sums.push((sums.at(-1) ?? 0) + amountOf(add));
    return {
      upTo: (limit: number): number => sums[countUpTo(positions, limit)] ?? 0,
      before: (limit: number): number => sums[countBelow(positions, limit)] ?? 0,
    };
  };
  const up = adds.filter((add) => amountOf(add) > 0);
  const down = adds.filter((add) => amountOf(add) < 0);
  const [upDone, upBegun] = [sumsBy(up, ({ ret }) => ret), sumsBy(up, ({ call }) => call)];
  const [downDone, downBegun] = [sumsBy(down, ({ ret }) => ret), sumsBy(down, ({ call }) => call)];
  for (const read of reads) {
    // What returned before the call is certainly in it; what was called before the return may be. Touching overlaps.
    const least = initial + upDone.before(read.call) + downBegun.upTo(read.ret);
    const most = initial + upBegun.upTo(read.ret) + downDone.before(read.call);
    const value = numberIn(read);
    if (value >= least && value <= most) continue;
    const side =
      value < least
        ? `the additions that had returned before make ${least} at least`
        : `all that were asked before it returned make ${most} at most`;
    return { culprit: read, involved: [], reason: side };
  }
  return undefined;
}

interface Slot {
  readonly add: Operation;
  /** After the reads of so many. */
  readonly after: number;
  /** Among the first so many. */
  readonly within: number;
}

function schedule(
  initial: number,
  step: number,
  adds: readonly Operation[],
  reads: readonly Operation[],
): Decision {
  const placed = reads.map((operation) => ({ operation, level: (numberIn(operation) - initial) / step }));
  const odd = placed.find(({ level }) => !Number.isInteger(level));
  if (odd !== undefined) {
    const reason = `everybody adds ${step}, so it can't stand at ${numberIn(odd.operation)}`;
    return no({ culprit: odd.operation, involved: [], reason });
  }
  placed.sort((a, b) => a.level - b.level || a.operation.call - b.operation.call);
  const inverted = inversion(placed);
  if (inverted !== undefined) {
    const { early, late } = inverted;
    const reason = "it goes back behind a read that had returned before it was asked";
    return no({ culprit: late.operation, involved: [early.operation], reason });
  }
  const order = scheduled(slotsOf(adds, placed), placed);
  if (order !== undefined) return { verdict: "linearizable", order };
  const culprit = placed.reduce((a, b) => (b.operation.ret > a.operation.ret ? b : a)).operation;
  const reason = "whatever is counted for this read, an addition is left over or missing for another one";
  return no({ culprit, involved: placed.slice(-3).map(({ operation }) => operation), reason });
}

interface Counted {
  readonly operation: Operation;
  readonly level: number;
}

function slotsOf(adds: readonly Operation[], reads: readonly Counted[]): Slot[] {
  const byReturn = [...reads].sort((a, b) => a.operation.ret - b.operation.ret);
  const returns = byReturn.map(({ operation }) => operation.ret);
  const highest: number[] = [0];
  for (const { level } of byReturn) highest.push(Math.max(highest.at(-1) ?? 0, level));
  const byCall = [...reads].sort((a, b) => a.operation.call - b.operation.call);
  const calls = byCall.map(({ operation }) => operation.call);
  const lowest: number[] = [Number.POSITIVE_INFINITY];
  for (const { level } of byCall.toReversed()) lowest.push(Math.min(lowest.at(-1) ?? level, level));
  return adds.map((add) => ({
    add,
    after: highest[countBelow(returns, add.call)] ?? 0,
    within: lowest[calls.length - countUpTo(calls, add.ret)] ?? Number.POSITIVE_INFINITY,
  }));
}

/** An order of all of them; undefined where there is none. @param reads by what they say. */
function scheduled(slots: readonly Slot[], reads: readonly Counted[]): Operation[] | undefined {
  const waiting = [...slots].sort((a, b) => a.after - b.after);
  const ready = new Ready();
  const order: Operation[] = [];
  const most = reads.at(-1)?.level ?? 0;
  let [next, read] = [0, 0];
  const takeReads = (level: number): void => {
    for (let one = reads[read]; one !== undefined && one.level <= level; one = reads[++read])
      order.push(one.operation);
  };
  takeReads(0);
  for (let place = 1; place <= most; place++) {
    for (let slot = waiting[next]; slot !== undefined && slot.after < place; slot = waiting[++next])
      ready.add(slot);
    const slot = ready.take();
    if (slot === undefined || slot.within < place) return undefined;
    order.push(slot.add);
    takeReads(place);
  }
  const left = [...ready.all(), ...waiting.slice(next)];
  if (left.some(({ within }) => within < Number.POSITIVE_INFINITY)) return undefined;
  const late = left.filter(({ add }) => !isOpen(add)).sort((a, b) => a.add.call - b.add.call);
  return [...order, ...late.map(({ add }) => add)];
}

/** Additions that may come next; the one that must be seen soonest first, of those the one that returned first. */
class Ready {
  readonly #heap: Slot[] = [];

  all(): readonly Slot[] {
    return this.#heap;
  }

  add(slot: Slot): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Slot; // above a place in the heap there is one
      if (!isSooner(slot, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = slot;
  }

  take(): Slot | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const right = heap[down + 1];
      if (right !== undefined && isSooner(right, heap[down] as Slot)) down++; // a right child has a left one
      const child = heap[down];
      if (child === undefined || !isSooner(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

const isSooner = (a: Slot, b: Slot): boolean =>
  a.within !== b.within ? a.within < b.within : a.add.ret < b.add.ret;
