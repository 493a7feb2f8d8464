/**
 * How far an order gets: the longest one that a search found for an object without an order, and why nothing comes
 * after it.
 */
import type { Contradiction } from "./contradiction.js";
import type { Model } from "./model.js";
import { isOpen, type Operation } from "./operation.js";
import { Budget, type Placed, search } from "./search.js";

export interface LongestOrder {
  /** With the object after each operation, in words: `holds 5`. */
  readonly order: readonly { readonly operation: Operation; readonly after: string }[];
  /** What the object is when the order is stuck. */
  readonly state: string;
  /** What might come next, and can't. */
  readonly alternatives: readonly Alternative[];
}

export interface Alternative {
  readonly operation: Operation;
  /** It fits by itself, but then another one has no place left. */
  readonly fits: boolean;
}

const STEPS = 300_000;

/** @param operations of one object, in the order of their calls. */
export function longestOrder<S>(
  model: Model<S>,
  operations: readonly Operation[],
  { culprit }: Contradiction,
): LongestOrder {
  const known = operations.filter(({ call }) => call <= culprit.ret);
  let longest: readonly Placed<S>[] = [];
  search(model, known, new Budget(STEPS), {
    until: culprit.ret,
    stuck: (order) => {
      longest = order;
    },
  });
  const placed = new Set(longest.map(({ operation }) => operation));
  const left = known.filter((operation) => !placed.has(operation));
  const firstReturn = left.reduce((first, { ret }) => Math.min(first, ret), Number.POSITIVE_INFINITY);
  const state = longest.at(-1)?.state ?? model.initial;
  const next = left.filter(
    (operation) => operation.call <= firstReturn && !isOpen(operation) && operation.ret <= culprit.ret,
  );
  return {
    order: longest.map(({ operation, state: after }) => ({ operation, after: model.tellState(after) })),
    state: model.tellState(state),
    alternatives: next.map((operation) => ({
      operation,
      fits: model.step(state, operation, operation.output) !== undefined,
    })),
  };
}
