/**
 * Properties without ceremony, for systems of programs: a sentence and a function over the history. What the sentence
 * says is the property's name; what the function returns says how it is contradicted.
 */
import type { Property, PropertyKind } from "../../check/property.js";
import type { FactKind, HistoryEvent } from "../../sim/history.js";

/** Undefined: nothing is wrong. Otherwise how the sentence is contradicted. */
export type Contradiction = string | undefined;

/** Every kind of fact that programs, clients and services leave. */
const ALL: readonly FactKind[] = [
  ...(["client", "durable", "external", "state", "operator", "host", "fault", "program"] as const),
];

/** `No order is paid twice.` → `no-order-is-paid-twice` */
export function slugOf(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
}

/** Holds at each event: `look` is given it and all before it, itself included. */
export function always(
  sentence: string,
  look: (event: HistoryEvent, history: readonly HistoryEvent[]) => Contradiction,
): Property {
  return property(sentence, "always", (context, history) => ({
    on(event) {
      history.push(event);
      context.checked();
      const contradiction = look(event, history);
      if (contradiction !== undefined) context.violated(contradiction, contradiction, [event]);
    },
  }));
}

/** Must not come about: `look` says of each event whether it is that. */
export function never(sentence: string, look: (event: HistoryEvent) => boolean): Property {
  return property(sentence, "never", (context) => ({
    on(event) {
      context.checked();
      if (look(event)) context.violated("it", "It came about.", [event]);
    },
  }));
}

/** Holds at the end of the quiet period: `look` is given the whole history. */
export function eventually(
  sentence: string,
  look: (history: readonly HistoryEvent[]) => Contradiction,
): Property {
  return property(sentence, "eventually", (context, history) => ({
    on(event) {
      history.push(event);
    },
    end() {
      context.checked();
      const contradiction = look(history);
      const last = history.at(-1);
      if (contradiction !== undefined)
        context.violated("it", contradiction, last === undefined ? [] : [last]);
    },
  }));
}

type Start = (
  context: Parameters<Property["start"]>[0],
  history: HistoryEvent[],
) => ReturnType<Property["start"]>;

function property(sentence: string, kind: PropertyKind, start: Start): Property {
  return { id: slugOf(sentence), kind, sentence, subscribes: ALL, start: (context) => start(context, []) };
}
