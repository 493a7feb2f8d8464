/**
 * What a check keeps of each host's present life: what the layer says of actors, pools and channels is about one life of one
 * host, and begins anew when that is over.
 */
import type { EventOf, FactKind, HistoryEvent } from "seedstorm";
import { ensure, fields, text } from "seedstorm/check";
import type { Entity } from "../facts.js";

/** Kinds that a check of lives must subscribe to. */
export const LIFE: readonly FactKind[] = ["state", "host"];

export class Lives<S> {
  readonly #states = new Map<string, S>();
  readonly #begin: () => S;

  constructor(begin: () => S) {
    this.#begin = begin;
  }

  /** The state of the host that this event is from, as its present life has it. */
  of(event: HistoryEvent): S {
    if (event.kind === "host" && event.phase === "crash") this.#states.delete(event.host);
    return ensure(this.#states, event.host, this.#begin);
  }

  /** That of a host, if anything happened there. */
  ofHost(host: string): S | undefined {
    return this.#states.get(host);
  }

  /** Of lives that have not ended. */
  all(): Iterable<S> {
    return this.#states.values();
  }
}

export type StateEvent = EventOf<"state">;

/** The event, where it is about this entity. */
export function about(event: HistoryEvent, entity: Entity): StateEvent | undefined {
  return event.kind === "state" && event.entity === entity ? event : undefined;
}

export const field = (event: StateEvent, name: string): string => text(event.detail, name);

/** A number in the detail; 0 when there is none. */
export function amount(event: StateEvent, name: string): number {
  const found = fields(event.detail)?.[name];
  return typeof found === "number" ? found : 0;
}

/** The number at the end of a name, which counts up. */
export function ordinal(name: string): number {
  const digits = /\d+$/.exec(name);
  return digits === null ? 0 : Number(digits[0]);
}
