/**
 * Shopify's webhooks: the order as the request's body with a numeric `id`, `created_at` in ISO 8601 and `total_price` as
 * decimal text. Three headers say what the body does not: the delivery's id, when it was sent, and its topic; of the
 * topics `orders/create` alone is a new order. An order out of a list, which nobody delivered, goes by its own number.
 * (Shape: shopify.dev/docs/api/webhooks.)
 */
import * as Schema from "@effect/schema/Schema";
import { decoder, expecting, shown } from "seedstorm/explore";
import { minorUnits } from "./amount.js";
import { currency, isId, order, orderNumber, other, type Reading, read, unusable } from "./delivery.js";
import type { Envelope } from "./envelope.js";
import { isoTime, timeOf } from "./times.js";

const TOPIC = "x-shopify-topic";
const WEBHOOK_ID = "x-shopify-webhook-id";
const TRIGGERED_AT = "x-shopify-triggered-at";
const NEW_ORDER = "orders/create";

const decode = decoder(
  Schema.Struct({
    id: orderNumber,
    created_at: isoTime,
    total_price: expecting(Schema.String, 'a decimal amount like "42.00"'),
    currency,
  }),
  "ignore",
);

export function isShopify({ body, header }: Envelope): boolean {
  return header(TOPIC) !== undefined || "total_price" in body || "created_at" in body;
}

/** @param isListed it stands in a list of orders, where there are no headers. */
export function fromShopify({ body, at, header }: Envelope, isListed: boolean): Reading {
  const topic = header(TOPIC) ?? NEW_ORDER;
  if (topic !== NEW_ORDER) return other(topic);
  return read(decode(body, at), ({ id, created_at: created, total_price: price, currency }) => {
    const amount = minorUnits(price, currency);
    if (!amount.ok)
      return unusable([...at, "total_price"].join("."), `expected ${amount.expected}, got ${shown(price)}`);
    const orderId = String(id);
    const deliveryId = header(WEBHOOK_ID) ?? (isListed ? `${NEW_ORDER}:${orderId}` : undefined);
    if (!isId(deliveryId))
      return unusable(
        "headers",
        `expected the delivery's id in "X-Shopify-Webhook-Id", got ${shown(deliveryId)}`,
      );
    const sent = timeOf(header(TRIGGERED_AT)) ?? timeOf(created);
    return order({ deliveryId, orderId, at: sent, cents: amount.minorUnits, currency, source: "shopify" });
  });
}
