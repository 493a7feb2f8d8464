/** What can be asked of the replicated queue, and what it answers: plain data. */
import type { Json, Micros } from "seedstorm";
import type { ConsumerPlacement, DeliverySemantics, Refused } from "./types.js";

/** What is appended. Immutable; its canonical bytes are its JSON. */
export interface QueueRecord {
  /** The idempotency key under which it was accepted. */
  readonly key: string;
  readonly schemaId: string;
  readonly generation: number;
  readonly orderId: string;
  readonly body: Json;
}

interface Fenced {
  /** The lease epoch of a fenced writer; left out by writers that need no lease. */
  readonly epoch?: number;
}
export interface OfDelivery {
  readonly group: string;
  readonly offset: number;
  readonly deliveryId: string;
}

export type QueueCommand =
  | ({ readonly type: "append"; readonly record: QueueRecord; readonly producerKey: string } & Fenced)
  | ({
      readonly type: "create-group";
      readonly group: string;
      readonly placement: ConsumerPlacement["allowed"];
      readonly semantics: DeliverySemantics;
    } & Fenced)
  | { readonly type: "poll"; readonly group: string; readonly domain: string; readonly worker: string }
  | ({ readonly type: "ack" } & OfDelivery)
  | ({ readonly type: "nack"; readonly delay: Micros } & OfDelivery)
  /** The worker will never be able to process this: a dead letter at once. */
  | ({ readonly type: "term" } & OfDelivery)
  /** The worker is still at it: the visibility time-out starts anew. */
  | ({ readonly type: "extend" } & OfDelivery)
  | { readonly type: "expire"; readonly group: string; readonly offset: number; readonly generation: number }
  | { readonly type: "return"; readonly group: string; readonly offset: number; readonly generation: number }
  | ({ readonly type: "redrive"; readonly group: string } & Fenced)
  | ({ readonly type: "trim" } & Fenced)
  /** A new lease holder makes itself known, so that older ones are shut out before it writes anything else. */
  | { readonly type: "raise-fence"; readonly epoch: number };

export interface Delivery {
  readonly offset: number;
  readonly deliveryId: string;
  readonly count: number;
  readonly record: QueueRecord;
}
export interface AppendedTo {
  readonly ok: true;
  readonly offset: number;
  /** The producer key was known: nothing was appended. */
  readonly repeated: boolean;
}
export interface Polled {
  readonly ok: true;
  /** Null when nothing was ready. */
  readonly delivery: Delivery | null;
}
export interface Counted {
  readonly ok: true;
  /** How many records the command touched. */
  readonly count: number;
}
export type QueueResult = AppendedTo | Polled | Counted | Refused;

/** What a read gives of a record, bodies of trimmed records left out. */
export interface RecordHeader {
  readonly key: string;
  readonly sha256: string;
}

export interface QueueOptions {
  readonly visibility: Micros;
  readonly maxDeliver: number;
  /** Longest canonical record, in characters. */
  readonly payloadLimit: number;
}
