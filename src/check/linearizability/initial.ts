/** What an object seems to have held at first, where a history contradicts what it was taken to hold. */
import type { Json } from "../../sim/plan.js";
import { canonical, shownJson } from "../values.js";
import type { Contradiction } from "./contradiction.js";
import { isOpen, type Operation } from "./operation.js";

/**
 * A sentence where the reads before anything was changed agree on another value than the one that was taken. Undefined where
 * they don't, or where there are none.
 */
export function startHint(
  operations: readonly Operation[],
  contradictions: readonly Contradiction[],
  initial: Json = null,
): string | undefined {
  for (const { object, culprit } of contradictions) {
    if (culprit.f !== "read" && culprit.f !== "get") continue;
    const own = operations.filter((operation) => operation.object === object);
    const isRead = ({ f }: Operation): boolean => f === culprit.f;
    const changed = own.reduce(
      (first, operation) => (isRead(operation) ? first : Math.min(first, operation.call)),
      Number.POSITIVE_INFINITY,
    );
    const early = own.filter(
      (operation) => isRead(operation) && !isOpen(operation) && operation.ret < changed,
    );
    const seen = new Map(early.map(({ output = null }) => [canonical(output), output]));
    const [value] = seen.values();
    if (seen.size !== 1 || value === undefined || canonical(value) === canonical(initial)) continue;
    return `Whoever read before anything was written found ${shownJson(value)}. If it starts so, say --initial '${canonical(value)}'.`;
  }
  return undefined;
}
