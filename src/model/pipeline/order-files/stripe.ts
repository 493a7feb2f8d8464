/**
 * Stripe's events: `evt_…` as the delivery's id, `created` in Unix seconds, and in `data.object` the `amount` in the
 * currency's smallest unit. Two of their types tell of an order that was paid and carry its amount; the others are no
 * new orders. (Shape: docs.stripe.com/api/events.)
 */
import * as Schema from "@effect/schema/Schema";
import { decoder, expecting } from "seedstorm/explore";
import { currency, minorUnit, order, other, type Reading, read, text, wholeNumber } from "./delivery.js";
import type { Envelope } from "./envelope.js";
import { MAX_TIME_MS } from "./times.js";

const NEW_ORDERS: readonly string[] = ["payment_intent.succeeded", "charge.succeeded"];

const decode = decoder(
  Schema.Struct({
    id: expecting(Schema.String, 'an event id like "evt_1Nabc"', (id) => /^evt_\w{1,120}$/.test(id)),
    created: wholeNumber("Unix seconds", MAX_TIME_MS / 1000),
    type: expecting(Schema.String, 'a type like "charge.succeeded"'),
    data: Schema.Struct({
      object: Schema.Struct({
        id: text('an id like "pi_1Nabc"'),
        amount: minorUnit,
        currency,
        metadata: Schema.optionalKey(Schema.Struct({ order_id: Schema.optionalKey(text("the order's id")) })),
      }),
    }),
  }),
  "ignore",
);

export function isStripe({ body }: Envelope): boolean {
  return "data" in body || body.object === "event";
}

export function fromStripe({ body, at }: Envelope): Reading {
  const { type } = body;
  if (typeof type === "string" && /^[a-z_]+(?:\.[a-z_]+)+$/.test(type) && !NEW_ORDERS.includes(type))
    return other(type);
  return read(decode(body, at), ({ id: deliveryId, created, data }) => {
    const { id, amount: cents, currency, metadata } = data.object;
    const orderId = metadata?.order_id ?? id;
    return order({ deliveryId, orderId, at: created * 1000, cents, currency, source: "stripe" });
  });
}
