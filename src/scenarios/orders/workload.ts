/**
 * What customers and operators do to order processing: orders of heavy-tailed sizes, some for one hot product, with cards that are
 * declined and addresses that nobody serves; cancels at one moment or another; deliveries of stock, new configurations, workers
 * that are killed, webhooks that are forged. Orders come when they come, whether or not earlier ones have been answered.
 */
import * as fc from "fast-check";
import { type Json, MILLISECOND, type Micros, type Operation, SECOND } from "seedstorm";
import { ADDRESSES } from "../../model/orders/external/carrier.js";
import { CARDS } from "../../model/orders/external/payment-provider.js";
import type { OrderLine, OrderRequest } from "../../model/orders/order.js";
import { skuOf } from "../../model/orders/orders.js";
import { PRESETS } from "../../model/orders/presets.js";
import { CUSTOMERS, OPERATOR, WITH_WORKERS } from "./topology.js";

export interface Amount {
  readonly min: number;
  readonly max: number;
}

export interface WorkloadShape {
  /** Orders during the storm, and after it. */
  readonly orders: Amount;
  readonly laterOrders: Amount;
  /** Shares of orders, in percent. */
  readonly declined: number;
  readonly shaky: number;
  readonly hopeless: number;
  readonly drained: number;
  readonly remote: number;
  readonly nowhere: number;
  readonly hot: number;
  readonly cancelled: number;
  /** Requests that are malformed, or whose id stands for another order. */
  readonly invalid: number;
  readonly conflicting: number;
  /** Orders whose data no worker survives. */
  readonly poison: number;
  readonly products: number;
  readonly restocks: Amount;
  readonly kills: Amount;
  /** Whose workers are killed. Default: those of all services. */
  readonly killed?: readonly string[];
  readonly configurations: Amount;
  /** What operators load. Default: one configuration that is as before but for one interval, and several that are none. */
  readonly texts?: readonly string[];
  readonly forgeries: Amount;
  /** Orders come between these two, the later ones from `laterFrom` on. */
  readonly from: Micros;
  readonly to: Micros;
  readonly laterFrom: Micros;
  readonly laterTo: Micros;
  /** All of the storm's orders come within so long. Default: between `from` and `to`. */
  readonly burst?: Micros;
}

/** Whole numbers that the particulars of one operation are taken from. */
interface Draw {
  readonly at: Micros;
  readonly what: number;
  readonly chance: number;
  readonly wait: Micros;
}

const HOT_SKU = skuOf(1);
/** A customer changes their mind within so long: orders take half a second when all is well. */
const LATEST_CANCEL: Micros = 1_500 * MILLISECOND;
/** Pieces of one product by share of the lines: most people want one, a few want very many. */
const QUANTITIES = [1, 1, 1, 1, 1, 2, 2, 3, 5, 12] as const;
/** A customer's name that can't be written into a payment's description. */
export const POISON_NAME = "\ud800";

function choose<T>(items: readonly T[], n: number): T {
  return items[n % items.length] as T; // the lists in this file are not empty
}

const draws = (from: Micros, to: Micros, { min, max }: Amount): fc.Arbitrary<Draw[]> =>
  fc.array(
    fc.record({
      at: fc.integer({ min: from, max: to }),
      what: fc.nat({ max: 999_999_999 }),
      chance: fc.nat({ max: 999_999_999 }),
      wait: fc.integer({ min: 0, max: LATEST_CANCEL }),
    }),
    { minLength: min, maxLength: max, size: "max" },
  );

/** Whether something of so many percent falls to a number, apart from other things that fall to it. */
function falls(percent: number, n: number, salt: number): boolean {
  return Math.floor(n / (salt * 7 + 1)) % 100 < percent;
}

class Writer {
  readonly operations: Operation[] = [];
  readonly #shape: WorkloadShape;
  readonly #orders: OrderRequest[] = [];

  constructor(shape: WorkloadShape) {
    this.#shape = shape;
  }

  order({ at, what, chance, wait }: Draw): void {
    const { conflicting, invalid, cancelled } = this.#shape;
    const n = this.#orders.length + 1;
    const request = this.#request(`order-${n}`, what, chance);
    this.#orders.push(request);
    const host = choose(CUSTOMERS, what);
    if (falls(invalid, chance, 11)) {
      const malformed = { ...request, id: `bad-${n}`, lines: [] };
      this.#add(host, "place", at, malformed as unknown as Json); // requests are plain data
    }
    this.#add(host, "place", at, request as unknown as Json);
    if (falls(conflicting, chance, 13)) {
      const other = { ...request, cents: request.cents + 1 };
      this.#add(host, "place", at + wait, other as unknown as Json);
    }
    if (falls(cancelled, chance, 17)) this.#add(host, "cancel", at + wait, { id: request.id });
  }

