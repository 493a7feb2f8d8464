/**
 * What becomes of events, instances and poison in the end: N8, N13, N17; and what customers were promised: every order that
 * was taken ends, completed with all that belongs to it or rejected with nothing of it left, and stock adds up.
 */
import type { EventOf, HistoryEvent } from "seedstorm";
import { fields, type Property, text, time, when, where, whole } from "seedstorm/check";
import { keyOf } from "../../storage/keys.js";
import type { DedupeRecord, QuarantineRecord, SagaRecord } from "../records.js";
import { byTransaction } from "./by-transaction.js";
import { asQuarantine, instanceText, type Row, type RunnerState, runnerState } from "./state.js";

/** Time that a thing may take while nothing is wrong: timers of the sagas, and what follows them. */
const GRACE = 8_000_000;

/** Whether an event of an instance was quarantined, so that it may stand still. */
function isHeldUp(state: RunnerState, tenant: string, correlation: string): boolean {
  for (const { value } of state.in<QuarantineRecord>("quarantine")) {
    if (value.correlation === correlation) return true;
    const message = state.acquired.get(`${value.stream}/${value.sequence}`);
    const data = fields(message?.data);
    const carried = text(data, "correlationId") || text(data?.metadata, "correlationId");
    const id = state.ids.get(`${value.stream}/${value.sequence}`) ?? "";
    if (carried === correlation || (carried === "" && id.startsWith(`${tenant}/`))) return true;
  }
  return false;
}

export const eventsProcessed: Property = {
  id: "events-processed-or-quarantined",
  alias: "N8",
  kind: "eventually",
  sentence:
    "Every event that triggers a saga is processed by it or quarantined by the end of the quiet period.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const processed = new Set<string>();
    const triggering = new Map<
      string,
      {
        readonly stream: string;
        readonly type: string;
        readonly tenant: string;
        readonly event: HistoryEvent;
      }
    >();
    return {
      on(event) {
        for (const { value } of state.markers) processed.add(markerKey(value));
        const { events, facts } = state.settings.streams;
        for (const { namespace, before, after } of state.gatewayChanges) {
          // published, and gone from the gateway's outbox
          if (namespace !== "event" || after !== undefined || before === undefined) continue;
          const row = fields(before.value);
          note(events, text(row, "tenantId"), text(row, "eventId"), text(row, "type"), event);
        }
        for (const { namespace, key, before, after } of state.changes) {
          if (after !== undefined || before === undefined) continue;
          const row = fields(before.value);
          if (namespace === "outbox" && text(row, "kind") === "fact") {
            const body = fields(row?.body);
            note(facts, text(row, "tenant"), text(body, "eventId"), text(body, "type"), event);
          } else if (namespace === "schedule" && state.published.has(`${facts} ${key}`)) {
            note(facts, text(row, "tenant"), key, `timer.${text(row, "timer")}`, event);
          }
        }
        if (state.acquires !== undefined && state.acquires.stream === facts) {
          const { data } = state.acquires;
          const row = fields(data);
          if (text(row, "eventId").endsWith("/result"))
            note(facts, text(row, "tenantId"), text(row, "eventId"), text(row, "type"), event);
        }
      },
      end(at) {
        const quarantined = new Set<string>();
        for (const { value } of state.in<QuarantineRecord>("quarantine")) {
          quarantined.add(state.ids.get(`${value.stream}/${value.sequence}`) ?? "");
          quarantined.add(value.eventId);
          quarantined.add(
            text(fields(state.acquired.get(`${value.stream}/${value.sequence}`)?.data), "eventId"),
          );
        }
        for (const [eventId, { stream, type, tenant, event }] of triggering) {
          if (at - event.at < GRACE || quarantined.has(eventId)) continue;
          for (const saga of state.triggered(stream, type)) {
            context.checked();
            if (processed.has(markerKey({ tenant, saga, eventId }))) continue;
            context.violated(
              eventId,
              `Event ${eventId} (${type}) of tenant "${tenant}" was published by ${time(event.at)}, and ${saga} has neither processed nor quarantined it by ${time(at)}.`,
              [event],
            );
          }
        }
      },
    };

    function note(stream: string, tenant: string, eventId: string, type: string, event: HistoryEvent): void {
      if (!triggering.has(eventId)) triggering.set(eventId, { stream, tenant, type, event });
    }
  },
};

