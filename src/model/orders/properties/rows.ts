/**
 * What the two stores have made durable: the orders with how they came to be as they are, the products, the reservations. Views
 * that the properties of order processing share; ask for changes while the event at hand is a `durable` one.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { type Check, ensure, type ViewKind } from "seedstorm/check";
import { ORDER_STORE, type OrderRow, type OrderState } from "../order.js";
import { type ReservationRow, type RestockRow, STOCK_STORE, type StockRow } from "../stock.js";

export type DurableEvent = EventOf<"durable">;

/** One order, as far as it has come. */
export interface TrackedOrder {
  readonly id: string;
  row: OrderRow;
  /** The event that made it so. */
  event: DurableEvent;
  /** The event by which it came to each of its states. */
  readonly states: Map<OrderState, DurableEvent>;
}

export interface OrderChange {
  readonly order: TrackedOrder;
  readonly before: OrderRow | undefined;
  readonly after: OrderRow;
}

interface Versioned {
  readonly version: number;
  readonly value: Json;
}

/** A store's write: null where the row was deleted. */
function versioned(value: Json): Versioned | null {
  return value as unknown as Versioned | null; // as the store records its writes
}

/** Whether a transaction is new: one that was durable in a crash is recorded once, but may be recorded late. */
class InOrder {
  #last = 0;

  isNew(event: DurableEvent): boolean {
    if (event.txn <= this.#last) return false;
    this.#last = event.txn;
    return true;
  }
}

const PREFIXES = { order: "order/", event: "event/", dead: "order-dlq/" } as const;

export class Orders implements Check {
  readonly orders = new Map<string, TrackedOrder>();
  /** What the event at hand changed. */
  changes: OrderChange[] = [];
  /** Orders for which the event at hand wrote an event, and dead letters. */
  eventsFor: string[] = [];
  deadLetters: string[] = [];
  /** Events that have not been taken by all subscribers. */
  readonly outbox = new Map<string, DurableEvent>();
  readonly #inOrder = new InOrder();

  on(event: HistoryEvent): void {
    this.changes = [];
    this.eventsFor = [];
    this.deadLetters = [];
    if (event.kind !== "durable" || event.store !== ORDER_STORE || !this.#inOrder.isNew(event)) return;
    for (const { key, value } of event.writes) {
      const stored = versioned(value);
      if (key.startsWith(PREFIXES.event)) {
        if (stored === null) this.outbox.delete(key);
        else {
          this.outbox.set(key, event);
          this.eventsFor.push(key.slice(PREFIXES.event.length, key.lastIndexOf("/")));
        }
      } else if (stored === null) continue;
      else if (key.startsWith(PREFIXES.dead)) this.deadLetters.push(key.slice(PREFIXES.dead.length));
      else if (key.startsWith(PREFIXES.order)) this.#change(stored.value as unknown as OrderRow, event); // rows under `order/`
    }
  }

  #change(after: OrderRow, event: DurableEvent): void {
    const known = this.orders.get(after.id);
    const before = known?.row;
    const order: TrackedOrder = known ?? { id: after.id, row: after, event, states: new Map() };
    this.orders.set(after.id, order);
    order.row = after;
    order.event = event;
    if (before?.state !== after.state) order.states.set(after.state, event);
    this.changes.push({ order, before, after });
  }
}

export const orders: ViewKind<Orders> = { subscribes: ["durable"], start: () => new Orders() };

export interface Product {
  readonly sku: string;
  row: StockRow;
  version: number;
  event: DurableEvent;
  /** Pieces that it began with, and that came in. */
  stocked: number;
  /** Pieces of live reservations: held or committed, and fulfilled. */
  held: number;
  fulfilled: number;
  /** How many pieces were to be had, since when. */
  readonly available: { readonly event: DurableEvent; readonly pieces: number }[];
}

export interface Reservation {
  readonly row: ReservationRow;
  readonly event: DurableEvent;
}

export class Stock implements Check {
  readonly products = new Map<string, Product>();
  readonly reservations = new Map<string, Reservation>();
  readonly restocked = new Map<string, DurableEvent>();
  /** Products that the event at hand wrote, with the versions that they had. */
  changes: { readonly product: Product; readonly versionBefore: number }[] = [];
  /** Orders for which the event at hand reserved something. */
  reserved: string[] = [];
  readonly #inOrder = new InOrder();

  on(event: HistoryEvent): void {
    this.changes = [];
    this.reserved = [];
    if (event.kind !== "durable" || event.store !== STOCK_STORE || !this.#inOrder.isNew(event)) return;
    for (const { key, value } of event.writes) {
      const stored = versioned(value);
      if (stored === null) continue;
      const slash = key.indexOf("/");
      const id = key.slice(slash + 1);
      switch (key.slice(0, slash)) {
        case "stock":
          this.#product(id, stored.value as unknown as StockRow, stored.version, event); // rows under `stock/`
          break;
        case "reservation":
          this.#reservation(id, stored.value as unknown as ReservationRow, event); // rows under `reservation/`
          break;
        case "restock":
          this.#restock(id, stored.value as unknown as RestockRow, event); // rows under `restock/`
      }
    }
  }

  #product(sku: string, row: StockRow, version: number, event: DurableEvent): void {
    const product = ensure(this.products, sku, () => ({
      sku,
      row,
      version: 0,
      event,
      stocked: row.available,
      held: 0,
      fulfilled: 0,
      available: [],
    }));
    this.changes.push({ product, versionBefore: product.version });
    product.row = row;
    product.version = version;
    product.event = event;
    product.available.push({ event, pieces: row.available });
  }

  #reservation(order: string, row: ReservationRow, event: DurableEvent): void {
    const before = this.reservations.get(order)?.row;
    if (row.status === "held") this.reserved.push(order);
    if (before !== undefined) this.#count(before, -1);
    this.#count(row, 1);
    this.reservations.set(order, { row, event });
  }

  #count({ status, lines }: ReservationRow, sign: number): void {
    for (const { sku, quantity } of lines) {
      const product = this.products.get(sku);
      if (product === undefined) continue;
      if (status === "held" || status === "committed") product.held += sign * quantity;
      else if (status === "fulfilled") product.fulfilled += sign * quantity;
    }
  }

  #restock(id: string, { sku, quantity }: RestockRow, event: DurableEvent): void {
    if (this.restocked.has(id)) return;
    this.restocked.set(id, event);
    const product = this.products.get(sku);
    if (product !== undefined) product.stocked += quantity;
  }
}

export const stock: ViewKind<Stock> = { subscribes: ["durable"], start: () => new Stock() };
