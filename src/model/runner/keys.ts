/**
 * The runner's keys in the store. A tenant's keys of one kind are one range; ids may contain anything, a colon too, since
 * each part is percent-encoded; due times have twenty digits, so that keys sort as times do; timers have names, so that
 * two of one time are two.
 */
import type { Host, Micros } from "seedstorm";
import { dueTime, encodePart, partsOf } from "../storage/keys.js";

/** A saga may not have this name: its markers would be those of effects. */
export const RESERVED_SAGA_NAME = "effect";

export const NAMESPACES = [
  "saga",
  "checkpoint",
  "outbox",
  "schedule",
  "dedupe",
  "deadletter",
  "quarantine",
  "retry",
  "replay",
  "lease",
  "health",
] as const;
export type Namespace = (typeof NAMESPACES)[number];

export interface TimerName {
  readonly tenant: string;
  readonly saga: string;
  readonly correlation: string;
  readonly due: Micros;
  readonly timer: string;
}

/** How keys are made on a host. */
export class Keys {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  #key(namespace: Namespace, ...parts: readonly string[]): string {
    const raw = this.#host.defect("NW8");
    return [namespace, ...parts.map((part) => (raw ? part : encodePart(part)))].join(":");
  }

  saga(tenant: string, saga: string, correlation: string): string {
    return this.#key("saga", tenant, saga, correlation);
  }

  /** Each lane of a stream has its own: within a lane events are processed in the order of the stream. */
  checkpoint(tenant: string, saga: string, stream: string, lane: string): string {
    if (this.#host.defect("NW5")) return this.#key("checkpoint", tenant, saga, lane);
    if (this.#host.defect("NW4") || this.#host.defect("checkpoint-shared-by-lanes"))
      return this.#key("checkpoint", tenant, saga, stream);
    return this.#key("checkpoint", tenant, saga, stream, lane);
  }

  outbox(tenant: string, workKind: string, workId: string): string {
    return this.#key("outbox", tenant, workKind, workId);
  }

  schedule({ tenant, saga, correlation, due, timer }: TimerName): string {
    if (this.#host.defect("NW9")) return this.#key("schedule", tenant, saga, correlation, String(due));
    return this.#key("schedule", tenant, saga, correlation, dueTime(due), timer);
  }

  dedupe(tenant: string, saga: string, eventId: string): string {
    return this.#key("dedupe", tenant, saga, eventId);
  }

  effect(tenant: string, commandId: string): string {
    return this.#key("dedupe", tenant, RESERVED_SAGA_NAME, commandId);
  }

  deadLetter(tenant: string, workKind: string, workId: string): string {
    return this.#key("deadletter", tenant, workKind, workId);
  }

  /** Of a message that nobody can process, by where it stands. */
  quarantine(tenant: string, stream: string, sequence: number): string {
    return this.#key("quarantine", tenant, stream, String(sequence).padStart(20, "0"));
  }

  retry(tenant: string, commandId: string): string {
    return this.#key("retry", tenant, commandId);
  }

  replay(tenant: string, saga: string, stream: string): string {
    return this.#key("replay", tenant, saga, stream);
  }

  /** What a node writes to see whether it can. */
  health(node: string): string {
    return this.#key("health", node);
  }

  /** What the keys of an instance's timers begin with. */
  timersOf(tenant: string, saga: string, correlation: string): string {
    return `${this.#key("schedule", tenant, saga, correlation)}:`;
  }

  /** Who dispatches and schedules for a part of the instances, and that part's time. */
  lease(part: number): string {
    return this.#key("lease", String(part));
  }
}

/** Everything in a namespace, of all tenants. */
export const allOf = (namespace: Namespace): string => `${namespace}:`;

/** Namespace and parts of a key that `Keys` made; undefined for any other. */
export function parseKey(
  key: string,
): { readonly namespace: Namespace; readonly parts: readonly string[] } | undefined {
  const [first, ...parts] = partsOf(key) ?? [];
  const namespace = NAMESPACES.find((name) => name === first);
  return namespace === undefined ? undefined : { namespace, parts };
}
