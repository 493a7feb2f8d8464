/**
 * What a refusal means: that nothing was done, and nothing will be. A customer asks again under the same id, and more than one customer may ask for
 * the same thing; so a refused request is taken for done only when all that have asked for it were refused. That is judged when an order is made
 * or cancelled, and when the last of those who asked is refused.
 */
import type { EventOf, HistoryEvent } from "seedstorm";
import { ensure, fields, type Property, when } from "seedstorm/check";
import type { OrderRequest } from "../order.js";
import { sameRequest } from "../order.js";
import { orders } from "./rows.js";

type ClientEvent = EventOf<"client">;

const asRequest = (event: ClientEvent): OrderRequest => event.value as unknown as OrderRequest; // calls of `place` carry one

interface Request {
  readonly call: ClientEvent;
  refused: ClientEvent | undefined;
}

export const refusedIsNotDone: Property = {
  id: "refused-is-not-done",
  kind: "always",
  sentence: "What a customer was refused is not done: no order is made, and none is cancelled.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = context.view(orders);
    /** Requests by what they do and to which order. */
    const requests = new Map<string, Request[]>();

    /** Whether the order is as this request wanted it. */
    function isDone({ call }: Request): boolean {
      const row = rows.orders.get(call.key)?.row;
      if (row === undefined) return false;
      if (call.operation === "cancel") return row.state === "cancelled" && row.reason === "by-customer";
      return sameRequest(row, asRequest(call));
    }

    function judge(operation: string, key: string, event: HistoryEvent): void {
      const done = requests.get(`${operation} ${key}`)?.filter(isDone) ?? [];
      if (done.length === 0) return;
      context.checked();
      const [first] = done;
      if (first?.refused === undefined || done.some(({ refused }) => refused === undefined)) return;
      const { refused, call } = first;
      const order = rows.orders.get(key);
      const evidence = order === undefined ? [call, refused] : [call, refused, order.event];
      context.violated(
        key,
        `The ${operation} of ${key} was refused ${when(refused)} (${String(refused.value)}), but ${when(event)} it is done.`,
        evidence,
      );
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          for (const { order, before, after } of rows.changes) {
            if (before === undefined) judge("place", order.id, event);
            if (after.state === "cancelled" && before?.state !== "cancelled")
              judge("cancel", order.id, event);
          }
          return;
        }
        if (event.kind !== "client" || (event.operation !== "place" && event.operation !== "cancel")) return;
        // In a lean history calls do not say what they asked for.
        if (event.phase === "call" && fields(event.value) === undefined) return;
        const all = ensure(requests, `${event.operation} ${event.key}`, () => []);
        if (event.phase === "call") all.push({ call: event, refused: undefined });
        const request = all.find(({ call }) => call.requestId === event.requestId);
        if (request === undefined || event.phase !== "fail") return;
        request.refused = event;
        judge(event.operation, event.key, event);
      },
    };
  },
};
