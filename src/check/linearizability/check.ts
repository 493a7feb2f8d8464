/**
 * Is this history linearizable? Each object is looked at by itself: a history has an order if, and only if, the
 * operations on each of its objects have one.
 *
 * Objects that are hard to decide don't hold up the others: all are tried with a small share of the budget, those that are left
 * with a larger one, and so on; as soon as one has no order the rest need no verdict. The verdict is never a guess:
 * `unknown` means that the budget ran out, and is no pass.
 */
import { type Accounting, contradictionOf, type Finding, firstWrong } from "./accounting.js";
import { type Contradiction, contradictionBy, contradictionIn } from "./contradiction.js";
import type { MemoLimits } from "./memo.js";
import type { Model } from "./model.js";
import { byObject, isOpen, type Operation } from "./operation.js";
import { Budget, type Found, type Placed, search } from "./search.js";

export type LinearizabilityVerdict = "linearizable" | "not-linearizable" | "unknown";

/** Looks at the model that a check may take when nothing else is said. */
export const DEFAULT_BUDGET = 20_000_000;

/** Looks that each object gets in the first round, and how much more in each further one. */
const FIRST_ROUND = 20_000;
const GROWTH = 8;

export interface CheckOptions {
  /** Looks at the model, for all objects together. Default `DEFAULT_BUDGET`. */
  readonly budget?: number;
  readonly memo?: MemoLimits;
  /** Decides about an object without a search where it can. */
  readonly accounting?: Accounting | undefined;
  /** What is wrong with the ledger explains more than what the object could be. Default false. */
  readonly ledgerDecides?: boolean;
  /** Work out an order for every object that has one. Default false. */
  readonly witness?: boolean;
}

export interface CheckResult {
  readonly verdict: LinearizabilityVerdict;
  readonly operations: number;
  /** How many of them have an unknown outcome. */
  readonly open: number;
  readonly objects: number;
  /** Looks at the model that it took. */
  readonly steps: number;
  /** One for each object that was found to have no order. */
  readonly contradictions: readonly Contradiction[];
  /** Objects for which the budget did not suffice. */
  readonly unknown: readonly string[];
  /** Objects that were not decided because another one has no order. */
  readonly undecided: readonly string[];
  /** Orders that fit, by object, where they were asked for and worked out. */
  readonly orders: ReadonlyMap<string, readonly Operation[]>;
}

/** The order of the answers, if it is one that fits, which is most often so: then no search is needed. */
function fitsAsAnswered<S>(
  model: Model<S>,
  operations: readonly Operation[],
  budget: Budget,
): readonly Operation[] | undefined {
  const answered = operations.filter((operation) => !isOpen(operation)).sort((a, b) => a.ret - b.ret);
  let state = model.initial;
  for (const operation of answered) {
    if (!budget.take()) return undefined;
    const after = model.step(state, operation, operation.output);
    if (after === undefined) return undefined;
    state = after;
  }
  return answered;
}

export function checkLinearizability<S>(
  model: Model<S>,
  operations: readonly Operation[],
  options: CheckOptions = {},
): CheckResult {
  return new LinearizabilityCheck(model, operations, options).run();
}

class LinearizabilityCheck<S> {
  readonly #model: Model<S>;
  readonly #operations: readonly Operation[];
  readonly #options: CheckOptions;
  readonly #contradictions: Contradiction[] = [];
  readonly #orders = new Map<string, readonly Operation[]>();
  readonly #given: number;
  #left: number;

  constructor(model: Model<S>, operations: readonly Operation[], options: CheckOptions) {
    this.#model = model;
    this.#operations = operations;
    this.#options = options;
    this.#given = options.budget ?? DEFAULT_BUDGET;
    this.#left = this.#given;
  }

  run(): CheckResult {
    const objects = byObject(this.#operations);
    let pending = [...objects].filter(([object, own]) => !this.#decidesAtOnce(object, own));
    for (let share = FIRST_ROUND; pending.length > 0 && this.#left > 0; share *= GROWTH) {
      if (this.#contradictions.length > 0) break;
      const alone = pending.length === 1;
      pending = pending.filter(([object, own]) => !this.#searches(object, own, alone ? this.#left : share));
    }
    const names = pending.map(([object]) => object);
    const refuted = this.#contradictions.length > 0;
    return {
      verdict: refuted ? "not-linearizable" : names.length > 0 ? "unknown" : "linearizable",
      operations: this.#operations.length,
      open: this.#operations.filter(isOpen).length,
      objects: objects.size,
      steps: this.#given - this.#left,
      contradictions: this.#contradictions,
      unknown: refuted ? [] : names,
      undecided: refuted ? names : [],
      orders: this.#orders,
    };
  }

  /** By accounting, or because the order of the answers fits. */
  #decidesAtOnce(object: string, own: readonly Operation[]): boolean {
    const { accounting, witness = false } = this.#options;
    const decision = accounting?.(own);
    if (decision?.verdict === "not-linearizable") {
      this.#contradictions.push(this.#explained(own, decision.finding, decision.partial ?? false));
      return true;
    }
    if (decision !== undefined && decision.order !== undefined) this.#orders.set(object, decision.order);
    if (decision !== undefined && (!witness || decision.order !== undefined)) return true;
    const budget = new Budget(this.#left);
    const order = fitsAsAnswered(this.#model, own, budget);
    this.#left -= budget.used;
    if (order !== undefined) this.#orders.set(object, order);
    if (decision !== undefined && order === undefined) this.#seeksOrder(object, own);
    return decision !== undefined || order !== undefined;
  }

  /** An order of what is known to be right, where there is one of the whole: accounting may have asked for less. */
  #seeksOrder(object: string, own: readonly Operation[]): void {
    const found = this.#search(own, this.#left);
    if (found.verdict === "linearizable") this.#orders.set(object, operationsIn(found.order));
  }

  #search(own: readonly Operation[], share: number): Found<S> {
    const { memo } = this.#options;
    const budget = new Budget(Math.min(share, this.#left));
    const found = search(this.#model, own, budget, memo === undefined ? {} : { memo });
    this.#left -= budget.used;
    return found;
  }

  /** False when the share did not suffice. */
  #searches(object: string, own: readonly Operation[], share: number): boolean {
    const found = this.#search(own, share);
    switch (found.verdict) {
      case "unknown":
        return false;
      case "linearizable":
        this.#orders.set(object, operationsIn(found.order));
        return true;
      case "not-linearizable":
        this.#contradictions.push(contradictionIn(this.#model, own, found.stuckAt, this.#left));
        return true;
    }
  }

  /** What accounting found, with what the object could have been where a search can still tell. */
  #explained(own: readonly Operation[], found: Finding, partial: boolean): Contradiction {
    const { accounting, ledgerDecides = false } = this.#options;
    const first = partial || accounting === undefined ? undefined : firstWrong(accounting, own);
    if (first === undefined) return contradictionOf(found, own, false);
    const ledger = contradictionOf({ ...first.finding, culprit: first.culprit }, own, true);
    if (ledgerDecides) return ledger;
    const states = contradictionBy(this.#model, own, first.culprit, true);
    return states.known.length === 0 || states.more ? ledger : states;
  }
}

const operationsIn = (order: readonly Placed<unknown>[]): Operation[] =>
  order.map(({ operation }) => operation);
