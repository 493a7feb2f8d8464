/**
 * The history of a universe: what properties read and reports show.
 *
 * It is written by the systems under test through `host.record` and by the world itself (faults, outside
 * services). Facts are about behaviour, not about internals: what a client was told, what became durable,
 * what was delivered, what the outside world really applied. Each event knows its cause: the event of the
 * history whose consequence it is, through messages and timers, so that reports can draw arrows and cut
 * out what led to a violation.
 */
import type { Json } from "./spec.js";
import type { Micros } from "./time.js";

/** What a client of the system asked for and was told. `fail`: certainly did not happen; `info`: unknown. */
export interface ClientFact {
  readonly kind: "client";
  readonly phase: "call" | "ok" | "fail" | "info";
  /** Joins a call to its outcome. */
  readonly requestId: string;
  readonly operation: string;
  readonly key: string;
  readonly value: Json;
}

/** Writes that became durable together, or not at all. For a replicated store: what one replica applied at one index. */
export interface DurableFact {
  readonly kind: "durable";
  /** `orders@aws-a`: a replica's copy; a plain name where there is only one copy. */
  readonly store: string;
  /** Position of the transaction in its store; ascending. For a replicated store the log index. */
  readonly txn: number;
  readonly writes: readonly Write[];
}

export interface Write {
  readonly key: string;
  /** The new value; null for a deletion. */
  readonly value: Json;
}

/** A record's way through a stream. */
export interface StreamFact {
  readonly kind: "publish" | "publish-ack" | "deliver" | "ack" | "nack" | "term";
  readonly stream: string;
  /** Consumer group; empty for a publish. */
  readonly group: string;
  /** Offset in the stream; -1 while it is not known yet. */
  readonly sequence: number;
  /** The record's own key (idempotency key, message id). */
  readonly key: string;
  readonly deliveryId: string;
  /** 1 on the first delivery; 0 for a publish. */
  readonly deliveryCount: number;
  /** `provider/region[/zone]` of the consumer; empty for a publish. */
  readonly domain: string;
}

/** A call to an external service. `applied` is written by the service itself: it is the truth. */
export interface ExternalFact {
  readonly kind: "external";
  readonly phase: "attempt" | "applied" | "reply";
  readonly service: string;
  readonly operation: string;
  readonly token: string;
  readonly value: Json;
}

/** An entity changed its state: a Raft member its role, a saga its status, a worker its mode. */
export interface StateFact {
  readonly kind: "state";
  readonly entity: string;
  /** Which one: `orders@aws-a`, `saga-7`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly detail: { readonly [key: string]: Json };
}

export interface LeaseFact {
  readonly kind: "lease";
  readonly phase: "grant" | "renew" | "expire" | "release" | "refused";
  readonly lease: string;
  readonly holder: string;
  readonly epoch: number;
}

/** A request was refused for a reason that has a name; nothing was changed by it. */
export interface RefusalFact {
  readonly kind: "refusal";
  readonly operation: string;
  readonly reason: string;
  readonly key: string;
  readonly detail: { readonly [key: string]: Json };
}

/** A fault began, did something for the first time (`fired`), or ended. Written by the world. */
export interface FaultFact {
  readonly kind: "fault";
  readonly phase: "start" | "fired" | "end";
  readonly fault: string;
  readonly faultKind: string;
  readonly target: string;
  /** Of the start of a fault that was aimed at a moment: the host where the moment came. */
  readonly there?: string;
}

/** A host came up, went down, was paused or resumed, or is gone for good. Written by the world. */
export interface HostFact {
  readonly kind: "host";
  readonly phase: "boot" | "crash" | "pause" | "resume" | "gone";
  readonly incarnation: number;
  /** Of a crash: the process ended itself, and why; left out where power failed. */
  readonly exit?: string;
}

export interface OperatorFact {
  readonly kind: "operator";
  readonly operation: string;
  readonly detail: { readonly [key: string]: Json };
}

/** A goal was reached that a campaign should reach; counted, and read by `sometimes` properties. */
export interface GoalFact {
  readonly kind: "goal";
  readonly goal: string;
}

/** What an unmodified program did, in its own terms. Written by the process that it runs in. */
export interface ProgramFact {
  readonly kind: "program";
  /**
   * `request`: it was asked something; `response`: it answered that, or was answered; `output`: it printed a line; `error`:
   * something was thrown that it did not handle; `exit`: its process ended; `start`: it was started again.
   */
  readonly phase: "request" | "response" | "output" | "error" | "exit" | "start";
  readonly text: string;
}

export type Fact =
  | ClientFact
  | DurableFact
  | StreamFact
  | ExternalFact
  | StateFact
  | LeaseFact
  | RefusalFact
  | FaultFact
  | HostFact
  | OperatorFact
  | GoalFact
  | ProgramFact;

export type FactKind = Fact["kind"];

export interface Stamp {
  /** Position in the history, from 0. */
  readonly id: number;
  /** True virtual time. */
  readonly at: Micros;
  /** The host where it happened; `external/NAME` for a service, `world` for the storm. */
  readonly host: string;
  /** The id of the event it is a consequence of; -1 where the plan itself is the cause. */
  readonly cause: number;
}

export type HistoryEvent = Stamp & Fact;
/** An event of the given kinds only: `EventOf<"ack" | "deliver">`. */
export type EventOf<K extends FactKind> = Stamp & FactOf<K, Fact>;
/** Facts that may be of the kinds, narrowed to these: one type of fact may be of several. */
type FactOf<K, F extends Fact> = F extends Fact
  ? Extract<K, F["kind"]> extends never
    ? never
    : F & { readonly kind: Extract<K, F["kind"]> }
  : never;

/** The record of one universe, growing while it runs. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #listeners: ((event: HistoryEvent) => void)[] = [];
  readonly #onFailure: (error: unknown) => void;

  /**
   * @param onFailure called with what a listener threw, which must not reach the code whose fact was being
   *   written. By default it is rethrown.
   */
  constructor(onFailure: (error: unknown) => void = rethrow) {
    this.#onFailure = onFailure;
  }

