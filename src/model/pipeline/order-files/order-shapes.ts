/**
 * The shapes in which deliveries of orders come: webhooks of Shopify, events of Stripe, webhooks of WooCommerce, and plain
 * `{ deliveryId, orderId, at?, cents, currency }` with `at` in milliseconds. Each may be wrapped as `{ received_at?,
 * headers?, body }`, the way a receiver logs it. A redelivery carries the old times in its body, so `received_at` is what
 * tells when it came, where it is there.
 *
 * Fields that are not needed are ignored, for senders add some all the time. Signatures are not verified: the
 * file is the reader's own.
 */
import * as Schema from "@effect/schema/Schema";
import { decoder } from "seedstorm/explore";
import { currency, minorUnit, order, type Reading, read, text, unusable, wholeNumber } from "./delivery.js";
import { type Envelope, open } from "./envelope.js";
import { fromShopify, isShopify } from "./shopify.js";
import { fromStripe, isStripe } from "./stripe.js";
import { MAX_TIME_MS } from "./times.js";
import { fromWooCommerce, isWooCommerce } from "./woocommerce.js";

const SHAPES =
  "a webhook of Shopify or WooCommerce with its headers, a Stripe event, or { deliveryId, orderId, cents, currency }";

const decodePlain = decoder(
  Schema.Struct({
    deliveryId: text("the delivery's id"),
    orderId: text("the order's id"),
    at: Schema.optionalKey(wholeNumber("milliseconds", MAX_TIME_MS)),
    cents: minorUnit,
    currency,
  }),
  "ignore",
);

/** The data of one delivery, read. @param isListed it stands in a list of orders, where there are no headers. */
export function orderFrom(data: unknown, isListed = false): Reading {
  const opened = open(data, SHAPES);
  if (!opened.ok) return unusable(opened.path, opened.message);
  const { envelope } = opened;
  const reading = readingOf(envelope, isListed);
  if (reading.kind !== "order" || envelope.receivedAt === undefined) return reading;
  return { kind: "order", delivery: { ...reading.delivery, at: envelope.receivedAt } };
}

function readingOf(envelope: Envelope, isListed: boolean): Reading {
  const { body, at } = envelope;
  if ("deliveryId" in body || "orderId" in body) {
    return read(decodePlain(body, at), ({ deliveryId, orderId, at: time, cents, currency }) =>
      order({ deliveryId, orderId, at: time, cents, currency, source: "plain" }),
    );
  }
  if (isWooCommerce(envelope)) return fromWooCommerce(envelope, isListed);
  if (isShopify(envelope)) return fromShopify(envelope, isListed);
  if (isStripe(envelope)) return fromStripe(envelope);
  return unusable("", `expected ${SHAPES}; it has the keys of none`);
}
