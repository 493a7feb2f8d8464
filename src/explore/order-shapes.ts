/**
 * The shapes in which webhook deliveries come, one line of JSON each:
 *
 * - as Shopify sends `orders/create`: the order as the request's body with a numeric `id`, `created_at` in ISO 8601 and
 *   `total_price` as decimal text; the delivery's id stands in the `X-Shopify-Webhook-Id` header, so that a line is
 *   `{ headers, body }`; `X-Shopify-Triggered-At`, where it is there, tells when it was sent;
 * - as Stripe sends events: `evt_…` as the delivery's id, `created` in Unix seconds, and in `data.object` the
 *   `amount` in the currency's smallest unit; such a line may be wrapped in `{ headers, body }` as well;
 * - plain: `{ deliveryId, orderId, at?, cents, currency }` with `at` in milliseconds.
 *
 * Fields that are not needed are ignored, for senders add some all the time. Signatures are not verified: the
 * file is the reader's own. (Shapes: shopify.dev/docs/api/webhooks and docs.stripe.com/api/events.)
 */
import * as Schema from "@effect/schema/Schema";
import { decimalPlaces, minorUnits } from "./amount.js";
import { type Decoded, decoder, expecting } from "./decode.js";
import { listed, shown } from "./input-error.js";
import { LIMITS } from "./limits.js";

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
const isoTime = expecting(
  Schema.String,
  'a time like "2026-03-14T09:26:53+01:00"',
  (value) => value.length <= 40 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) && Date.parse(value) >= 0,
);
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
  if (!isObject(data)) return { ok: false, path: "", message: `expected ${SHAPES}, got ${shown(data)}` };
  const wrapped = "body" in data && !("deliveryId" in data);
  const body = wrapped ? data.body : data;
  if (!isObject(body)) return { ok: false, path: "body", message: `expected an object, got ${shown(body)}` };
  const at = wrapped ? ["body"] : [];
  if ("deliveryId" in body || "orderId" in body) return fromPlain(body, at);
  if ("total_price" in body || "created_at" in body) return fromShopify(body, at, data);
  if ("data" in body || body.object === "event") return fromStripe(body, at);
  return { ok: false, path: "", message: `expected ${SHAPES}; it has the keys of none` };
}

function fromPlain(body: object, at: readonly string[]): Decoded<OrderDelivery> {
  const decoded = decodePlain(body, at);
  if (!decoded.ok) return decoded;
  const { deliveryId, orderId, cents, currency } = decoded.value;
  return {
    ok: true,
    value: {
      deliveryId,
      orderId,
      at: decoded.value.at,
      cents,
      currency: currency.toUpperCase(),
      source: "plain",
    },
  };
}

function fromShopify(body: object, at: readonly string[], line: object): Decoded<OrderDelivery> {
  const decoded = decodeShopify(body, at);
  if (!decoded.ok) return decoded;
  const order = decoded.value;
  const amount = minorUnits(order.total_price, order.currency);
  if (!amount.ok) {
    const path = [...at, "total_price"].join(".");
    return { ok: false, path, message: `expected ${amount.expected}, got ${shown(order.total_price)}` };
  }
  const headers = "headers" in line ? line.headers : undefined;
  const deliveryId = header(headers, WEBHOOK_ID);
  if (!isId(deliveryId)) {
    const expected = `expected the delivery's id in "X-Shopify-Webhook-Id"`;
    return { ok: false, path: "headers", message: `${expected}, got ${shown(deliveryId)}` };
  }
  const triggeredAt = header(headers, TRIGGERED_AT);
  const sent = typeof triggeredAt === "string" ? Date.parse(triggeredAt) : Number.NaN;
  if (triggeredAt !== undefined && !(sent >= 0)) {
    const message = `expected a time like "2026-03-14T08:26:53Z", got ${shown(triggeredAt)}`;
    return { ok: false, path: "headers.X-Shopify-Triggered-At", message };
  }
  return {
    ok: true,
    value: {
      deliveryId,
      orderId: String(order.id),
      at: triggeredAt === undefined ? Date.parse(order.created_at) : sent,
      cents: amount.minorUnits,
      currency: order.currency.toUpperCase(),
      source: "shopify",
    },
  };
}

function fromStripe(body: object, at: readonly string[]): Decoded<OrderDelivery> {
  const decoded = decodeStripe(body, at);
  if (!decoded.ok) return decoded;
  const { id, created, data } = decoded.value;
  const { amount, currency, metadata } = data.object;
  return {
    ok: true,
    value: {
      deliveryId: id,
      orderId: metadata?.order_id ?? data.object.id,
      at: created * 1000,
      cents: amount,
      currency: currency.toUpperCase(),
      source: "stripe",
    },
  };
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
