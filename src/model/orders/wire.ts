/** What the services ask each other. A request that finds no answer in time may have been acted on. */
import { type Micros, rpc } from "seedstorm";
import type { OrderLine, OrderRequest, OrderState } from "./order.js";
import type { Try } from "./tries.js";

export type PlaceReply =
  /** It is durable, and will come to an end. */
  | { readonly status: "accepted" }
  | {
      readonly status: "refused";
      readonly reason: "invalid" | "conflict" | "queue-full";
      readonly detail: string;
    }
  /** Nobody could be asked; certainly nothing was done. */
  | { readonly status: "unavailable" }
  | { readonly status: "unknown" };
export const PLACE = rpc<Try<OrderRequest>, PlaceReply>("orders/place");

export type CancelReply =
  | { readonly status: "cancelled" }
  | { readonly status: "too-late"; readonly state: OrderState }
  | { readonly status: "no-such-order" }
  | { readonly status: "unavailable" }
  | { readonly status: "unknown" };
/**
 * Whether a refusal is about one try alone: that nobody was there, or no room, or not yet an order. It says nothing of an earlier try of the
 * same request, which may have been, or may yet be, carried out.
 */
export function isOfOneTry(reply: PlaceReply | CancelReply): boolean {
  switch (reply.status) {
    case "unavailable":
    case "no-such-order":
      return true;
    case "refused":
      return reply.reason === "queue-full";
    case "accepted":
    case "cancelled":
    case "too-late":
    case "unknown":
      return false;
  }
}
export const CANCEL = rpc<Try<{ readonly id: string }>, CancelReply>("orders/cancel");

export type StepReply =
  | { readonly status: "done" }
  /** The answer is no, and will stay so. */
  | { readonly status: "refused"; readonly reason: string }
  /** Asked, and it failed or nobody knows. */
  | { readonly status: "failed" }
  /** Not asked; to be tried again after so long. */
  | { readonly status: "later"; readonly after: Micros };

export interface PaymentRequest {
  readonly order: string;
  /** The same for the whole life of the order. */
  readonly token: string;
  readonly cents: number;
  readonly card: string;
}
export const AUTHORIZE = rpc<PaymentRequest, StepReply>("payment/authorize");
/** Authorizes anew if the authorization has lapsed. */
export const CAPTURE = rpc<PaymentRequest, StepReply>("payment/capture");
/** Voids or refunds, whatever there is; done also when there is nothing, which then never will be. */
export const UNDO_PAYMENT = rpc<PaymentRequest, StepReply>("payment/undo");

export interface StockRequest {
  readonly order: string;
  readonly lines: readonly OrderLine[];
}
export const RESERVE = rpc<StockRequest, StepReply>("inventory/reserve");
export const COMMIT = rpc<StockRequest, StepReply>("inventory/commit");
export const FULFIL = rpc<StockRequest, StepReply>("inventory/fulfil");
export const RELEASE = rpc<StockRequest, StepReply>("inventory/release");
export const RESTOCK = rpc<
  { readonly id: string; readonly sku: string; readonly quantity: number },
  StepReply
>("inventory/restock");

export type LabelReply =
  | StepReply
  | { readonly status: "made"; readonly label: string }
  /** The carrier wants to be left alone for so long; it has done nothing. */
  | { readonly status: "must-wait"; readonly after: Micros };
export interface LabelRequest {
  readonly token: string;
  readonly order: string;
  readonly carrier: string;
  readonly address: string;
}
export const CREATE_LABEL = rpc<Try<LabelRequest>, LabelReply>("shipping/create-label");
export const VOID_LABEL = rpc<Try<LabelRequest>, LabelReply>("shipping/void-label");

export interface Webhook {
  /** A `PaymentEvent` as JSON. */
  readonly body: string;
  readonly signature: string;
}
/** True when it was taken in, or is of no use; false for one to be delivered again. */
export const WEBHOOK = rpc<Webhook, boolean>("payment/webhook");

export interface OrderEvent {
  readonly order: string;
  readonly state: OrderState;
  readonly customer: string;
}
/** True when the subscriber has done with it what it does. */
export const ORDER_EVENT = rpc<OrderEvent, boolean>("order-events");

/** Ends a worker that has something in hand; false when there is none. */
export const KILL_WORKER = rpc<{ readonly pick: number }, boolean>("service/kill-worker");
/** A new configuration, as TOML. The answer is what is wrong with it; null when it is used from now on. */
export const CONFIGURE = rpc<{ readonly toml: string }, string | null>("service/configure");