  restock({ at, what }: Draw): void {
    const sku = skuOf(1 + (what % this.#shape.products));
    this.#add(OPERATOR, "restock", at, {
      id: `delivery-${this.operations.length}`,
      sku,
      quantity: 1 + (what % 30),
    });
  }

  kill({ at, what }: Draw): void {
    this.#add(OPERATOR, "kill-worker", at, {
      host: choose(this.#shape.killed ?? WITH_WORKERS, what),
      pick: what % 997,
    });
  }

  configure({ at, what, chance }: Draw): void {
    const host = choose(["orders-1", "orders-2"], what);
    this.#add(OPERATOR, "configure", at, { host, toml: choose(this.#shape.texts ?? CONFIGURATIONS, chance) });
  }

  forge({ at, what }: Draw): void {
    const order = this.#orders[what % Math.max(1, this.#orders.length)]?.id ?? "order-1";
    this.#add(OPERATOR, "forge-webhook", at, { host: choose(["payment-1", "payment-2"], what), order });
  }

  /** A forged webhook for an order that has just been placed. */
  forgeSoon(draw: Draw): void {
    const places = this.operations.filter(({ action }) => action === "place");
    const place = places[draw.what % Math.max(1, places.length)];
    if (place === undefined) return;
    const order = (place.body as { readonly id?: string }).id ?? "";
    this.#add(OPERATOR, "forge-webhook", place.at + Math.floor(draw.wait / 5), {
      host: choose(["payment-1", "payment-2"], draw.what),
      order,
    });
  }

  #request(id: string, what: number, chance: number): OrderRequest {
    const { declined, shaky, hopeless, drained, remote, nowhere, poison } = this.#shape;
    const card = falls(declined, chance, 1)
      ? CARDS.declined
      : falls(shaky, chance, 2)
        ? CARDS.shaky
        : falls(hopeless, chance, 3)
          ? CARDS.hopeless
          : falls(drained, chance, 9)
            ? CARDS.drained
            : CARDS.good;
    const address = falls(remote, chance, 4)
      ? ADDRESSES.remote
      : falls(nowhere, chance, 5)
        ? ADDRESSES.nowhere
        : "1 Main Street";
    const lines = this.#lines(what, chance);
    const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const customer = falls(poison, chance, 6) ? POISON_NAME : choose(CUSTOMERS, what);
    return { id, customer, lines, cents: pieces * (100 + (what % 900)), card, address };
  }

  #lines(what: number, chance: number): OrderLine[] {
    const { products, hot } = this.#shape;
    if (falls(hot, chance, 8)) return [{ sku: HOT_SKU, quantity: choose(QUANTITIES, what) }];
    const lines: OrderLine[] = [];
    const count = choose([1, 1, 1, 2, 2, 3], what);
    for (let n = 0; n < count; n++) {
      const sku = skuOf(1 + ((Math.floor(what / 10) + n * 5) % products));
      if (lines.some((line) => line.sku === sku)) continue;
      lines.push({ sku, quantity: choose(QUANTITIES, Math.floor(what / (100 + n))) });
    }
    return lines;
  }

  #add(host: string, action: string, at: Micros, body: Json): void {
    this.operations.push({ id: `${action}-${this.operations.length + 1}`, at, host, action, body });
  }
}

/** What operators load: another configuration, and several that are none. */
const CONFIGURATIONS: readonly string[] = [
  PRESETS.tuned,
  PRESETS.tuned.replace('rescue_interval = "500ms"', 'rescue_interval = "700ms"'),
  PRESETS.tuned.replace("capacity = 1000", "capacity = 0"),
  PRESETS.tuned.replace("capacity = 1000", 'capacity = "many"'),
  PRESETS.tuned.slice(0, 700),
  "[services.order",
];

/** Operations in the order of their times. */
export function workload(shape: WorkloadShape): fc.Arbitrary<Operation[]> {
  const { from, to, laterFrom, laterTo } = shape;
  const orders =
    shape.burst === undefined
      ? draws(from, to, shape.orders)
      : fc
          .integer({ min: from, max: to - shape.burst })
          .chain((start) => draws(start, start + (shape.burst ?? SECOND), shape.orders));
  return fc
    .record({
      orders,
      later: draws(laterFrom, laterTo, shape.laterOrders),
      restocks: draws(from, to, shape.restocks),
      kills: draws(from, to, shape.kills),
      configurations: draws(from, to, shape.configurations),
      forgeries: draws(from, to, shape.forgeries),
    })
    .map(({ orders, later, restocks, kills, configurations, forgeries }) => {
      const writer = new Writer(shape);
      for (const each of [...orders, ...later]) writer.order(each);
      for (const each of restocks) writer.restock(each);
      for (const each of kills) writer.kill(each);
      for (const each of configurations) writer.configure(each);
      forgeries.forEach((each, n) => {
        if (n % 2 === 0) writer.forgeSoon(each);
        else writer.forge(each);
      });
      return writer.operations.sort((a, b) => a.at - b.at);
    });
}
