/**
 * What linearizability is asked of: operations on objects, each with the moment of its call, the moment of its answer, and
 * the answer.
 *
 * An operation that was certainly not carried out is no operation at all and is left out before anything is checked.
 * One whose outcome is unknown stays open for ever: it may take effect at any moment after its call, or never.
 */
import type { Json } from "../../sim/plan.js";

/** The return of an operation that never returned. */
export const OPEN = Number.POSITIVE_INFINITY;

export interface Operation {
  /** Who asked. */
  readonly client: string;
  /** The object that it is about: objects are checked one by one. Empty where there is only one. */
  readonly object: string;
  /** What was asked for: `read`, `write`, … */
  readonly f: string;
  readonly input: Json;
  /** The answer; undefined when it is unknown. */
  readonly output: Json | undefined;
  /** Position of the call among all events of the history. */
  readonly call: number;
  /** Position of the answer; `OPEN` when there was none. Never before the call; the same for what happened in an instant. */
  readonly ret: number;
}

export const isOpen = (operation: Operation): boolean => operation.ret === OPEN;

/** Operations by object, in the order of their calls; objects in the order in which they first appear. */
export function byObject(operations: readonly Operation[]): Map<string, Operation[]> {
  const objects = new Map<string, Operation[]>();
  for (const operation of operations) {
    const known = objects.get(operation.object);
    if (known === undefined) objects.set(operation.object, [operation]);
    else known.push(operation);
  }
  for (const list of objects.values()) list.sort((a, b) => a.call - b.call || a.ret - b.ret);
  return objects;
}
