/**
 * Is this history linearizable? Each object is looked at by itself: a history has an order if, and only if, the
 * operations on each of its objects have one.
 *
 * The verdict is never a guess: `unknown` means that the budget ran out, and is no pass.
 */
import { type Contradiction, contradictionIn } from "./contradiction.js";
import type { MemoLimits } from "./memo.js";
import type { Model } from "./model.js";
import { byObject, isOpen, type Operation } from "./operation.js";
import { Budget, search } from "./search.js";

export type LinearizabilityVerdict = "linearizable" | "not-linearizable" | "unknown";

/** Looks at the model that a check may take when nothing else is said. */
export const DEFAULT_BUDGET = 20_000_000;

export interface CheckOptions {
  /** Looks at the model, for all objects together. Default `DEFAULT_BUDGET`. */
  readonly budget?: number;
  readonly memo?: MemoLimits;
}

export interface CheckResult {
  readonly verdict: LinearizabilityVerdict;
  readonly operations: number;
  /** How many of them have an unknown outcome. */
  readonly open: number;
  readonly objects: number;
  /** Looks at the model that it took. */
  readonly steps: number;
  /** One for each object without an order. */
  readonly contradictions: readonly Contradiction[];
  /** Objects for which the budget did not suffice. */
  readonly unknown: readonly string[];
}

/** Something that decides about an object without a search; undefined where it can't. */
export type Shortcut = (
  operations: readonly Operation[],
) =>
  | { readonly verdict: "linearizable" }
  | { readonly verdict: "not-linearizable"; readonly contradiction: Contradiction }
  | undefined;

/** Whether the order of the answers is one that fits, which is most often so: then no search is needed. */
function fitsAsAnswered<S>(model: Model<S>, operations: readonly Operation[], budget: Budget): boolean {
  const answered = operations.filter((operation) => !isOpen(operation)).sort((a, b) => a.ret - b.ret);
  let state = model.initial;
  for (const operation of answered) {
    if (!budget.take()) return false;
    const after = model.step(state, operation, operation.output);
    if (after === undefined) return false;
    state = after;
  }
  return true;
}

export function checkLinearizability<S>(
  model: Model<S>,
  operations: readonly Operation[],
  options: CheckOptions = {},
  shortcut?: Shortcut,
): CheckResult {
  const { budget: steps = DEFAULT_BUDGET } = options;
  const budget = new Budget(steps);
  const contradictions: Contradiction[] = [];
  const unknown: string[] = [];
  const objects = byObject(operations);
  for (const [object, own] of objects) {
    const short = shortcut?.(own);
    if (short?.verdict === "not-linearizable") contradictions.push(short.contradiction);
    if (short !== undefined) continue;
    if (fitsAsAnswered(model, own, budget)) continue;
    const found = search(model, own, budget, options.memo === undefined ? {} : { memo: options.memo });
    if (found.verdict === "unknown") unknown.push(object);
    else if (found.verdict === "not-linearizable") {
      contradictions.push(contradictionIn(model, own, found.stuckAt, budget.left));
    }
  }
  return {
    verdict: contradictions.length > 0 ? "not-linearizable" : unknown.length > 0 ? "unknown" : "linearizable",
    operations: operations.length,
    open: operations.filter(({ ret }) => !Number.isFinite(ret)).length,
    objects: objects.size,
    steps: budget.used,
    contradictions,
    unknown,
  };
}
