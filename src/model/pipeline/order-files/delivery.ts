/**
 * A delivery of an order, whatever its sender, and what reading one may come to. Ids, amounts and times are checked here
 * once, by what the system under test takes: a file that was read is never refused halfway through a run.
 */
import * as Schema from "@effect/schema/Schema";
import { type Decoded, expecting } from "seedstorm/explore";
import { LONGEST_ID } from "../order.js";
import { decimalPlaces } from "./amount.js";

export type OrderSource = "shopify" | "stripe" | "woocommerce" | "plain";

/** One delivery of one order, whatever its sender. */
export interface OrderDelivery {
  /** The same for every repetition of one delivery: what the receiver deduplicates by. */
  readonly deliveryId: string;
  readonly orderId: string;
  /** Milliseconds since 1970 or since the file's own zero; undefined where the file doesn't say. */
  readonly at: number | undefined;
  /** Minor units of the currency. */
  readonly cents: number;
  /** Three capital letters. */
  readonly currency: string;
  readonly source: OrderSource;
}

/** What one delivery of a file is. */
export type Reading =
  | { readonly kind: "order"; readonly delivery: OrderDelivery }
  /** It tells of something else than a new order; `topic` is the sender's word for it. */
  | { readonly kind: "other"; readonly topic: string }
  | { readonly kind: "unusable"; readonly path: string; readonly message: string };

export const order = (delivery: OrderDelivery): Reading => ({
  kind: "order",
  delivery: { ...delivery, currency: delivery.currency.toUpperCase() },
});
export const other = (topic: string): Reading => ({ kind: "other", topic });
export const unusable = (path: string, message: string): Reading => ({ kind: "unusable", path, message });

/** Reads on when the data fits. */
export function read<T>(decoded: Decoded<T>, then: (value: T) => Reading): Reading {
  return decoded.ok ? then(decoded.value) : unusable(decoded.path, decoded.message);
}

export const isId = (value: unknown): value is string =>
  typeof value === "string" && value.length <= LONGEST_ID && /^[^\s\p{C}]+$/u.test(value);

export const text = (expected: string) =>
  expecting(Schema.String, `${expected}, without blanks, of at most ${LONGEST_ID} characters`, isId);

export const wholeNumber = (expected: string, high: number = Number.MAX_SAFE_INTEGER) =>
  expecting(Schema.Number, expected, (n) => Number.isSafeInteger(n) && n >= 0 && n <= high);

/** The number of an order: as many digits as the sender likes, all of which are kept. */
export const orderNumber = expecting(
  Schema.Union([Schema.Number, Schema.BigInt]),
  "the order's number",
  (n) => n >= 0 && (typeof n === "bigint" ? String(n).length <= LONGEST_ID : Number.isSafeInteger(n)),
);

export const currency = expecting(
  Schema.String,
  'a currency of ISO 4217 like "USD"',
  (value) => decimalPlaces(value) !== undefined,
);

export const minorUnit = wholeNumber("a whole number of the currency's smallest unit, like 4200");
