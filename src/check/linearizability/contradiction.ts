/**
 * Why a history is not linearizable, for people: the shortest beginning of it that has no order, the operation whose
 * answer spoiled it, what the object could have been by then, and what went on meanwhile.
 *
 * If a history has an order then so has each beginning of it. So there is a first answer that leaves no order; the
 * search's own trouble says where to begin looking for it. Operations that were under way then count with an unknown
 * outcome.
 */
import type { Model } from "./model.js";
import { isOpen, type Operation } from "./operation.js";
import { Budget, search } from "./search.js";

export interface Contradiction {
  readonly object: string;
  /** The operation whose answer leaves no order. */
  readonly culprit: Operation;
  /** How many operations on the object had been answered by then, the culprit among them. */
  readonly answered: number;
  /** Whether no shorter beginning is without an order; false when the budget did not suffice to find out. */
  readonly shortest: boolean;
  /** The culprit, what changed something or may have while it was under way, and what explains what was known before; by their calls. */
  readonly window: readonly Operation[];
  /** How many more were under way than are in the window; the latest are. */
  readonly cut: number;
  /** What the object could have been while the culprit was under way; empty when that could not be worked out. */
  readonly known: readonly KnownState[];
  /** `known` is not all of it. */
  readonly more: boolean;
  /** The operation after which the culprit's answer was no longer possible. */
  readonly spoiler: Operation | undefined;
  /** Why, where that is known without any orders having been tried. */
  readonly reason?: string;
}

export interface KnownState {
  /** `holds 5` */
  readonly text: string;
  /** Whether the culprit's answer fits it by itself: then something else that was answered does not fit any more. */
  readonly fits: boolean;
}

const MOST_STATES = 6;
const MOST_IN_WINDOW = 12;
/** The smallest budget, in looks at the model, for finding and explaining a contradiction. */
const LEAST_STEPS = 200_000;

/**
 * @param operations of one object, in the order of their calls, which have no order.
 * @param stuckAt an answer that no order of all of them got past.
 */
export function contradictionIn<S>(
  model: Model<S>,
  operations: readonly Operation[],
  stuckAt: number,
  steps: number,
): Contradiction {
  const budget = new Budget(Math.max(steps, LEAST_STEPS));
  const { culprit, shortest } = firstWithoutOrder(model, operations, stuckAt, budget);
  return contradictionBy(model, operations, culprit, shortest, budget);
}

/** What the operation whose answer leaves no order contradicts. */
export function contradictionBy<S>(
  model: Model<S>,
  operations: readonly Operation[],
  culprit: Operation,
  shortest: boolean,
  budget: Budget = new Budget(LEAST_STEPS),
): Contradiction {
  const others = operations.filter((operation) => operation !== culprit);
  const answered = operations.filter(({ ret }) => ret <= culprit.ret).length;
  const states = statesFor(model, others, culprit, budget);
  const { spoiler, author } = lastFit(model, others, culprit, budget);
  const meanwhile = others.filter(({ call, ret }) => call <= culprit.ret && ret >= culprit.call);
  const changing = meanwhile.filter((operation) => !model.onlyLooks(operation, operation.output));
  const explaining = [spoiler, author].filter((operation) => operation !== undefined);
  const concerned = [...new Set([culprit, ...explaining, ...changing.reverse()])];
  const window = concerned.slice(0, MOST_IN_WINDOW).sort((a, b) => a.call - b.call || a.ret - b.ret);
  const cut = concerned.length - window.length;
  return { object: culprit.object, culprit, answered, shortest, window, cut, ...states, spoiler };
}

/** The first answer that leaves no order: found in strides that double, then by halving the last stride. */
function firstWithoutOrder<S>(
  model: Model<S>,
  operations: readonly Operation[],
  stuckAt: number,
  budget: Budget,
): { readonly culprit: Operation; readonly shortest: boolean } {
  const answers = operations.filter((operation) => !isOpen(operation)).sort((a, b) => a.ret - b.ret);
  const at = (index: number): Operation => answers[Math.min(index, answers.length - 1)] as Operation; // there is at least one: something was stuck
  const hasOrder = (index: number): boolean | undefined => {
    const found = search(model, operations, budget, { until: at(index).ret });
    return found.verdict === "unknown" ? undefined : found.verdict === "linearizable";
  };
  // All orders of the whole are stuck at that answer; knowing fewer answers can only make more orders possible.
  let low = answers.findIndex(({ ret }) => ret >= stuckAt) - 1;
  let high = low + 1;
  for (let stride = 1; ; stride *= 2) {
    const verdict = high >= answers.length - 1 ? false : hasOrder(high);
    if (verdict === undefined) return { culprit: at(high), shortest: false };
    if (!verdict) break;
    low = high;
    high = Math.min(high + stride, answers.length - 1);
  }
  high = Math.min(high, answers.length - 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const verdict = hasOrder(middle);
    if (verdict === undefined) return { culprit: at(high), shortest: false };
    if (verdict) low = middle;
    else high = middle;
  }
  return { culprit: at(high), shortest: true };
}

/** What the object could be while the culprit was under way, by every order of the others that fits. */
function statesFor<S>(
  model: Model<S>,
  others: readonly Operation[],
  culprit: Operation,
  budget: Budget,
): { readonly known: readonly KnownState[]; readonly more: boolean } {
  const states = new Map<unknown, KnownState>();
  const visit = (state: S, firstReturn: number): void => {
    const key = model.key(state);
    if (firstReturn < culprit.call || states.has(key)) return;
    const fits = model.step(state, culprit, culprit.output) !== undefined;
    states.set(key, { text: model.tellState(state), fits });
  };
  const found = search(model, others, budget, { until: culprit.ret, visit });
  const known = [...states.values()].sort((a, b) => Number(b.fits) - Number(a.fits));
  const more = known.length > MOST_STATES || found.verdict === "unknown";
  return { known: known.slice(0, MOST_STATES), more };
}

/** By one order of the others: who made the culprit's answer possible last, and who made it impossible. */
function lastFit<S>(
  model: Model<S>,
  others: readonly Operation[],
  culprit: Operation,
  budget: Budget,
): { readonly author: Operation | undefined; readonly spoiler: Operation | undefined } {
  const found = search(model, others, budget, { until: culprit.ret });
  if (found.verdict !== "linearizable") return { author: undefined, spoiler: undefined };
  const states = [model.initial, ...found.order.map(({ state }) => state)];
  let last = states.length - 1;
  while (last >= 0 && model.step(states[last] as S, culprit, culprit.output) === undefined) last--; // within the list
  const spoiler = last < 0 ? undefined : found.order[last]?.operation;
  // Who made the object what it is instead, when nobody ever made it what the answer says.
  let author = last - 1;
  const state = states[Math.max(last, 0)] as S; // within the list
  if (last < 0) author = found.order.length - 1;
  while (author >= 0 && (last < 0 ? states[author] === states[author + 1] : states[author] === state))
    author--;
  return {
    author: author < 0 ? undefined : found.order[author]?.operation,
    spoiler: spoiler !== undefined && spoiler.ret < culprit.call ? spoiler : undefined,
  };
}
