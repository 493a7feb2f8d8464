/** What the hosts of the pipeline say to each other, beside what they ask of the resources. */
import { message, rpc } from "../../sim/host.js";
import type { Json } from "../../sim/plan.js";
import type { Micros } from "../../sim/time.js";
import type { RefusalReason } from "../resources/types.js";

/** A gateway's answer to a webhook. */
export type WebhookAnswer =
  /** `repeated`: it had been accepted before, at this offset. */
  | {
      readonly status: "accepted";
      readonly offset: number;
      readonly orderId: string;
      readonly repeated: boolean;
    }
  | { readonly status: "refused"; readonly reason: RefusalReason }
  /** Not known, or not now: deliver it again. */
  | { readonly status: "retry" };

export const WEBHOOK = rpc<Json, WebhookAnswer>("webhook");

/** Finish what is in hand and take nothing new for a while. */
export const DRAIN = message<{ readonly for: Micros }>("drain");

/** Are you there? */
export const PROBE = rpc<null, true>("probe");

/** What a shop was told about the webhooks it delivered. */
export interface AcceptedOrder {
  readonly key: string;
  readonly offset: number;
}
export const ACCEPTED_ORDERS = rpc<null, readonly AcceptedOrder[]>("accepted orders");

export const ORDERS_STREAM = "orders";
export const CHECKOUT_WORKERS = "checkout-workers";
export const MAINTENANCE_LEASE = "maintenance";
/** The checkpoint's name. */
export const CHECKPOINT = "orders";
