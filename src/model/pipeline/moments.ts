/**
 * The moments of the order pipeline that faults may be aimed at, beside those of its replication: reservations, appends,
 * deliveries and their effects, leases and checkpoints. Where one host acts for another, the moment comes at the host for
 * which things are half-done then: the gateway, the worker, the holder of the lease.
 */
import { type HistoryEvent, type Json, type Moment, moment } from "seedstorm";
import { replicationMoments } from "../replication/moments.js";
import { PAYMENTS } from "./payments.js";

export const pipelineMoments: readonly Moment[] = [
  ...replicationMoments,
  moment(
    "webhook-reserved",
    "a gateway has reserved the key of a webhook, and appended nothing yet",
    (event) =>
      answered(event, "order-effects/reserve", "accept:") && stateOf(event.value) === "new"
        ? event.host
        : undefined,
  ),
  moment("record-appended", "a gateway knows that its record is in the queue", (event) =>
    event.kind === "publish-ack" ? event.host : undefined,
  ),
  moment(
    "webhook-completed",
    "a gateway has recorded the answer to a webhook, and not given it yet",
    (event) => (answered(event, "order-effects/complete", "accept:") ? event.host : undefined),
  ),
  moment("delivery-received", "a worker has got a record to work on", (event) =>
    event.kind === "deliver" ? event.host : undefined,
  ),
  moment("record-redelivered", "a worker has got a record that another delivery was about before", (event) =>
    event.kind === "deliver" && event.deliveryCount > 1 ? event.host : undefined,
  ),
  moment(
    "effect-reserved",
    "a worker has reserved the effect of an order, and nothing has happened outside",
    (event) =>
      answered(event, "order-effects/reserve", "effect:") && stateOf(event.value) === "new"
        ? event.host
        : undefined,
  ),
  moment(
    "payment-taken",
    "a payment is captured, and the worker that asked for it does not know",
    (event, history) =>
      event.kind === "external" && event.phase === "applied" && event.service === PAYMENTS
        ? history[event.cause]?.host
        : undefined,
  ),
  moment("effect-recorded", "a worker has recorded an effect, and not acked the record yet", (event) =>
    answered(event, "order-effects/complete", "effect:") ? event.host : undefined,
  ),
  moment("ack-sent", "a worker acks a record", (event) => (event.kind === "ack" ? event.host : undefined)),
  moment("lease-granted", "a holder has got the maintenance lease, and does not know it yet", (event) =>
    event.kind === "lease" && event.phase === "grant" ? hostOf(event.holder) : undefined,
  ),
  moment("lease-renewed", "the holder's lease begins its whole time anew", (event) =>
    event.kind === "lease" && event.phase === "renew" ? hostOf(event.holder) : undefined,
  ),
  moment("lease-expired", "a holder has lost its lease by saying nothing", (event) =>
    event.kind === "lease" && event.phase === "expire" ? hostOf(event.holder) : undefined,
  ),
  {
    id: "lease-changed-hands",
    when: "a lease is granted to another holder; it comes at the one that had it before",
    watch: () => {
      const holders = new Map<string, string>();
      return (event) => {
        if (event.kind !== "lease" || event.phase !== "grant") return undefined;
        const before = holders.get(event.lease);
        holders.set(event.lease, event.holder);
        return before === undefined || before === event.holder ? undefined : hostOf(before);
      };
    },
  },
  moment(
    "checkpoint-begun",
    "the holder has read the checkpoint's pointer and is about to replace it",
    (event) =>
      event.kind === "client" && event.phase === "ok" && event.operation === "order-checkpoints/read-pointer"
        ? event.host
        : undefined,
  ),
  moment("object-stored", "one provider has the object of a checkpoint", (event, history) =>
    event.kind === "external" && event.phase === "applied" && event.operation === "put"
      ? history[event.cause]?.host
      : undefined,
  ),
  moment(
    "pointer-moving",
    "the objects of a checkpoint are stored and the holder asks for the pointer to be moved",
    (event) =>
      event.kind === "client" && event.phase === "call" && event.operation === "order-checkpoints/save"
        ? event.host
        : undefined,
  ),
  moment("checkpoint-saved", "the holder knows that its checkpoint is the latest", (event) =>
    answered(event, "order-checkpoints/save", "") ? event.host : undefined,
  ),
];

/** Whether a client of a resource gets the answer that what it asked for on such a key is done. */
function answered(
  event: HistoryEvent,
  operation: string,
  prefix: string,
): event is Extract<HistoryEvent, { readonly kind: "client" }> {
  return (
    event.kind === "client" &&
    event.phase === "ok" &&
    event.operation === operation &&
    event.key.startsWith(prefix)
  );
}

function stateOf(value: Json): Json | undefined {
  return typeof value === "object" && value !== null && "state" in value ? value.state : undefined;
}

/** A holder is a life of a host: `keeper-aws#2`. */
function hostOf(holder: string): string {
  return holder.split("#")[0] ?? holder;
}
