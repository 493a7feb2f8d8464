/**
 * A model: what one object would do if it were asked one thing at a time.
 *
 * States are values that are never changed; an operation that changes nothing gives back the very state that it was
 * given. Where the answer is unknown the model says what happens then; there is always something, if only nothing.
 */
import type { Json } from "../../sim/plan.js";
import type { Operation } from "./operation.js";

/** What tells two states apart: the same for the same state, and different for different ones. */
export type StateKey = string | number | boolean | null;

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
  tell(operation: Operation): string;
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
 * Plain data as something that can be compared by `===`: numbers, booleans and null as they are, all else as text. The
 * order of an object's keys does not count.
 */
export function comparable(value: Json): StateKey {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return value;
  return `\u0000${ordered(value)}`;
}

function ordered(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(ordered).join(",")}]`;
  const parts = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${ordered(field)}`);
  return `{${parts.sort().join(",")}}`;
}

const LONGEST = 60;

/** What `comparable` made of a value, for people. */
export function shownKey(key: StateKey): string {
  if (key === null) return "nothing";
  return shownValue(typeof key === "string" && key.startsWith("\u0000") ? key.slice(1) : key, key);
}

function shownValue(value: string | number | boolean, key: StateKey): string {
  const text = typeof value === "string" && value === key ? JSON.stringify(value) : String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** A value for people, cut to a readable length. */
export const shownJson = (value: Json): string => shownKey(comparable(value));

/** `read → 5`, `write 5`, `cas 1 2 → unknown`: how operations without a way of their own are told. */
export function tellPlainly(operation: Operation): string {
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
