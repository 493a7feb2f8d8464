/**
 * The search for an order: Wing and Gong's, with Lowe's memo, for one object.
 *
 * Calls and returns stand in a linked list. Whatever was called before the first return that is left may come next;
 * it is tried on the state, taken out of the list, and the search goes on from there; when nothing fits it is put
 * back. What must return soonest is tried first. An operation that only looks is put in place as soon as it fits, and
 * nothing else is tried for it: wherever else it might stand, it may as well stand here. Operations that never returned
 * are tried last, and only where they change something; of several that ask the same, the one that was called first
 * goes first.
 *
 * Leaves out: running for ever. Each look at the model counts against the budget.
 */

import { comparable } from "../values.js";
import { Memo, type MemoLimits } from "./memo.js";
import type { Model } from "./model.js";
import type { Operation } from "./operation.js";

/** Looks at the model that are left; shared by the searches of one check. */
export class Budget {
  #left: number;
  readonly #given: number;

  constructor(steps: number) {
    this.#given = steps;
    this.#left = steps;
  }

  /** False when the budget is used up. */
  take(): boolean {
    return this.#left-- > 0;
  }

  /** Nothing is left. */
  get spent(): boolean {
    return this.#left < 0;
  }

  get used(): number {
    return this.#given - Math.max(0, this.#left);
  }

  get left(): number {
    return Math.max(0, this.#left);
  }
}

export interface Placed<S> {
  readonly operation: Operation;
  /** The state after it. */
  readonly state: S;
}

export type Found<S> =
  | { readonly verdict: "linearizable"; readonly order: readonly Placed<S>[] }
  /** `stuckAt`: of the answers that no order got past, the one that came last. */
  | { readonly verdict: "not-linearizable"; readonly stuckAt: number }
  | { readonly verdict: "unknown" };

export interface SearchOptions<S> {
  /** Answers after this position are not known yet, and calls after it not made. Default: the whole history. */
  readonly until?: number;
  /**
   * Goes through every order instead of stopping at the first that fits; called with each state that an order
   * ends in and the first answer that is left then.
   */
  readonly visit?: (state: S, firstReturn: number) => void;
  readonly memo?: MemoLimits;
  /** Called with the longest order so far each time the search gets stuck further on than ever. */
  readonly stuck?: (order: readonly Placed<S>[]) => void;
}

/** @param operations of one object, in the order of their calls. */
export function search<S>(
  model: Model<S>,
  operations: readonly Operation[],
  budget: Budget,
  options: SearchOptions<S> = {},
): Found<S> {
  return new Search(model, operations, budget, options).run();
}

/** What may come next, and how far it was tried. */
interface Choice {
  /** Completed operations, the first to return first. */
  readonly done: readonly number[];
  nextDone: number;
  nextOpen: number;
}

/** An operation that was put in place, and what it takes to take it away again. */
interface Frame<S> {
  /** Index of a completed operation, or ~index of an open one. */
  readonly index: number;
  /** The state before it. */
  readonly state: S;
  /** The highest completed operation in place before it. */
  readonly high: number;
  /** What else could be tried in its stead; undefined where nothing need be. */
  readonly choice: Choice | undefined;
}

class Search<S> {
  readonly #model: Model<S>;
  readonly #budget: Budget;
  readonly #visit: ((state: S, firstReturn: number) => void) | undefined;
  readonly #memo: Memo;
  readonly #stuck: ((order: readonly Placed<S>[]) => void) | undefined;
  #longest = -1;
  /** Operations that returned; their indexes are the first nodes of the list, their returns come after them. */
  readonly #done: readonly Operation[];
  readonly #open: readonly Operation[];
  /** 1 for completed operations that only look. */
  readonly #looks: Uint8Array;
  /** For each open operation the one before it that asks the same; -1 for none. */
  readonly #twins: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #head: number;
  readonly #placed: Int32Array;
  readonly #placedOpen: Int32Array;
  readonly #frames: Frame<S>[] = [];
  #state: S;
  #left: number;
  #high = -1;
  #stuckAt = -1;

  constructor(model: Model<S>, operations: readonly Operation[], budget: Budget, options: SearchOptions<S>) {
    const until = options.until ?? Number.POSITIVE_INFINITY;
    const called =
      until === Number.POSITIVE_INFINITY ? operations : operations.filter(({ call }) => call <= until);
    this.#model = model;
    this.#budget = budget;
    this.#visit = options.visit;
    this.#stuck = options.stuck;
    this.#memo = new Memo(options.memo);
    this.#done = called.filter(({ ret }) => Number.isFinite(ret) && ret <= until);
    this.#open = called.filter(({ ret }) => !Number.isFinite(ret) || ret > until);
    this.#looks = Uint8Array.from(this.#done, (operation) =>
      Number(model.onlyLooks(operation, operation.output)),
    );
    this.#twins = twinsOf(this.#open, model.knowsClients);
    this.#state = model.initial;
    this.#left = this.#done.length;
    this.#head = 2 * this.#left;
    this.#next = new Int32Array(this.#head + 1);
    this.#previous = new Int32Array(this.#head + 1);
    this.#placed = new Int32Array((this.#left >> 5) + 1);
    this.#placedOpen = new Int32Array((this.#open.length >> 5) + 1);
    this.#link();
  }

