/** What the payment provider is promised of its webhooks: one that was taken in is known with its order, as the provider does not send it again. */
import { type Property, text, when } from "seedstorm/check";
import type { OrderState } from "../order.js";
import { WEBHOOK_ENTITY } from "../payment-service.js";
import { orders } from "./rows.js";

/** An order in one of these still has to be paid for, unless it says that it is. */
const UNPAID: ReadonlySet<OrderState> = new Set(["pending", "processing-payment", "reserving-inventory"]);

export const webhookIsKept: Property = {
  id: "webhook-is-kept",
  kind: "always",
  sentence: "A webhook that was taken in, by which an order is paid for, is recorded with the order by then.",
  subscribes: ["state", "durable"],
  start(context) {
    const rows = context.view(orders);
    return {
      subscribes: ["state"],
      on(event) {
        if (event.kind !== "state" || event.entity !== WEBHOOK_ENTITY) return;
        context.checked();
        const id = text(event.detail, "order");
        const order = rows.orders.get(id);
        if (order !== undefined && (order.row.paid || !UNPAID.has(order.row.state))) return;
        context.violated(
          id,
          `${event.host} took a webhook in ${when(event)} that says that ${id} is paid for, and the order does not know of it.`,
          order === undefined ? [event] : [order.event, event],
        );
      },
    };
  },
};
