/**
 * What customers are promised: an order that was accepted is kept and comes to an end; a refusal has a cause; a cancel that was
 * confirmed is one; and on a quiet day nothing fails without a reason.
 */
import { type EventOf, type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { fields, type Property, time, when } from "seedstorm/check";
import { ADDRESSES } from "../external/carrier.js";
import { CARDS } from "../external/payment-provider.js";
import { configOf, ordersKnobs } from "../knobs.js";
import {
  complaintOf,
  isCancellable,
  isDescribable,
  isTerminal,
  type OrderRequest,
  sameRequest,
} from "../order.js";
import { orders } from "./rows.js";

type ClientEvent = EventOf<"client">;

const asRequest = (event: ClientEvent): OrderRequest => event.value as unknown as OrderRequest; // calls of `place` carry one

export const acceptedIsDurable: Property = {
  id: "accepted-is-durable",
  kind: "always",
  sentence: "When a customer hears that an order is accepted it is durable, as it was asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = context.view(orders);
    const calls = new Map<string, ClientEvent>();
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client" || event.operation !== "place") return;
        if (event.phase === "call") calls.set(event.requestId, event);
        if (event.phase !== "ok") return;
        const call = calls.get(event.requestId);
        const row = rows.orders.get(event.key)?.row;
        context.checked();
        if (row === undefined) {
          context.violated(event.key, `${event.key} was accepted ${when(event)}, and is nowhere.`, [event]);
        } else if (
          call !== undefined &&
          fields(call.value) !== undefined &&
          !sameRequest(row, asRequest(call))
        ) {
          context.violated(
            event.key,
            `${event.key} was accepted ${when(event)}, but another order stands under that id.`,
            [call, event],
          );
        }
      },
    };
  },
};

/** Five attempts, their pauses, breakers that open in between, and shipments that are tried every two seconds. */
const ENDED_WITHIN: Micros = 38 * SECOND;

export const noOrderLost: Property = {
  id: "no-order-lost",
  alias: "P6",
  kind: "eventually",
  sentence: "Each order that was accepted ends, or waits for a carrier; none vanishes.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = context.view(orders);
    const accepted = new Map<string, ClientEvent>();
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind === "client" && event.operation === "place" && event.phase === "ok")
          accepted.set(event.key, event);
      },
      end(at) {
        for (const [id, event] of accepted) {
          if (rows.orders.has(id)) continue;
          context.checked();
          context.violated(
            id,
            `${id} was accepted ${when(event)}, and at ${time(at)} there is no such order.`,
            [event],
          );
        }
        for (const { id, row, states, event } of rows.orders.values()) {
          const placed = states.get("pending") ?? event;
          if (at - placed.at < ENDED_WITHIN) continue;
          context.checked();
          if (isTerminal(row.state) || row.state === "pending-shipment") continue;
          context.violated(
            id,
            `${id} was placed ${when(placed)}, and at ${time(at)} it is still ${row.state}, as it has been since ${time(event.at)}.`,
            [placed, event],
          );
        }
      },
    };
  },
};

export const refusalHasCause: Property = {
  id: "refusal-has-cause",
  kind: "always",
  sentence:
    "A request is refused only for what is so: malformed, another order under its id, a full queue, too late to cancel.",
  subscribes: ["client", "refusal", "durable"],
  start(context) {
    const rows = context.view(orders);
    const knobs = ordersKnobs(context.plan.knobs);
    const capacity =
      knobs.queueCapacity === 0 ? configOf(knobs).services.order.channel.capacity : knobs.queueCapacity;
    const calls = new Map<string, ClientEvent>();

    /** Why the refusal is wrong; undefined when it is right. */
    function flaw(event: ClientEvent, call: ClientEvent): string | undefined {
      const tracked = rows.orders.get(event.key);
      const row = tracked?.row;
      const reason = typeof event.value === "string" ? event.value : "";
      if (event.operation === "cancel") {
        if (reason === "no-such-order") {
          const placed = tracked?.states.get("pending");
          return placed === undefined || placed.id > call.id ? undefined : `it was placed ${when(placed)}`;
        }
        if (!reason.startsWith("too late")) return undefined;
        return row === undefined || isCancellable(row.state) ? `it was ${row?.state ?? "absent"}` : undefined;
      }
      if (fields(call.value) === undefined) return undefined;
      if (reason === "invalid")
        return complaintOf(asRequest(call)) === undefined ? "nothing is wrong with it" : undefined;
      if (reason === "conflict") {
        return row === undefined || sameRequest(row, asRequest(call))
          ? "no other order stands under that id"
          : undefined;
      }
      return undefined;
    }

    return {
      subscribes: ["client", "refusal"],
      on(event) {
        if (event.kind === "refusal") {
          if (event.operation !== "place" || event.reason !== "queue-full") return;
          context.checked();
          const queued = fields(event.detail)?.queued;
          if (typeof queued === "number" && queued >= capacity) return;
          context.violated(
            event.host,
            `${event.host} refused ${event.key} ${when(event)} for a full queue, in which ${queued} orders were and ${capacity} have room.`,
            [event],
          );
          return;
        }
        if (event.kind !== "client") return;
        if (event.phase === "call") calls.set(event.requestId, event);
        if (event.phase !== "fail") return;
        const call = calls.get(event.requestId);
        if (call === undefined) return;
        context.checked();
        const found = flaw(event, call);
        if (found === undefined) return;
        context.violated(
          event.key,
          `The ${event.operation} of ${event.key} was refused ${when(event)} (${String(event.value)}), but ${found}.`,
          [call, event],
        );
      },
    };
  },
};

