/**
 * A commit that was answered is never lost: when a store opens, everything that it has ever answered is in it. And a store
 * recovers: it reports no damage while its disk has been damaged no more than once.
 */
import type { EventOf } from "seedstorm";
import { type Property, when } from "seedstorm/check";
import { damage } from "./damage.js";

export const durable: Property = {
  id: "store-commit-durable",
  kind: "always",
  sentence: "Every commit that was answered is there when the store opens again.",
  subscribes: ["state"],
  start(context) {
    const disks = context.view(damage);
    const answered = new Map<string, { readonly txn: number; readonly event: EventOf<"state"> }>();
    return {
      on(event) {
        if (event.kind !== "state") return;
        if (event.entity === "commit-answer") {
          const txn = Number(event.to);
          if (txn > (answered.get(event.name)?.txn ?? 0)) answered.set(event.name, { txn, event });
        } else if (event.entity === "store" && event.to === "open") {
          const last = answered.get(event.name);
          if (last === undefined || disks.isBeyondRepair(event.host)) return;
          context.checked();
          const txn = Number(event.detail.txn);
          if (txn >= last.txn) return;
          context.violated(
            event.name,
            `${event.name} had answered transaction ${last.txn} ${when(last.event)} and opened with ${txn} as its last ${when(event)}.`,
            [last.event, event],
          );
        }
      },
    };
  },
};

export const recovers: Property = {
  id: "store-recovers",
  kind: "always",
  sentence: "A store opens again after any crash, and after one damage to what its disk holds.",
  subscribes: ["state"],
  start(context) {
    const disks = context.view(damage);
    return {
      on(event) {
        if (event.kind !== "state" || event.entity !== "store" || disks.isBeyondRepair(event.host)) return;
        context.checked();
        if (event.to !== "damaged") return;
        context.violated(
          event.name,
          `${event.name} says ${when(event)} that something which counted is missing, though its disk was damaged once at most.`,
          [event],
        );
      },
    };
  },
};
