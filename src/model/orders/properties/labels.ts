/**
 * What is known of labels: an order says which label there is for it, or that there may be one. While a worker has the order in hand it may know
 * more than the order says; so this is judged when the order changes hands, and while nobody has it.
 */
import type { HistoryEvent } from "seedstorm";
import { type Property, time } from "seedstorm/check";
import { external, type Label } from "./external.js";
import { orders } from "./rows.js";

export const labelsAreKnown: Property = {
  id: "labels-are-known",
  kind: "always",
  sentence:
    "When a worker gives an order back, or another takes it over, the order names the label that there is for it, or says that its carrier may have made one.",
  subscribes: ["external", "durable"],
  start(context) {
    const view = context.view(external);
    const rows = context.view(orders);

    function judge(id: string, event: HistoryEvent): void {
      const order = rows.orders.get(id);
      if (order === undefined) return;
      const { label, carrier, doubt, voiding } = order.row;
      const isKnown = (known: Label): boolean =>
        known.number === label || (known.carrier === carrier && (doubt || voiding));
      for (const made of view.liveLabels(id)) {
        context.checked();
        if (isKnown(made)) continue;
        context.violated(
          id,
          `${made.carrier} has made label ${made.number} for ${id}, and at ${time(event.at)} the order, which ${order.row.holder === "" ? "nobody has in hand" : "has changed hands"}, knows of none.`,
          [made.event, order.event],
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "external") {
          if (view.about !== undefined && rows.orders.get(view.about)?.row.holder === "")
            judge(view.about, event);
          return;
        }
        for (const { order, before, after } of rows.changes) {
          if (after.holder === "" || after.holder !== before?.holder) judge(order.id, event);
        }
      },
    };
  },
};
