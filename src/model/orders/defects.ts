/**
 * Planted defects of order processing: protections that can be switched off one at a time. `PW` and a number is a weakness of the
 * design that it follows; those that are about the actor layer (PW7 to PW15, and PW19) stand in that layer's own catalogue. The others are
 * classics of the trade.
 */
import type { CataloguedDefect } from "seedstorm";
import { classicOrdersDefects } from "./classic-defects.js";

const weaknesses: readonly CataloguedDefect[] = [
  {
    id: "PW1",
    breaks:
      "The charge comes before the reservation, and an order that is out of stock returns early: the money is kept.",
    caughtBy: ["ended-leaves-nothing"],
    origin: "weakness",
    incident: {
      what: "An order is marked as cancelled though its payment has come in",
      by: "WooCommerce issue 21083",
      year: 2018,
      url: "https://github.com/woocommerce/woocommerce/issues/21083",
    },
  },
  {
    id: "PW2",
    breaks: "Each attempt at a payment has an idempotency key of its own.",
    caughtBy: ["no-double-charge"],
    origin: "weakness",
    incident: {
      what: "Retries of a checkout charge twice, since they don't use the same key",
      by: "WooCommerce Stripe gateway issue 2477",
      year: 2022,
      url: "https://github.com/woocommerce/woocommerce-gateway-stripe/issues/2477",
    },
  },
  {
    id: "PW3",
    breaks: "A call that an open breaker held back counts as an attempt at the payment.",
    caughtBy: ["five-payment-attempts"],
    origin: "weakness",
    incident: {
      what: "Retries are used up within seconds while the server asks for half a minute",
      by: "chroncal issue 105",
      year: 2026,
      url: "https://github.com/DouglasdeMoura/chroncal/issues/105",
    },
  },
  {
    id: "PW4",
    breaks: "After a time-out, the alternate carrier is asked although the first may have made a label.",
    caughtBy: ["one-label"],
    origin: "weakness",
    incident: {
      what: "A dispatch that is tried again can buy a second label",
      by: "OpenLinker issue 1917",
      year: 2026,
      url: "https://github.com/openlinker-project/openlinker/issues/1917",
    },
  },
  {
    id: "PW5",
    breaks: "An order is accepted while it is in memory only.",
    caughtBy: ["accepted-is-durable", "no-order-lost"],
    origin: "weakness",
    incident: {
      what: "Writes that were acknowledged are lost when the node crashes",
      by: "Kyle Kingsbury, Jepsen on NATS 2.12.1",
      year: 2025,
      url: "https://jepsen.io/analyses/nats-2.12.1",
    },
  },
  {
    id: "PW6",
    breaks: "A full queue drops an order that was accepted, and nobody looks for what was never delivered.",
    caughtBy: ["no-order-lost"],
    origin: "weakness",
    incident: {
      what: "A stream that is trimmed to a length drops its oldest entries, read or not",
      by: "Redis documentation, XTRIM",
      year: 2018,
      url: "https://redis.io/docs/latest/commands/xtrim/",
    },
  },
  {
    id: "PW16",
    breaks: "A cancel ends an order whose payment is under way, and nobody undoes the payment.",
    caughtBy: ["ended-leaves-nothing"],
    origin: "weakness",
    incident: {
      what: "A payment times out and arrives all the same, after the order is cancelled",
      by: "WooCommerce issue 21083",
      year: 2018,
      url: "https://github.com/woocommerce/woocommerce/issues/21083",
    },
  },
  {
    id: "PW17",
    breaks: "A reservation that is released twice gives its pieces back twice.",
    caughtBy: ["stock-conserved"],
    origin: "weakness",
    incident: {
      what: "Cancelling an order puts its items back in stock twice",
      by: "Magento issue 9969",
      year: 2017,
      url: "https://github.com/magento/magento2/issues/9969",
    },
  },
  {
    id: "PW18",
    breaks: "A configuration that fails to load leaves the queue with room for nothing.",
    caughtBy: ["refusal-has-cause"],
    origin: "weakness",
    incident: {
      what: "A configuration file that could not be loaded took the proxies down",
      by: "Cloudflare",
      year: 2025,
      url: "https://blog.cloudflare.com/18-november-2025-outage/",
    },
  },
];

export const ordersDefects: readonly CataloguedDefect[] = [...weaknesses, ...classicOrdersDefects];
