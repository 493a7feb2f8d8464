/**
 * Whom an order belongs to while somebody works on it, and after it has ended. A claim's time runs by the order store's clock, which stands
 * still while that store is away: nobody could have renewed anything meanwhile.
 */
import type { EventOf, Micros } from "seedstorm";
import { type Property, time, when } from "seedstorm/check";
import { duration } from "../config.js";
import { configOf, ordersKnobs } from "../knobs.js";
import { orders, stock } from "./rows.js";

export const claimIsKept: Property = {
  id: "claim-is-kept",
  kind: "always",
  sentence:
    "A worker has an order to itself for as long as its claim says, not counting the time for which the store was away.",
  subscribes: ["durable", "host"],
  start(context) {
    const rows = context.view(orders);
    const { plan } = context;
    const ttl = duration(configOf(ordersKnobs(plan.knobs)).services.order.claim_ttl);
    // Clocks may go wrong by a twentieth.
    const least: Micros = Math.floor((ttl * 9) / 10);
    const store = plan.topology.find(({ role }) => role === "order-store")?.id;
    /** Where a store is slow to sync, or stands still, it is not known when it wrote; a configuration may have another time. */
    const isJudged =
      plan.workload.every(({ action }) => action !== "configure") &&
      plan.faults.every(
        ({ kind }) => !kind.startsWith("disk-") && kind !== "fsync-failure" && kind !== "pause",
      );
    /** Time for which the store had been up, when it last came up, and since when it has been. */
    let upBefore: Micros = 0;
    let upSince: Micros | undefined = 0;
    const written = new Map<string, { readonly event: EventOf<"durable">; readonly upTime: Micros }>();

    const upTime = (at: Micros): Micros => upBefore + (upSince === undefined ? 0 : at - upSince);

    return {
      on(event) {
        if (event.kind === "host") {
          if (event.host !== store) return;
          if (event.phase === "crash") {
            upBefore = upTime(event.at);
            upSince = undefined;
          } else if (event.phase === "boot") upSince = event.at;
          return;
        }
        if (event.kind !== "durable") return;
        for (const { order, before, after } of rows.changes) {
          const last = written.get(order.id);
          const now = upTime(event.at);
          written.set(order.id, { event, upTime: now });
          if (before === undefined || last === undefined || !isJudged) continue;
          // A host takes over at once from a worker of its own that was lost.
          const isTakenOver =
            before.holder !== "" && after.holder !== "" && hostOf(before.holder) !== hostOf(after.holder);
          if (!isTakenOver) continue;
          context.checked();
          if (now - last.upTime >= least) continue;
          context.violated(
            order.id,
            `${order.id} was ${before.holder}'s ${when(last.event)}, for ${time(ttl)} of the store's time, and was taken over by ${after.holder} ${when(event)}.`,
            [last.event, event],
          );
        }
      },
    };
  },
};

/** A holder is a worker in one life of a host: `orders-1/1/7`. */
const hostOf = (holder: string): string => holder.slice(0, holder.indexOf("/"));

export const settledStays: Property = {
  id: "settled-stays-settled",
  kind: "always",
  sentence: "Once an order that ended otherwise is settled, nothing is reserved for it any more.",
  subscribes: ["durable"],
  start(context) {
    const rows = context.view(orders);
    const stores = context.view(stock);
    return {
      on(event) {
        for (const id of stores.reserved) {
          const order = rows.orders.get(id);
          context.checked();
          if (order === undefined || order.row.unsettled) continue;
          const { state } = order.row;
          if (state !== "cancelled" && state !== "payment-failed") continue;
          context.violated(
            id,
            `${id} had ended as ${state} and was settled ${when(order.event)}; goods were reserved for it ${when(event)}.`,
            [order.event, event],
          );
        }
      },
    };
  },
};