  /** Calls and returns in the order of their positions. At one position calls come first, so that what touches overlaps. */
  #link(): void {
    const count = this.#done.length;
    const returns = Array.from({ length: count }, (_, i) => i).sort(
      (a, b) => this.#retOf(a) - this.#retOf(b) || a - b,
    );
    let last = this.#head;
    let call = 0;
    const append = (node: number): void => {
      this.#next[last] = node;
      this.#previous[node] = last;
      last = node;
    };
    for (const index of returns) {
      const ret = this.#retOf(index);
      for (; call < count && (this.#done[call]?.call ?? 0) <= ret; call++) append(call);
      append(count + index);
    }
    append(this.#head);
  }

  #retOf(index: number): number {
    return this.#done[index]?.ret ?? Number.POSITIVE_INFINITY;
  }

  run(): Found<S> {
    for (;;) {
      if (!this.#placeWhatOnlyLooks()) return { verdict: "unknown" };
      if (this.#left === 0 && this.#visit === undefined)
        return { verdict: "linearizable", order: this.#order() };
      let choice = this.#choice();
      if (choice !== undefined) this.#visit?.(this.#state, this.#firstReturn());
      while (choice === undefined || !this.#advance(choice)) {
        if (this.#budget.spent) return { verdict: "unknown" };
        if (this.#stuck !== undefined && this.#frames.length > this.#longest) {
          this.#longest = this.#frames.length;
          this.#stuck(this.#order());
        }
        const stuckAt = this.#firstReturn();
        if (Number.isFinite(stuckAt) && stuckAt > this.#stuckAt) this.#stuckAt = stuckAt;
        const frame = this.#takeBack();
        if (frame === undefined) return { verdict: "not-linearizable", stuckAt: this.#stuckAt };
        choice = frame.choice;
      }
    }
  }

  /** False when the budget ran out. */
  #placeWhatOnlyLooks(): boolean {
    let node = this.#nextOf(this.#head);
    while (node < this.#done.length) {
      const operation = this.#done[node] as Operation; // nodes of calls are indexes of operations
      if (this.#looks[node] === 1) {
        if (!this.#budget.take()) return false;
        if (this.#model.step(this.#state, operation, operation.output) !== undefined) {
          const next = this.#nextOf(node);
          this.#place(node, this.#state, undefined);
          // Without its return there may be room for more.
          node = next === this.#done.length + node ? this.#nextOf(this.#head) : next;
          continue;
        }
      }
      node = this.#nextOf(node);
    }
    return true;
  }

  /**
   * All that was called before the first return and may change something: first what somebody waits to see. Undefined
   * where somebody waits to see what nobody will bring about any more.
   */
  #choice(): Choice | undefined {
    const done: number[] = [];
    const waiting: number[] = [];
    for (let node = this.#nextOf(this.#head); node < this.#done.length; node = this.#nextOf(node)) {
      (this.#looks[node] === 0 ? done : waiting).push(node);
    }
    for (const node of waiting) if (!this.#hasProspects(node)) return undefined;
    if (done.length > 1) {
      done.sort((a, b) => this.#retOf(a) - this.#retOf(b));
      if (waiting.length > 0) this.#putAwaitedFirst(done, waiting);
    }
    return { done, nextDone: 0, nextOpen: 0 };
  }

  #hasProspects(waiting: number): boolean {
    const { outlook } = this.#model;
    const look = this.#done[waiting] as Operation; // as above
    if (outlook === undefined || outlook.mayStillFit(this.#state, look)) return true;
    const count = this.#done.length;
    for (let node = this.#nextOf(this.#head); node !== count + waiting; node = this.#nextOf(node)) {
      if (node >= count || this.#looks[node] === 1) continue;
      if (outlook.brings(this.#done[node] as Operation, look)) return true; // as above
    }
    for (let index = 0; index < this.#open.length; index++) {
      const operation = this.#open[index] as Operation; // within the list
      if (operation.call > look.ret) return false;
      if (!isSet(this.#placedOpen, index) && outlook.brings(operation, look)) return true;
    }
    return false;
  }

  #putAwaitedFirst(done: number[], waiting: readonly number[]): void {
    let front = 0;
    for (let i = 0; i < done.length; i++) {
      const node = done[i] as number; // within the list
      const operation = this.#done[node] as Operation; // as above
      const after = this.#model.step(this.#state, operation, operation.output);
      if (after === undefined || !this.#isAwaited(after, waiting)) continue;
      done.copyWithin(front + 1, front, i);
      done[front++] = node;
    }
  }

  #isAwaited(state: S, waiting: readonly number[]): boolean {
    for (const node of waiting) {
      const operation = this.#done[node] as Operation; // as above
      if (!this.#budget.take()) return false;
      if (this.#model.step(state, operation, operation.output) !== undefined) return true;
    }
    return false;
  }

  /** Puts the next operation in place that fits and leads to something new. */
  #advance(choice: Choice): boolean {
    while (choice.nextDone < choice.done.length) {
      const index = choice.done[choice.nextDone++] as number; // within the list
      const operation = this.#done[index] as Operation; // as above
      if (!this.#budget.take()) return false;
      const after = this.#model.step(this.#state, operation, operation.output);
      if (after === undefined) continue;
      this.#place(index, after, choice);
      if (this.#isNew()) return true;
      this.#takeBack();
    }
    if (this.#open.length === 0) return false;
    const first = this.#firstReturn();
    while (choice.nextOpen < this.#open.length) {
      const index = choice.nextOpen++;
      const operation = this.#open[index] as Operation; // within the list
      if (operation.call > first) {
        choice.nextOpen = this.#open.length;
        return false;
      }
      const twin = this.#twins[index] ?? -1;
      if (isSet(this.#placedOpen, index) || (twin >= 0 && !isSet(this.#placedOpen, twin))) continue;
      if (!this.#budget.take()) return false;
      const after = this.#model.step(this.#state, operation, undefined);
      if (after === undefined || after === this.#state) continue;
      this.#placeOpen(index, after, choice);
      if (this.#isNew()) return true;
      this.#takeBack();
    }
    return false;
  }

  #isNew(): boolean {
    // The first node that is left is the call of the first operation that is left: all before it are in place.
    const first = Math.min(this.#nextOf(this.#head), this.#done.length);
    const high = (this.#high >> 5) + 1;
    return this.#memo.add(this.#placed, first >> 5, high, this.#placedOpen, this.#model.key(this.#state));
  }

  #place(index: number, after: S, choice: Choice | undefined): void {
    this.#frames.push({ index, state: this.#state, high: this.#high, choice });
    this.#state = after;
    this.#placed[index >> 5] = (this.#placed[index >> 5] ?? 0) | (1 << (index & 31));
    if (index > this.#high) this.#high = index;
    this.#lift(index);
    this.#lift(this.#done.length + index);
    this.#left--;
  }

  #placeOpen(index: number, after: S, choice: Choice): void {
    this.#frames.push({ index: ~index, state: this.#state, high: this.#high, choice });
    this.#state = after;
    this.#placedOpen[index >> 5] = (this.#placedOpen[index >> 5] ?? 0) | (1 << (index & 31));
  }

  #takeBack(): Frame<S> | undefined {
    const frame = this.#frames.pop();
    if (frame === undefined) return undefined;
    const { index } = frame;
    this.#state = frame.state;
    this.#high = frame.high;
    if (index < 0) {
      const open = ~index;
      this.#placedOpen[open >> 5] = (this.#placedOpen[open >> 5] ?? 0) & ~(1 << (open & 31));
    } else {
      this.#placed[index >> 5] = (this.#placed[index >> 5] ?? 0) & ~(1 << (index & 31));
      this.#unlift(this.#done.length + index);
      this.#unlift(index);
      this.#left++;
    }
    return frame;
  }

  #nextOf(node: number): number {
    return this.#next[node] ?? this.#head;
  }

  #lift(node: number): void {
    const before = this.#previous[node] ?? this.#head;
    const after = this.#nextOf(node);
    this.#next[before] = after;
    this.#previous[after] = before;
  }

  #unlift(node: number): void {
    this.#next[this.#previous[node] ?? this.#head] = node;
    this.#previous[this.#nextOf(node)] = node;
  }

  /** Position of the first answer that is left; infinite when none is. */
  #firstReturn(): number {
    let node = this.#nextOf(this.#head);
    while (node < this.#done.length) node = this.#nextOf(node);
    return node === this.#head ? Number.POSITIVE_INFINITY : this.#retOf(node - this.#done.length);
  }

  #order(): Placed<S>[] {
    const order: Placed<S>[] = [];
    this.#frames.forEach(({ index }, i) => {
      const operation = (index >= 0 ? this.#done[index] : this.#open[~index]) as Operation; // frames hold indexes
      const next = this.#frames[i + 1];
      order.push({ operation, state: next === undefined ? this.#state : next.state });
    });
    return order;
  }
}

const isSet = (bits: Int32Array, index: number): boolean =>
  ((bits[index >> 5] ?? 0) & (1 << (index & 31))) !== 0;

function twinsOf(open: readonly Operation[], byClient: boolean): Int32Array {
  const latest = new Map<string, number>();
  return Int32Array.from(open, ({ f, input, client }, index) => {
    const asked = `${f} ${typeof input} ${comparable(input)} ${byClient ? client : ""}`;
    const twin = latest.get(asked) ?? -1;
    latest.set(asked, index);
    return twin;
  });
}
