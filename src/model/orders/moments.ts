/**
 * The moments of order processing that faults may be aimed at: an order that is claimed, moves on, ends. They come at the host of
 * the worker that has the order, though it is the store that records them.
 */
import { type HistoryEvent, type Json, type Moment, moment } from "seedstorm";
import { ORDER_STORE, type OrderRow, type OrderState, orderKey } from "./order.js";
import { STOCK_STORE } from "./stock.js";

const reaching = (state: OrderState, when: string): Moment => ({
  id: `order-${state}`,
  when: `${when}; it comes at the host of its worker`,
  watch() {
    const states = new Map<string, OrderState>();
    const holders = new Map<string, string>();
    return (event) => {
      const order = orderIn(event);
      if (order === undefined) return undefined;
      const before = states.get(order.id);
      const last = holders.get(order.id);
      states.set(order.id, order.state);
      if (order.holder !== "") holders.set(order.id, hostOf(order.holder));
      if (before === order.state || order.state !== state) return undefined;
      return order.holder === "" ? last : hostOf(order.holder);
    };
  },
});

export const ordersMoments: readonly Moment[] = [
  reaching("processing-payment", "a worker has taken an order up"),
  reaching("reserving-inventory", "the payment of an order is authorized"),
  reaching("creating-shipment", "an order is paid for"),
  reaching("pending-shipment", "no carrier has made a label for an order"),
  reaching("completed", "an order is completed"),
  reaching("cancelled", "an order is cancelled, and not settled yet"),
  reaching("payment-failed", "the payment of an order has failed, and is not settled yet"),
  moment("stock-written", "stock or a reservation is changed; it comes at the store", (event) =>
    event.kind === "durable" && event.store === STOCK_STORE ? event.host : undefined,
  ),
];

function orderIn(event: HistoryEvent): OrderRow | undefined {
  if (event.kind !== "durable" || event.store !== ORDER_STORE) return undefined;
  const write = event.writes.find(({ key }) => key.startsWith(orderKey("")));
  return write === undefined || write.value === null
    ? undefined
    : ((write.value as { readonly value: Json }).value as unknown as OrderRow); // as the store records orders
}

/** A holder is a worker in one life of a host: `orders-1/1/7`. */
function hostOf(holder: string): string {
  return holder.split("/")[0] ?? holder;
}
