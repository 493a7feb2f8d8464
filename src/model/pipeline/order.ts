/**
 * Orders as webhooks bring them, and what makes one acceptable.
 *
 * Whatever a shop sends is either an order or one of four typed refusals; nothing is guessed and nothing is
 * repaired. The currency is only checked for its form: whether it can be charged is the payment service's to say.
 */
import type { Json } from "seedstorm";
import type { QueueRecord } from "../resources/queue-command.js";
import { FIRST_GENERATION, POLICY_HASH, type RefusalReason, SCHEMAS } from "../resources/types.js";

export interface Order {
  readonly orderId: string;
  readonly cents: number;
  /** Three capital letters. */
  readonly currency: string;
  /** Where the webhook came from; empty when the shop doesn't say. */
  readonly source: string;
}

/** A webhook whose order is acceptable. */
export interface Webhook {
  /** The delivery id: the idempotency key under which the order is accepted. */
  readonly key: string;
  readonly order: Order;
}

/** Characters of an id at most. */
export const LONGEST_ID = 128;

/** Reads a webhook's body, or says why it can't be accepted. */
export function readWebhook(body: Json, payloadLimit: number): Webhook | RefusalReason {
  if (JSON.stringify(body).length > payloadLimit) return "oversized";
  if (!isObject(body)) return "malformed-order";
  const { deliveryId, orderId, cents, currency, source = "", schemaId, policyHash } = body;
  if (schemaId !== undefined && schemaId !== SCHEMAS.order) return "unknown-schema";
  if (policyHash !== undefined && policyHash !== POLICY_HASH) return "wrong-policy-hash";
  if (!isId(deliveryId) || !isId(orderId) || typeof source !== "string") return "malformed-order";
  if (typeof cents !== "number" || !Number.isSafeInteger(cents) || cents < 0) return "malformed-order";
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return "malformed-order";
  return { key: deliveryId, order: { orderId, cents, currency, source } };
}

/** The record of an accepted order. */
export function recordOf({ key, order }: Webhook): QueueRecord {
  const { orderId, cents, currency, source } = order;
  const body = { orderId, cents, currency, source };
  return { key, schemaId: SCHEMAS.order, generation: FIRST_GENERATION, orderId, body };
}

/** The order in a record's body; undefined when it isn't one. */
export function orderIn(record: QueueRecord): Order | undefined {
  const { body } = record;
  if (!isObject(body)) return undefined;
  const { orderId, cents, currency, source } = body;
  if (!isId(orderId) || typeof cents !== "number" || typeof currency !== "string") return undefined;
  return { orderId, cents, currency, source: typeof source === "string" ? source : "" };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= LONGEST_ID;
}
