/** What tellers leave in the store until it is due: whoever takes such a receipt is the only one. */
import { type Property, when, where } from "seedstorm/check";
import { COLLECTED, RECEIPT } from "../clients/teller.js";
import type { DurableEvent } from "./state.js";

export const collectedOnce: Property = {
  id: "due-receipt-collected-once",
  kind: "always",
  sentence: "A receipt that is due is collected once for each time that it was put.",
  subscribes: ["durable"],
  start(context) {
    const collected = new Map<string, DurableEvent>();
    const seen = new Map<string, number>();
    return {
      on(event) {
        if (event.kind !== "durable" || event.txn <= (seen.get(event.store) ?? 0)) return;
        const isStores = event.writes.some(({ key }) => key.startsWith(RECEIPT) || key.startsWith(COLLECTED));
        if (!isStores) return;
        // a transaction that is recorded again after a restart counts once
        seen.set(event.store, event.txn);
        for (const { key, value } of event.writes) {
          if (key.startsWith(RECEIPT) && value !== null) collected.delete(key);
          if (!key.startsWith(COLLECTED)) continue;
          const receipt = key.slice(COLLECTED.length);
          const first = collected.get(receipt);
          context.checked();
          collected.set(receipt, event);
          if (first === undefined) continue;
          context.violated(
            receipt,
            `${receipt} was collected ${when(first)}, and once more ${where(event)}.`,
            [first, event],
          );
        }
      },
    };
  },
};