  /** Called with each event as it is written. */
  on(listener: (event: HistoryEvent) => void): void {
    this.#listeners.push(listener);
  }

  add(at: Micros, host: string, cause: number, fact: Fact): HistoryEvent {
    const event = eventOf(this.events.length, at, host, cause, fact);
    this.events.push(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onFailure(error);
      }
    }
    return event;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/**
 * A fact with its stamp. Facts are written down in many places, and V8 gives an object one hidden class for each order in which
 * fields were put into it. Properties look at every event of a run, so each kind is made here from a literal of its own:
 * reading them stays quick however their facts were made, and a literal takes a third of the time that a spread takes.
 */
function eventOf(id: number, at: Micros, host: string, cause: number, fact: Fact): HistoryEvent {
  switch (fact.kind) {
    case "client": {
      const { kind, phase, requestId, operation, key, value } = fact;
      return { id, at, host, cause, kind, phase, requestId, operation, key, value };
    }
    case "durable": {
      const { kind, store, txn, writes } = fact;
      return { id, at, host, cause, kind, store, txn, writes };
    }
    case "publish":
    case "publish-ack":
    case "deliver":
    case "ack":
    case "nack":
    case "term": {
      const { kind, stream, group, sequence, key, deliveryId, deliveryCount, domain } = fact;
      return { id, at, host, cause, kind, stream, group, sequence, key, deliveryId, deliveryCount, domain };
    }
    case "external": {
      const { kind, phase, service, operation, token, value } = fact;
      return { id, at, host, cause, kind, phase, service, operation, token, value };
    }
    case "state": {
      const { kind, entity, name, from, to, detail } = fact;
      return { id, at, host, cause, kind, entity, name, from, to, detail };
    }
    case "lease": {
      const { kind, phase, lease, holder, epoch } = fact;
      return { id, at, host, cause, kind, phase, lease, holder, epoch };
    }
    case "refusal": {
      const { kind, operation, reason, key, detail } = fact;
      return { id, at, host, cause, kind, operation, reason, key, detail };
    }
    case "operator": {
      const { kind, operation, detail } = fact;
      return { id, at, host, cause, kind, operation, detail };
    }
    case "goal": {
      const { kind, goal } = fact;
      return { id, at, host, cause, kind, goal };
    }
    case "program": {
      const { kind, phase, text } = fact;
      return { id, at, host, cause, kind, phase, text };
    }
    // These are rare, and have a field that may be left out.
    case "fault":
    case "host":
      return { id, at, host, cause, ...fact };
  }
}
