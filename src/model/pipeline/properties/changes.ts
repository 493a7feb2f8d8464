/**
 * What the writes of the pipeline's resources mean: each key taken apart once, for all properties that read it.
 *
 * Keys are paths: `record/7`, `delivery/GROUP/7`, `key/effect:order-7`. A group's name may not contain a slash; an
 * idempotency key may contain anything.
 */
import type { Json, Write } from "seedstorm";
import { fields, text, texts, whole } from "seedstorm/check";

export interface RecordChange {
  readonly of: "record";
  readonly offset: number;
  /** The idempotency key; empty when the record was taken away. */
  readonly key: string;
  readonly sha256: string;
  readonly orderId: string;
}
export interface DeliveryChange {
  readonly of: "delivery";
  readonly group: string;
  readonly offset: number;
  /** Undefined when the record is with nobody any more. */
  readonly live: LiveDelivery | undefined;
}
export interface LiveDelivery {
  readonly deliveryId: string;
  readonly count: number;
  readonly domain: string;
  readonly worker: string;
}
export interface AckChange {
  readonly of: "ack";
  readonly group: string;
  readonly offset: number;
  readonly deliveryId: string;
}
export interface CursorChange {
  readonly of: "cursor";
  readonly group: string;
  /** The next offset that is not acked. */
  readonly next: number;
}
export interface DeadChange {
  readonly of: "dead";
  readonly group: string;
  readonly offset: number;
  /** False when a dead letter was sent on its way again. */
  readonly dead: boolean;
}
export interface GroupChange {
  readonly of: "group";
  readonly group: string;
  readonly placement: readonly string[];
}
export interface KeyChange {
  readonly of: "key";
  readonly key: string;
  readonly state: "in-progress" | "completed" | "released";
  readonly owner: string;
  readonly requestHash: string;
  readonly attempt: number;
  /** The reservation ran out: another attempt may take over. */
  readonly expired: boolean;
  readonly value: Json;
}
export interface FenceChange {
  readonly of: "fence";
  readonly epoch: number;
}
export interface PointerChange {
  readonly of: "pointer";
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  /** How long the object is, where the pointer tells it. */
  readonly bytes: number | undefined;
  readonly epoch: number | undefined;
  /** The queue's cursor in the saved state, where the pointer tells it. */
  readonly cursor: number | undefined;
  readonly objectCopies: readonly string[];
}
export interface LeaseChange {
  readonly of: "lease";
  readonly name: string;
  /** Empty when nobody holds it. */
  readonly holder: string;
  readonly epoch: number;
  readonly state: string;
}
export interface ObservationChange {
  readonly of: "observation";
  readonly signer: string;
  readonly domain: string;
  readonly sequence: number;
  readonly health: string;
}

export type Change =
  | RecordChange
  | DeliveryChange
  | AckChange
  | CursorChange
  | DeadChange
  | GroupChange
  | KeyChange
  | FenceChange
  | PointerChange
  | LeaseChange
  | ObservationChange;

/** What a write changes; undefined for keys that no property reads. */
export function changeOf(write: Write): Change | undefined {
  const { key, value } = write;
  if (key === "fence") return { of: "fence", epoch: typeof value === "number" ? value : 0 };
  const slash = key.indexOf("/");
  if (slash < 0) return undefined;
  const rest = key.slice(slash + 1);
  switch (key.slice(0, slash)) {
    case "record":
      return {
        of: "record",
        offset: Number(rest),
        key: text(value, "key"),
        sha256: text(value, "sha256"),
        orderId: text(value, "orderId"),
      };
    case "delivery":
      return { of: "delivery", ...groupAndOffset(rest), live: liveDelivery(value) };
    case "ack":
      return { of: "ack", ...groupAndOffset(rest), deliveryId: text(value, "deliveryId") };
    case "cursor":
      return { of: "cursor", group: rest, next: typeof value === "number" ? value : 0 };
    case "dead":
      return { of: "dead", ...groupAndOffset(rest), dead: value !== null };
    case "group":
      return { of: "group", group: rest, placement: texts(value, "placement") };
    case "key":
      return keyChange(rest, value);
    case "pointer":
      return {
        of: "pointer",
        name: rest,
        version: whole(value, "version") ?? 0,
        sha256: text(value, "sha256"),
        bytes: whole(value, "bytes"),
        epoch: whole(value, "epoch"),
        cursor: whole(value, "cursor"),
        objectCopies: texts(value, "objectCopies"),
      };
    case "lease":
      return {
        of: "lease",
        name: rest,
        holder: text(value, "holder"),
        epoch: whole(value, "epoch") ?? 0,
        state: text(value, "state"),
      };
    case "observation":
      return observationChange(rest, value);
    default:
      return undefined;
  }
}

function groupAndOffset(path: string): { readonly group: string; readonly offset: number } {
  const slash = path.lastIndexOf("/");
  return { group: path.slice(0, slash), offset: Number(path.slice(slash + 1)) };
}

function liveDelivery(value: Json): LiveDelivery | undefined {
  if (fields(value) === undefined) return undefined;
  return {
    deliveryId: text(value, "deliveryId"),
    count: whole(value, "count") ?? 0,
    domain: text(value, "domain"),
    worker: text(value, "worker"),
  };
}

function keyChange(key: string, value: Json): KeyChange {
  const state = text(value, "state");
  return {
    of: "key",
    key,
    state: state === "completed" || state === "in-progress" ? state : "released",
    owner: text(value, "owner"),
    requestHash: text(value, "requestHash"),
    attempt: whole(value, "attempt") ?? 0,
    expired: fields(value)?.expired === true,
    value: fields(value)?.value ?? null,
  };
}

function observationChange(path: string, value: Json): ObservationChange {
  const slash = path.indexOf("/");
  return {
    of: "observation",
    signer: slash < 0 ? path : path.slice(0, slash),
    domain: slash < 0 ? "" : path.slice(slash + 1),
    sequence: whole(value, "sequence") ?? 0,
    health: text(value, "health"),
  };
}
