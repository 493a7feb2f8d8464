/**
 * Where a record or a webhook got stuck, for messages about what never came: with whom a record is, what it waits for, what its last
 * attempt came to. Found in the history when there is something to report, so that it costs nothing while all holds.
 */
import type { HistoryEvent, Micros } from "seedstorm";
import { type CheckContext, fields, text, time, when, whole } from "seedstorm/check";

export interface Whereabouts {
  /** A clause: `it was never handed to a worker`. */
  readonly place: string;
  /** What it is known from. */
  readonly evidence: readonly HistoryEvent[];
}

/** Everything up to an event, in order. */
export function* historyOf(context: CheckContext, last: number): Generator<HistoryEvent> {
  for (let id = 0; id <= last; id++) yield context.event(id);
}

/** What the queue has of one delivery, or of one that is over. */
interface Delivery {
  readonly event: HistoryEvent;
  readonly worker: string;
  readonly count: number;
  readonly isLive: boolean;
}

export function whereaboutsOfRecord(
  context: CheckContext,
  last: number,
  group: string,
  offset: number,
): Whereabouts {
  const path = `${group}/${offset}`;
  let txn = 0;
  let delivery: Delivery | undefined;
  let trimmed: HistoryEvent | undefined;
  let redriven: HistoryEvent | undefined;
  let isDead = false;
  let asked: HistoryEvent | undefined;
  let until: Micros = 0;
  for (const event of historyOf(context, last)) {
    if (event.kind === "durable" && event.store.startsWith("orders@") && event.txn > txn) {
      txn = event.txn;
      for (const { key, value } of event.writes) {
        if (key === "trimmed" && typeof value === "number" && value > offset) trimmed ??= event;
        else if (key === `dead/${path}`) {
          if (value === null && isDead) redriven = event;
          isDead = value !== null;
        } else if (key === `delivery/${path}`) {
          const isLive = fields(value) !== undefined;
          const worker = isLive ? text(value, "worker") : (delivery?.worker ?? "");
          delivery = { event, worker, count: whole(value, "count") ?? delivery?.count ?? 0, isLive };
        }
      }
    } else if ((event.kind === "ack" || event.kind === "nack") && event.group === group) {
      if (event.sequence === offset) asked = event;
    } else if (event.kind === "client" && event.phase === "call" && event.operation === "orders/nack") {
      if (whole(event.value, "offset") === offset) until = event.at + (whole(event.value, "delay") ?? 0);
    }
  }
  const since = (event: HistoryEvent, place: string): Whereabouts => ({ place, evidence: [event] });
  if (trimmed !== undefined)
    return since(trimmed, `it was let go ${when(trimmed)}, with all records before it`);
  if (delivery === undefined) return { place: "it was never handed to a worker", evidence: [] };
  const { event, worker, count } = delivery;
  const request = asked !== undefined && asked.at >= event.at ? asked : undefined;
  if (delivery.isLive) {
    const wish =
      request === undefined
        ? ""
        : `, and asked for its ${request.kind} ${when(request)}, which was never committed`;
    return {
      place: `it is with ${worker} by delivery number ${count} since ${time(event.at)}${wish}`,
      evidence: request === undefined ? [event] : [event, request],
    };
  }
  if (redriven !== undefined && redriven.id > event.id)
    return since(
      redriven,
      `it was a dead letter, was sent on its way again ${when(redriven)}, and was handed to nobody since`,
    );
  if (until > event.at)
    return since(
      event,
      `${worker} gave it back ${when(event)}, to be ready again at ${time(until)}, and it was handed to nobody since`,
    );
  return since(
    event,
    `delivery number ${count} to ${worker} ran out ${when(event)}, and it was handed to nobody since`,
  );
}

export function whereaboutsOfWebhook(context: CheckContext, last: number, key: string): Whereabouts {
  let attempts = 0;
  let attempt: HistoryEvent | undefined;
  let reservation: HistoryEvent | undefined;
  let record: HistoryEvent | undefined;
  let holder = "";
  let state = "";
  let came = "is not over";
  const txns = { orders: 0, effects: 0 };
  for (const event of historyOf(context, last)) {
    if (event.kind === "client" && event.operation === "accept" && event.key === key) {
      attempt = event;
      if (event.phase === "call") {
        attempts++;
        came = "is not over";
      } else came = `came to nothing (${text(event.value, "reason") || event.phase})`;
    } else if (event.kind === "durable") {
      if (event.store.startsWith("order-effects@") && event.txn > txns.effects) {
        txns.effects = event.txn;
        for (const write of event.writes) {
          if (write.key !== `key/accept:${key}`) continue;
          reservation = event;
          holder = text(write.value, "owner");
          const isExpired = fields(write.value)?.expired === true;
          state =
            fields(write.value) === undefined ? "free" : isExpired ? "expired" : text(write.value, "state");
        }
      } else if (event.store.startsWith("orders@") && event.txn > txns.orders) {
        txns.orders = event.txn;
        if (event.writes.some((write) => write.key.startsWith("record/") && text(write.value, "key") === key))
          record = event;
      }
    }
  }
  const kept =
    reservation === undefined
      ? "its key was never reserved"
      : state === "free"
        ? `its key is free again since ${time(reservation.at)}`
        : `its key is ${state} ${state === "completed" ? "by" : "for"} ${holder} since ${time(reservation.at)}`;
  const committed =
    record === undefined ? "no record of it was committed" : `its record was committed ${when(record)}`;
  const place = `attempt ${attempts} ${came}, ${kept}, and ${committed}`;
  return { place, evidence: [attempt, reservation, record].filter((event) => event !== undefined) };
}
