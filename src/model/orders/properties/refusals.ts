/**
 * What a refusal means: that nothing was done, and nothing will be. A customer asks again under the same id, and more than one customer may ask for
 * the same thing; so a refused request is taken for done only when all that asked for it were refused.
 */
import type { EventOf, Micros } from "seedstorm";
import { ensure, fields, type Property, time, when } from "seedstorm/check";
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

    function judge(all: readonly Request[], at: Micros): void {
      const done = all.filter(isDone);
      if (done.length === 0) return;
      context.checked();
      const [first] = done;
      if (first?.refused === undefined || done.some(({ refused }) => refused === undefined)) return;
      const { refused, call } = first;
      const order = rows.orders.get(call.key);
      const evidence = order === undefined ? [call, refused] : [call, refused, order.event];
      context.violated(
        call.key,
        `The ${call.operation} of ${call.key} was refused ${when(refused)} (${String(refused.value)}), but at ${time(at)} it is done.`,
        evidence,
      );
    }

    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client" || (event.operation !== "place" && event.operation !== "cancel")) return;
        // In a lean history calls do not say what they asked for.
        if (event.phase === "call" && fields(event.value) === undefined) return;
        const all = ensure(requests, `${event.operation} ${event.key}`, () => []);
        if (event.phase === "call") all.push({ call: event, refused: undefined });
        const request = all.find(({ call }) => call.requestId === event.requestId);
        if (request !== undefined && event.phase === "fail") request.refused = event;
      },
      end(at) {
        for (const all of requests.values()) judge(all, at);
      },
    };
  },
};