const markerKey = ({ tenant, saga, eventId }: Pick<DedupeRecord, "tenant" | "saga" | "eventId">): string =>
  JSON.stringify([tenant, saga, eventId]);

export const quarantineFirst: Property = {
  id: "quarantine-before-term",
  alias: "N13",
  kind: "always",
  sentence:
    "A message is terminated only after its quarantine record is durable, and every poison message ends quarantined.",
  subscribes: ["durable", "publish-ack", "state", "term", "client"],
  start(context) {
    const state = context.view(runnerState);
    const poison = new Map<string, EventOf<"client">>();
    const quarantined = new Set<string>();
    return {
      on(event) {
        for (const { namespace, after } of state.changes) {
          const record = namespace === "quarantine" ? asQuarantine(after) : undefined;
          if (record !== undefined) quarantined.add(`${record.value.stream}/${record.value.sequence}`);
        }
        if (event.kind === "client" && event.operation === "poison" && event.phase === "ok") {
          poison.set(`${text(event.value, "stream")}/${whole(event.value, "sequence") ?? 0}`, event);
        }
        if (event.kind !== "term") return;
        const place = `${event.stream}/${event.sequence}`;
        context.checked();
        if (quarantined.has(place)) return;
        context.violated(
          place,
          `${place} was terminated ${where(event)}, and there is no record of it in quarantine.`,
          [event],
        );
      },
      end(at) {
        for (const [place, event] of poison) {
          context.checked();
          if (quarantined.has(place)) continue;
          context.violated(
            place,
            `${place}, which nobody can process, came ${when(event)} and is not in quarantine at ${time(at)}.`,
            [event],
          );
        }
      },
    };
  },
};

export const sagasEnd = byTransaction(
  {
    id: "sagas-end",
    alias: "N17",
    kind: "eventually",
    sentence:
      "Every instance of a saga is completed, compensated or held up in quarantine by the end of the quiet period.",
  },
  (state, context) => {
    const begun = new Map<string, HistoryEvent>();
    return {
      on(event) {
        for (const { key } of state.made("saga")) begun.set(key, event);
      },
      end(at) {
        for (const { key, value, event } of state.in<SagaRecord>("saga")) {
          const { status, tenant, correlation } = value;
          const first = begun.get(key) ?? event;
          if (at - first.at < LONGEST_SAGA) continue;
          context.checked();
          if (status !== "running" || isHeldUp(state, tenant, correlation)) continue;
          context.violated(
            key,
            `${instanceText(value)}, begun ${when(first)}, is still at ${text(value.state, "step")} at ${time(at)}.`,
            first === event ? [event] : [first, event],
          );
        }
      },
    };
  },
);

/** The deadline of an order, and what follows it. */
const LONGEST_SAGA = 20_000_000;

interface Order {
  readonly tenant: string;
  readonly id: string;
  readonly row: Row;
}

/** Orders as the gateway has them. */
function ordersOf(state: RunnerState): Order[] {
  const orders: Order[] = [];
  for (const row of state.aggregates.values()) {
    const [namespace, tenant = "", kind, id = ""] = row.key.split(":").map(decodeURIComponent);
    if (namespace === "aggregate" && kind === "order") orders.push({ tenant, id, row });
  }
  return orders;
}

