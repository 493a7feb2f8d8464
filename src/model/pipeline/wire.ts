/** What the hosts of the pipeline say to each other, beside what they ask of the resources. */
import { type Json, type Micros, message, rpc } from "seedstorm";
import type { MembershipChange } from "../replication/membership.js";
import type { RefusalReason, ResourceName } from "../resources/types.js";

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

/** An operator asks a replica host to change its group's members, or to hand the group's office to another. */
export type MembersRequest =
  | { readonly group: ResourceName; readonly change: MembershipChange }
  | { readonly group: ResourceName; readonly handOverTo: string };
/** False when this host doesn't lead the group, or the change makes no sense or did not come through. */
export const MEMBERS = rpc<MembersRequest, boolean>("members");

export const ORDERS_STREAM = "orders";
export const CHECKOUT_WORKERS = "checkout-workers";
export const MAINTENANCE_LEASE = "maintenance";
/** The checkpoint's name. */
export const CHECKPOINT = "orders";
