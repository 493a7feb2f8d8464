/**
 * The shapes in which webhook deliveries come, one line of JSON each:
 *
 * - as Shopify sends `orders/create`: the order as the request's body with a numeric `id`, `created_at` in ISO 8601 and
 *   `total_price` as decimal text; the delivery's id stands in the `X-Shopify-Webhook-Id` header;
 * - as Stripe sends events: `evt_…` as the delivery's id, `created` in Unix seconds, and in `data.object` the
 *   `amount` in the currency's smallest unit;
 * - plain: `{ deliveryId, orderId, at?, cents, currency }` with `at` in milliseconds.
 *
 * The first has to be, the others may be wrapped as `{ received_at?, headers?, body }`, the way a receiver logs them. A
 * redelivery carries the old times in its body, so `received_at` is what tells when it came; without it the
 * `X-Shopify-Triggered-At` header does, and else the body.
 *
 * Fields that are not needed are ignored, for senders add some all the time. Signatures are not verified: the
 * file is the reader's own. (Shapes: shopify.dev/docs/api/webhooks and docs.stripe.com/api/events.)
 */
import * as Schema from "@effect/schema/Schema";
import { type Decoded, decoder, expecting, LIMITS, listed, shown } from "seedstorm/explore";
import { decimalPlaces, minorUnits } from "./amount.js";

export type OrderSource = "shopify" | "stripe" | "plain";

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

const MAX_TIME_MS = 8.64e15;

const isId = (value: unknown): value is string =>
  typeof value === "string" && value.length <= LIMITS.nameLength && /^[^\s\p{C}]+$/u.test(value);
const text = (expected: string) => expecting(Schema.String, `${expected}, without blanks`, isId);
const wholeNumber = (expected: string, high: number = Number.MAX_SAFE_INTEGER) =>
  expecting(Schema.Number, expected, (n) => Number.isSafeInteger(n) && n >= 0 && n <= high);
const A_TIME = 'a time like "2026-03-14T09:26:53+01:00"';
const isTime = (value: unknown): value is string =>
  typeof value === "string" &&
  value.length <= 40 &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) &&
  Date.parse(value) >= 0;
const isoTime = expecting(Schema.String, A_TIME, isTime);
const currency = expecting(
  Schema.String,
  'a currency of ISO 4217 like "USD"',
  (value) => decimalPlaces(value) !== undefined,
);
const minor = wholeNumber("a whole number of the currency's smallest unit, like 4200");

const shopifyOrder = Schema.Struct({
  id: wholeNumber("the order's number"),
  created_at: isoTime,
  total_price: expecting(Schema.String, 'a decimal amount like "42.00"'),
  currency,
});

/** Those of Stripe's events that tell of an order paid and carry its amount. */
const STRIPE_TYPES: readonly string[] = ["payment_intent.succeeded", "charge.succeeded"];

const stripeEvent = Schema.Struct({
  id: expecting(Schema.String, 'an event id like "evt_1Nabc"', (id) => /^evt_\w{1,190}$/.test(id)),
  created: wholeNumber("Unix seconds", MAX_TIME_MS / 1000),
  type: expecting(Schema.String, listed(STRIPE_TYPES).replace(", ", " or "), (type) =>
    STRIPE_TYPES.includes(type),
  ),
  data: Schema.Struct({
    object: Schema.Struct({
      id: text('an id like "pi_1Nabc"'),
      amount: minor,
      currency,
      metadata: Schema.optionalKey(Schema.Struct({ order_id: Schema.optionalKey(text("the order's id")) })),
    }),
  }),
});

const plainOrder = Schema.Struct({
  deliveryId: text("the delivery's id"),
  orderId: text("the order's id"),
  at: Schema.optionalKey(wholeNumber("milliseconds", MAX_TIME_MS)),
  cents: minor,
  currency,
});

const decodeShopify = decoder(shopifyOrder, "ignore");
const decodeStripe = decoder(stripeEvent, "ignore");
const decodePlain = decoder(plainOrder, "ignore");

const WEBHOOK_ID = "x-shopify-webhook-id";
const TRIGGERED_AT = "x-shopify-triggered-at";