export const cancelledStays: Property = {
  id: "cancel-is-kept",
  kind: "always",
  sentence: "When a customer hears that an order is cancelled it is.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = context.view(orders);
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client" || event.operation !== "cancel" || event.phase !== "ok") return;
        context.checked();
        const state = rows.orders.get(event.key)?.row.state;
        if (state === "cancelled") return;
        context.violated(
          event.key,
          `The cancel of ${event.key} was confirmed ${when(event)}, while it was ${state ?? "absent"}.`,
          [event],
        );
      },
    };
  },
};

/** After the storm: the registries must have found everybody, breakers have closed, what was put off been taken up. */
const CALM_AFTER: Micros = 18 * SECOND;
/** On a quiet day an order takes half a second; a slow answer and a retry are part of one. */
const SUCCESS_WITHIN: Micros = 20 * SECOND;

export const successOwed: Property = {
  id: "success-owed",
  kind: "eventually",
  sentence:
    "When nothing is wrong, an order that can be paid, filled and shipped is accepted, and completed before long.",
  subscribes: ["client", "durable"],
  start(context) {
    const rows = context.view(orders);
    const { plan } = context;
    const calmFrom = plan.faults.length === 0 ? 0 : plan.healAt + CALM_AFTER;
    const due: ClientEvent[] = [];
    const outcomes = new Map<string, ClientEvent>();
    const cancelled = new Set<string>();
    const shaken = new Set<string>();

    function isGood({ card, address, customer }: OrderRequest): boolean {
      if (card === CARDS.declined || card === CARDS.hopeless || card === CARDS.drained) return false;
      return address !== ADDRESSES.nowhere && isDescribable(customer);
    }

    return {
      subscribes: ["client", "durable"],
      on(event) {
        if (event.kind === "durable") {
          // An order whose worker an operator killed has a reason to be late.
          for (const { order, after } of rows.changes) if (after.lostWorkers > 0) shaken.add(order.id);
          return;
        }
        if (event.kind !== "client") return;
        if (event.operation === "cancel") cancelled.add(event.key);
        if (event.operation !== "place") return;
        if (event.phase !== "call") outcomes.set(event.requestId, event);
        else if (event.at >= calmFrom && fields(event.value) !== undefined) due.push(event);
      },
      end(at) {
        for (const call of due) {
          const request = asRequest(call);
          if (at - call.at < SUCCESS_WITHIN || !isGood(request) || complaintOf(request) !== undefined)
            continue;
          const outcome = outcomes.get(call.requestId);
          const tracked = rows.orders.get(call.key);
          if (tracked !== undefined && !sameRequest(tracked.row, request)) continue;
          context.checked();
          const evidence: HistoryEvent[] = [call];
          if (outcome?.phase !== "ok") {
            if (outcome !== undefined) evidence.push(outcome);
            const said =
              outcome === undefined
                ? "was never answered"
                : `ended as ${outcome.phase} (${String(outcome.value)})`;
            context.violated(
              call.key,
              `On a quiet day the request for ${call.key} ${when(call)} ${said}.`,
              evidence,
            );
            continue;
          }
          if (cancelled.has(call.key) || shaken.has(call.key) || tracked === undefined) continue;
          const { row, states } = tracked;
          if (row.state === "cancelled" && row.reason === "out-of-stock") continue;
          const completed = states.get("completed");
          if (completed !== undefined && completed.at - call.at <= SUCCESS_WITHIN) continue;
          context.violated(
            call.key,
            `On a quiet day ${call.key} was placed ${when(call)} and was ${completed === undefined ? `still ${row.state}` : "completed only"} at ${time(completed?.at ?? at)}${row.reason === "" ? "" : ` (${row.reason})`}.`,
            [...evidence, tracked.event],
          );
        }
      },
    };
  },
};
