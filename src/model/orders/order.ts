/**
 * An order: what is kept of it, the states that it passes through, and which state may follow which.
 *
 * Pure data and functions. An order's row is written by whoever holds its claim, each time against the version that was read,
 * so that two workers never both move it on. A state that ends an order may leave obligations behind (`unsettled`): a payment to
 * void, a reservation to release. They are part of the row, so that no crash forgets them.
 */
import type { Json, Micros } from "seedstorm";
import { invariant } from "../invariant.js";

/** The name of the store of orders in the history. */
export const ORDER_STORE = "orders";

export const ORDER_STATES = [
  "pending",
  "processing-payment",
  "reserving-inventory",
  "creating-shipment",
  "pending-shipment",
  "completed",
  "payment-failed",
  "cancelled",
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What may follow each state. */
export const NEXT_STATES: Readonly<Record<OrderState, readonly OrderState[]>> = {
  pending: ["processing-payment", "cancelled"],
  "processing-payment": ["reserving-inventory", "payment-failed", "cancelled"],
  "reserving-inventory": ["creating-shipment", "payment-failed", "cancelled"],
  "creating-shipment": ["completed", "pending-shipment"],
  "pending-shipment": ["completed"],
  completed: [],
  "payment-failed": [],
  cancelled: [],
};

export const isTerminal = (state: OrderState): boolean => NEXT_STATES[state].length === 0;
/** A customer may cancel up to here. */
export const isCancellable = (state: OrderState): boolean =>
  state === "pending" || state === "processing-payment";

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** What a customer asks for. */
export interface OrderRequest {
  /** Chosen by the customer, so that it can ask again. */
  readonly id: string;
  readonly customer: string;
  readonly lines: readonly OrderLine[];
  readonly cents: number;
  readonly card: string;
  readonly address: string;
}

export interface OrderRow extends OrderRequest {
  /** When it was taken in, by the wall clock of the host that did: for people, and for nothing else. */
  readonly placedAt: Micros;
  readonly state: OrderState;
  /** Why it ended as it did; empty while it has not, and for completed ones. */
  readonly reason: string;
  /** Something is left to be undone. */
  readonly unsettled: boolean;
  /** The life of a worker that may move it on; empty when nobody has claimed it. */
  readonly holder: string;
  /** Workers in a row that took it up and never gave it back. */
  readonly lostWorkers: number;
  /** The provider has said by webhook that it is paid for. */
  readonly paid: boolean;
  /** Payment attempts that the provider was asked for and that failed. */
  readonly attempts: number;
  /** The carrier that has been, or is about to be, asked for a label; empty before. */
  readonly carrier: string;
  /** Whether that carrier may have made a label that nobody knows of. */
  readonly doubt: boolean;
  /** That carrier's label, if there is one, is to be voided before another carrier is asked. */
  readonly voiding: boolean;
  /** Carriers that certainly have no label and never will have. */
  readonly ruledOut: readonly string[];
  readonly shippingTries: number;
  /** Counts how often all carriers have been gone through: a voided label's token is spent. */
  readonly shippingRound: number;
  readonly label: string;
}

export const asOrder = (row: Json): OrderRow => row as unknown as OrderRow; // rows under `order/` are written as such
export const orderKey = (id: string): string => `order/${id}`;
export const eventKey = (id: string, state: OrderState): string => `event/${id}/${state}`;
export const deadLetterKey = (id: string): string => `order-dlq/${id}`;

/** Payment attempts of one order; after the last one it has failed. */
export const MAX_PAYMENT_ATTEMPTS = 5;

export function newOrder(
  { id, customer, lines, cents, card, address }: OrderRequest,
  placedAt: Micros,
): OrderRow {
  // Field by field: an object that is spread with more behind it gets a shape of its own, and so would all that comes of it.
  return {
    id,
    customer,
    lines,
    cents,
    card,
    address,
    placedAt,
    state: "pending",
    reason: "",
    unsettled: false,
    holder: "",
    lostWorkers: 0,
    paid: false,
    attempts: 0,
    carrier: "",
    doubt: false,
    voiding: false,
    ruledOut: [],
    shippingTries: 0,
    shippingRound: 1,
    label: "",
  };
}

/** An order that so many workers in a row were lost with is taken out: it is the order that does it. */
export const MAX_LOST_WORKERS = 6;

/** The order in a state that ends it, with whatever is left to be undone. */
export function ended(order: OrderRow, state: OrderState, reason: string): OrderRow {
  invariant(isTerminal(state), "an order ends in a state that nothing follows");
  return { ...order, state, reason, unsettled: state !== "completed", holder: "" };
}

/** How long to wait after the n-th failed attempt: 1, 2, 4, 8 s and so on, times `first`. */
export function backoff(first: Micros, failures: number): Micros {
  let pause = first;
  for (let n = 1; n < failures; n++) pause *= 2;
  return pause;
}

/** What is wrong with a request; undefined when nothing is. */
export function complaintOf(request: OrderRequest): string | undefined {
  const { id, lines, cents, card, address } = request;
  if (typeof id !== "string" || !/^[\w-]{1,64}$/.test(id)) return "id";
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > 50) return "lines";
  const skus = new Set<string>();
  for (const { sku, quantity } of lines) {
    if (typeof sku !== "string" || sku === "" || skus.has(sku)) return "lines.sku";
    if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > 10_000) return "lines.quantity";
    skus.add(sku);
  }
  if (!Number.isSafeInteger(cents) || cents < 1) return "cents";
  if (typeof card !== "string" || card === "") return "card";
  return typeof address === "string" && address !== "" ? undefined : "address";
}

/** Whether two requests ask for the same thing. */
export function sameRequest(a: OrderRequest, b: OrderRequest): boolean {
  return (
    a.customer === b.customer &&
    a.cents === b.cents &&
    a.card === b.card &&
    a.address === b.address &&
    a.lines.length === b.lines.length &&
    a.lines.every(({ sku, quantity }, i) => b.lines[i]?.sku === sku && b.lines[i]?.quantity === quantity)
  );
}

/** Whether a customer's name can be written into the description of a payment: text with half a character in it can't. */
export function isDescribable(name: string): boolean {
  return !/\p{Surrogate}/u.test(name);
}
