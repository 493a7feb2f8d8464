/**
 * WooCommerce's webhooks: the order as the request's body with a numeric `id`, `date_created_gmt` in UTC without saying so,
 * and `total` as decimal text. Headers have the delivery's id and its topic; `order.created` alone is a new order. An
 * order out of a list, which nobody delivered, goes by its own number. (Shape: developer.woocommerce.com, REST API v3,
 * orders and webhooks.)
 */
import * as Schema from "@effect/schema/Schema";
import { decoder, expecting, shown } from "seedstorm/explore";
import { minorUnits } from "./amount.js";
import { currency, isId, order, orderNumber, other, type Reading, read, unusable } from "./delivery.js";
import type { Envelope } from "./envelope.js";
import { isoTime, timeOf } from "./times.js";

const TOPIC = "x-wc-webhook-topic";
const DELIVERY_ID = "x-wc-webhook-delivery-id";
const NEW_ORDER = "order.created";

const decode = decoder(
  Schema.Struct({
    id: orderNumber,
    date_created_gmt: isoTime,
    total: expecting(Schema.String, 'a decimal amount like "42.00"'),
    currency,
  }),
  "ignore",
);

export function isWooCommerce({ body, header }: Envelope): boolean {
  return header(TOPIC) !== undefined || "date_created_gmt" in body;
}

/** @param isListed it stands in a list of orders, where there are no headers. */
export function fromWooCommerce({ body, at, header }: Envelope, isListed: boolean): Reading {
  const topic = header(TOPIC) ?? NEW_ORDER;
  if (topic !== NEW_ORDER) return other(topic);
  return read(decode(body, at), ({ id, date_created_gmt: created, total, currency }) => {
    const amount = minorUnits(total, currency);
    if (!amount.ok)
      return unusable([...at, "total"].join("."), `expected ${amount.expected}, got ${shown(total)}`);
    const orderId = String(id);
    const deliveryId = header(DELIVERY_ID) ?? (isListed ? `${NEW_ORDER}:${orderId}` : undefined);
    if (!isId(deliveryId)) {
      const expected = `expected the delivery's id in "X-WC-Webhook-Delivery-ID", got ${shown(deliveryId)}`;
      return unusable("headers", expected);
    }
    const cents = amount.minorUnits;
    return order({ deliveryId, orderId, at: timeOf(created), cents, currency, source: "woocommerce" });
  });
}