const SHAPES =
  "a Shopify orders/create webhook with its headers, a Stripe event, or { deliveryId, orderId, cents, currency }";

/** One line's data as a delivery, or where and why it isn't one. */
export function orderFrom(data: unknown): Decoded<OrderDelivery> {
  if (!isObject(data)) return refused("", `expected ${SHAPES}, got ${shown(data)}`);
  const isWrapped = "body" in data && !("deliveryId" in data);
  const body = isWrapped ? data.body : data;
  if (!isObject(body)) return refused("body", `expected an object, got ${shown(body)}`);
  const decoded = bodyFrom(body, isWrapped ? ["body"] : [], data);
  if (!decoded.ok || !isWrapped) return decoded;
  const arrival = arrivalOf(data);
  if (!arrival.ok) return arrival;
  return { ok: true, value: { ...decoded.value, at: arrival.value ?? decoded.value.at } };
}

function bodyFrom(body: object, at: readonly string[], line: Wrapper): Decoded<OrderDelivery> {
  if ("deliveryId" in body || "orderId" in body) return fromPlain(body, at);
  if ("total_price" in body || "created_at" in body) return fromShopify(body, at, line);
  if ("data" in body || ("object" in body && body.object === "event")) return fromStripe(body, at);
  return refused("", `expected ${SHAPES}; it has the keys of none`);
}

interface Wrapper {
  readonly received_at?: unknown;
  readonly headers?: unknown;
}

/** When the receiver got it, as far as the wrapper says. */
function arrivalOf({ received_at: received, headers }: Wrapper): Decoded<number | undefined> {
  const sent = header(headers, TRIGGERED_AT);
  const [path, text] =
    received === undefined ? ["headers.X-Shopify-Triggered-At", sent] : ["received_at", received];
  if (text === undefined) return { ok: true, value: undefined };
  if (!isTime(text)) return refused(path, `expected ${A_TIME}, got ${shown(text)}`);
  return { ok: true, value: Date.parse(text) };
}

function fromPlain(body: object, at: readonly string[]): Decoded<OrderDelivery> {
  const decoded = decodePlain(body, at);
  if (!decoded.ok) return decoded;
  const { deliveryId, orderId, at: time, cents, currency } = decoded.value;
  return delivery({ deliveryId, orderId, at: time, cents, currency, source: "plain" });
}

function fromShopify(body: object, at: readonly string[], { headers }: Wrapper): Decoded<OrderDelivery> {
  const decoded = decodeShopify(body, at);
  if (!decoded.ok) return decoded;
  const { id, created_at: created, total_price: price, currency } = decoded.value;
  const amount = minorUnits(price, currency);
  if (!amount.ok) {
    return refused([...at, "total_price"].join("."), `expected ${amount.expected}, got ${shown(price)}`);
  }
  const deliveryId = header(headers, WEBHOOK_ID);
  if (!isId(deliveryId)) {
    return refused(
      "headers",
      `expected the delivery's id in "X-Shopify-Webhook-Id", got ${shown(deliveryId)}`,
    );
  }
  const cents = amount.minorUnits;
  return delivery({
    deliveryId,
    orderId: String(id),
    at: Date.parse(created),
    cents,
    currency,
    source: "shopify",
  });
}

function fromStripe(body: object, at: readonly string[]): Decoded<OrderDelivery> {
  const decoded = decodeStripe(body, at);
  if (!decoded.ok) return decoded;
  const { id: deliveryId, created, data } = decoded.value;
  const { id, amount: cents, currency, metadata } = data.object;
  const orderId = metadata?.order_id ?? id;
  return delivery({ deliveryId, orderId, at: created * 1000, cents, currency, source: "stripe" });
}

function delivery(order: OrderDelivery): Decoded<OrderDelivery> {
  return { ok: true, value: { ...order, currency: order.currency.toUpperCase() } };
}

function refused(path: string, message: string): Decoded<never> {
  return { ok: false, path, message };
}

/** A header by its name in lower case; senders and loggers differ in how they write it. */
function header(headers: unknown, name: string): unknown {
  if (!isObject(headers)) return undefined;
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return entry?.[1];
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