export const ordersEnd: Property = {
  id: "orders-end-whole",
  kind: "eventually",
  sentence:
    "Every order that was taken is completed, charged and shipped once with its stock reserved, or rejected with nothing of it left.",
  subscribes: ["durable", "publish-ack", "state", "client", "external"],
  start(context) {
    const state = context.view(runnerState);
    const taken = new Map<string, EventOf<"client">>();
    /** By tenant and order, what stands at the providers: charges and shipments that were not taken back. */
    const standing = new Map<string, Map<string, HistoryEvent>>();
    return {
      on(event) {
        if (event.kind === "client" && event.operation === "place" && event.phase === "ok")
          taken.set(event.key, event);
        if (event.kind !== "external" || event.phase !== "applied") return;
        const order = text(event.value, "order");
        const calls = standing.get(order) ?? new Map<string, HistoryEvent>();
        standing.set(order, calls);
        const undone =
          event.operation === "refund" ? "charge" : event.operation === "unship" ? "ship" : undefined;
        if (undone === undefined) calls.set(event.operation, event);
        else calls.delete(undone);
      },
      end(at) {
        const orders = ordersOf(state);
        for (const [key, event] of taken) {
          const [tenant, id] = JSON.parse(key) as [string, string];
          if (at - event.at < LONGEST_SAGA) continue;
          context.checked();
          const order = orders.find((each) => each.tenant === tenant && each.id === id);
          if (order === undefined) {
            context.violated(
              key,
              `Order ${id} of tenant "${tenant}" was taken ${when(event)}, and the gateway has no such order.`,
              [event],
            );
          } else if (!isHeldUp(state, tenant, id)) judge(order, event, at);
        }
      },
    };

    function judge({ tenant, id, row }: Order, event: HistoryEvent, at: number): void {
      const status = text(row.value, "status");
      const calls = standing.get(`${tenant}/${id}`) ?? new Map<string, HistoryEvent>();
      const item = text(row.value, "item");
      const stock = fields(state.aggregates.get(keyOf("aggregate", tenant, "stock", item))?.value);
      const reserved = whole(stock?.reserved, id) ?? 0;
      const name = `Order ${id} of tenant "${tenant}"`;
      const has = [...calls.keys(), ...(reserved > 0 ? ["reserve"] : [])].sort().join(", ") || "nothing";
      const wanted =
        status === "completed" ? "charge, reserve, ship" : status === "rejected" ? "nothing" : undefined;
      if (wanted === has) return;
      const message =
        wanted === undefined
          ? `${name}, taken ${when(event)}, is still ${status} at ${time(at)}.`
          : `${name} is ${status}, and what stands of it is: ${has}; it should be: ${wanted}.`;
      context.violated(`${tenant}/${id}`, message, [event, ...calls.values(), row.event]);
    }
  },
};

export const stockAddsUp = byTransaction(
  {
    id: "stock-adds-up",
    kind: "always",
    sentence:
      "What is available of an item and what is reserved are together what was stocked, and neither is negative.",
  },
  (state, context) => {
    const totals = new Map<string, number>();
    return {
      on(event) {
        const stocks = state.gatewayChanges.filter(
          ({ key }) => key.startsWith("aggregate:") && key.includes(":stock:"),
        );
        for (const { key, before, after } of stocks) {
          const sum = totalOf(after);
          const delta = sum - totalOf(before);
          const available = whole(after?.value, "available") ?? 0;
          context.checked();
          // only stocking adds, and it reserves nothing
          const isStocked =
            JSON.stringify(fields(after?.value)?.reserved) ===
            JSON.stringify(fields(before?.value)?.reserved ?? {});
          totals.set(key, sum);
          if (available >= 0 && (delta === 0 || (isStocked && delta > 0))) continue;
          context.violated(
            key,
            `${key} has ${available} available and ${sum} in all ${where(event)}, ${delta} more than before.`,
            [...(before === undefined ? [] : [before.event]), event],
          );
        }
      },
    };
  },
);

function totalOf(row: Row | undefined): number {
  const reserved = Object.values(fields(fields(row?.value)?.reserved) ?? {});
  return (
    (whole(row?.value, "available") ?? 0) + reserved.reduce<number>((sum, each) => sum + Number(each), 0)
  );
}
