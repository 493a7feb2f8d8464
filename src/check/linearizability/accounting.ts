/**
 * Deciding about an object without a search, where its kind allows it: by accounting for each value. Such a decision takes
 * n log n steps, and says either that there is an order (and often which) or what is wrong with the ledger.
 */
import type { Contradiction } from "./contradiction.js";
import { isOpen, OPEN, type Operation } from "./operation.js";

export type Decision =
  /** `order`: one that fits, where it was worked out. */
  | { readonly verdict: "linearizable"; readonly order?: readonly Operation[] }
  /** `partial`: where the ledger is not wrong a search may still find that there is no order. */
  | { readonly verdict: "not-linearizable"; readonly finding: Finding; readonly partial?: true };

export interface Finding {
  /** The operation whose answer can't be. */
  readonly culprit: Operation;
  readonly involved: readonly Operation[];
  /** Why, as a sentence without its full stop. */
  readonly reason: string;
}

/** @param operations of one object, in the order of their calls. Undefined when a search must decide. */
export type Accounting = (operations: readonly Operation[]) => Decision | undefined;

/** What was known of the operations at a position: later answers were not given yet, and later calls not made. */
export function knownAt(operations: readonly Operation[], until: number): Operation[] {
  return operations
    .filter(({ call }) => call <= until)
    .map((operation) =>
      operation.ret <= until ? operation : { ...operation, ret: OPEN, output: undefined },
    );
}

/** The shortest beginning whose ledger is wrong, found by halving. Takes the decision some twenty times over. */
export function firstWrong(
  accounting: Accounting,
  operations: readonly Operation[],
): { readonly culprit: Operation; readonly finding: Finding } | undefined {
  const answers = operations.filter((operation) => !isOpen(operation)).sort((a, b) => a.ret - b.ret);
  const findingAt = (index: number): Finding | undefined => {
    const decision = accounting(knownAt(operations, answers[index]?.ret ?? OPEN));
    return decision?.verdict === "not-linearizable" ? decision.finding : undefined;
  };
  let low = -1;
  let high = answers.length - 1;
  let finding = findingAt(high);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const wrong = findingAt(middle);
    if (wrong === undefined) low = middle;
    else {
      high = middle;
      finding = wrong;
    }
  }
  const culprit = answers[high];
  return finding === undefined || culprit === undefined ? undefined : { culprit, finding };
}

/** What is wrong with the ledger, as a contradiction. */
export function contradictionOf(
  { culprit, involved, reason }: Finding,
  operations: readonly Operation[],
  shortest: boolean,
): Contradiction {
  const own = new Map(operations.map((operation) => [operation.call, operation]));
  const concerned = [...involved, culprit].map((operation) => own.get(operation.call) ?? operation);
  const window = [...new Set(concerned)].sort((a, b) => a.call - b.call);
  const answered = operations.filter(
    (operation) => !isOpen(operation) && operation.ret <= culprit.ret,
  ).length;
  return {
    object: culprit.object,
    culprit,
    answered,
    shortest,
    window,
    cut: 0,
    known: [],
    more: false,
    spoiler: undefined,
    reason,
  };
}
