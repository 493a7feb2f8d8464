/**
 * A model: what one object would do if it were asked one thing at a time.
 *
 * States are values that are never changed; an operation that changes nothing gives back the very state that it was
 * given. Where the answer is unknown the model says what happens then; there is always something, if only nothing.
 */
import type { Json } from "../../sim/plan.js";
import { comparable, type StateKey, shownJson } from "../values.js";
import type { Operation } from "./operation.js";

export interface Model<S> {
  readonly name: string;
  readonly initial: S;
  /** Who asks makes a difference. */
  readonly knowsClients: boolean;
  /** The state after it; undefined when it can't have been answered like that. An unknown answer always fits. */
  step(state: S, operation: Operation, output: Json | undefined): S | undefined;
  /** Whether it changes no state at all, if this is its answer. It may then stand wherever it fits, and nothing else is tried. */
  onlyLooks(operation: Operation, output: Json | undefined): boolean;
  /** Lets the search give up early; left out where nothing simple can be said. */
  readonly outlook?: Outlook<S>;
  key(state: S): StateKey;
  /** The state as the end of a sentence about the object: `holds 5`, `is free`. */
  tellState(state: S): string;
  /** An operation with its answer: `read → 5`. */
  describe(operation: Operation): string;
}

/**
 * What can be said beforehand of an operation that only looks and that does not fit yet. Saying yes too often costs time,
 * saying no wrongly loses orders.
 */
export interface Outlook<S> {
  /** Whether it may fit later even if nothing takes place that brings it about. */
  mayStillFit(state: S, look: Operation): boolean;
  /** Whether this operation may be what makes it fit. */
  brings(operation: Operation, look: Operation): boolean;
}

/**
 * `read → 5`, `write 5`, `cas 1 2 → unknown`: how operations without a description of their own are written.
 */
export function describePlainly(operation: Operation): string {
  const { f, input, output, ret } = operation;
  const asked = input === null ? f : `${f} ${argument(input)}`;
  if (!Number.isFinite(ret)) return `${asked} (no answer)`;
  if (
    output === undefined ||
    output === true ||
    output === null ||
    comparable(output) === comparable(input)
  ) {
    return input === null && output !== undefined ? `${asked} → ${shownJson(output)}` : asked;
  }
  return `${asked} → ${shownJson(output)}`;
}

function argument(input: Json): string {
  return Array.isArray(input) ? input.map(shownJson).join(" ") : shownJson(input);
}
