/** A history against one of the models by name, with each contradiction explained. */
import { type CheckOptions, type CheckResult, checkLinearizability } from "./check.js";
import type { ReadyModel } from "./models/index.js";
import type { Operation } from "./operation.js";
import { type ProofWords, proof, sentence } from "./proof.js";

export interface ExplainedContradiction {
  readonly object: string;
  readonly message: string;
  /** How far the history goes until it contradicts itself. */
  readonly heading: string;
  /** The same line by line. */
  readonly proof: readonly string[];
  /** The operation whose answer leaves no order. */
  readonly culprit: Operation;
  /** Operations on the object that had been answered by then, it among them. */
  readonly answered: number;
  /** Whether no shorter beginning of the history is without an order. */
  readonly shortest: boolean;
  readonly window: readonly Operation[];
  readonly known: readonly string[];
}

export interface CheckedHistory {
  readonly result: CheckResult;
  readonly explained: readonly ExplainedContradiction[];
}

export type Against = Pick<ReadyModel, "model" | "noun"> &
  Partial<Pick<ReadyModel, "accounting" | "ledgerDecides">>;

export function checkAgainst(
  { model, noun, accounting, ledgerDecides = false }: Against,
  operations: readonly Operation[],
  words: Omit<ProofWords, "object">,
  options: Pick<CheckOptions, "budget" | "witness"> = {},
): CheckedHistory {
  const result = checkLinearizability(model, operations, { ...options, accounting, ledgerDecides });
  const explained = result.contradictions.map((contradiction): ExplainedContradiction => {
    const { object, culprit, answered, shortest, window, known } = contradiction;
    const named = object === "" ? noun : `${noun} ${JSON.stringify(object)}`;
    const how = { ...words, object: named };
    return {
      object,
      heading: `${named}: ${answered === 1 ? "the first answer is" : `the first ${answered} answers are`} not linearizable${shortest ? "; fewer are" : ""}.`,
      message: sentence(model, contradiction, how),
      proof: proof(model, contradiction, how),
      culprit,
      answered,
      shortest,
      window,
      known: known.map(({ text }) => text),
    };
  });
  return { result, explained };
}
