/**
 * What sagas have emitted and where it goes: N2, N10, N14, N15, and that a saga learns what was given up.
 */
import type { HistoryEvent } from "seedstorm";
import { ensure, fields, type Property, text, time, when, where } from "seedstorm/check";
import { keyOf } from "../../storage/keys.js";
import { HEADERS } from "../envelope.js";
import type { DedupeRecord, OutboxItem } from "../records.js";
import { byTransaction } from "./by-transaction.js";
import {
  type Acquired,
  asOutbox,
  instanceKey,
  instanceText,
  type Row,
  type RunnerState,
  runnerState,
} from "./state.js";

/** What confirms an item: the gateway's answer, or the broker's ack. */
function confirmationOf(state: RunnerState, item: OutboxItem): HistoryEvent | undefined {
  const { streams } = state.settings;
  switch (item.kind) {
    case "command":
      return state.aggregates.get(keyOf("command", item.tenant, item.workId))?.event;
    case "effect":
      return state.published.get(`${streams.commands} ${item.workId}`);
    case "fact":
      return state.published.get(`${streams.facts} ${item.body.eventId}`);
  }
}

const named = ({ kind, workId, tenant, body }: OutboxItem): string => {
  const what = "command" in body ? body.command : "effect" in body ? body.effect : body.type;
  return `The ${kind} ${what} (${workId}) of tenant "${tenant}"`;
};

export const outboxUntilConfirmed = byTransaction(
  {
    id: "outbox-until-confirmed",
    alias: "N2",
    kind: "always",
    sentence:
      "An outbox item is deleted only when its target has confirmed it, or as a dead letter with an event for its saga.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const { namespace, before, after } of state.changes) {
          const item = namespace === "outbox" && after === undefined ? asOutbox(before) : undefined;
          if (item === undefined) continue;
          const { value } = item;
          context.checked();
          const isDead = state.changes.some((each) => each.namespace === "deadletter");
          const isNotified = state.changes.some(
            (each) => each.namespace === "outbox" && each.after !== undefined,
          );
          if (isDead && !isNotified) {
            context.violated(
              value.workId,
              `${named(value)} became a dead letter ${where(event)}, and its saga got no event.`,
              [item.event, event],
            );
          }
          if (isDead || confirmationOf(state, value) !== undefined) continue;
          context.violated(
            value.workId,
            `${named(value)} was deleted ${where(event)}, and nobody had confirmed it.`,
            [item.event, event],
          );
        }
      },
    };
  },
);

export const deliveredOnce: Property = {
  id: "work-delivered-once",
  alias: "N10",
  kind: "always",
  sentence: "Committed work takes effect at its target at most once, and is stored once in its stream.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const answers = new Map<string, HistoryEvent>();
    /** Where messages stand in their streams, by what they are about. */
    const places = new Map<string, Acquired>();
    return {
      on(event) {
        for (const { namespace, key, after } of state.gatewayChanges) {
          if (namespace !== "command" || after === undefined) continue;
          const first = answers.get(key);
          context.checked();
          if (first === undefined) answers.set(key, event);
          else {
            context.violated(key, `${key} was carried out twice: ${when(first)} and ${when(event)}.`, [
              first,
              event,
            ]);
          }
        }
        if (event.kind === "state" && state.acquires !== undefined) judgeStored(state.acquires);
        if (event.kind !== "publish-ack" || event.key === "") return;
        const first = state.published.get(`${event.stream} ${event.key}`);
        if (first === undefined) return;
        context.checked();
        if (first.sequence === event.sequence) return;
        context.violated(
          event.key,
          `Message ${event.key} is stored twice in ${event.stream}: as ${first.sequence} ${when(first)} and as ${event.sequence} ${when(event)}.`,
          [first, event],
        );
      },
    };

    function judgeStored(message: Acquired): void {
      const data = fields(message.data);
      const about = text(data, "eventId") || text(data, "commandId");
      if (about === "") return;
      const id = `${message.stream} ${about} ${message.headers[HEADERS.round] ?? ""}`;
      const first = places.get(id);
      if (first === undefined) places.set(id, message);
      else if (first.sequence !== message.sequence) {
        context.violated(
          about,
          `${about} is stored twice in ${message.stream}: as ${first.sequence}, taken on ${when(first.event)}, and as ${message.sequence}, ${when(message.event)}.`,
          [first.event, message.event],
        );
      }
    }
  },
};

export const workArrives = byTransaction(
  {
    id: "work-arrives",
    kind: "eventually",
    sentence: "Committed work has reached its target when the quiet period is over, or is a dead letter.",
  },
  (state, context) => {
    const items = new Map<string, Row<OutboxItem>>();
    return {
      on() {
        for (const item of state.made<OutboxItem>("outbox")) items.set(item.value.workId, item);
      },
      end(at) {
        for (const { value, event } of items.values()) {
          context.checked();
          const isDead = state.rows.has(keyOf("deadletter", value.tenant, value.kind, value.workId));
          if (isDead || confirmationOf(state, value) !== undefined) continue;
          context.violated(
            value.workId,
            `${named(value)}, emitted ${when(event)}, has not reached its target by ${time(at)}.`,
            [event],
          );
        }
      },
    };
  },
);

export const ordered = byTransaction(
  {
    id: "in-stream-order",
    alias: "N14",
    kind: "always",
    sentence:
      "An instance's events are processed in the order of their stream, and its commands for one aggregate carried out in the order in which it emitted them.",
  },
  (state, context) => {
    const last = new Map<string, Row<DedupeRecord>>();
    const ordinals = new Map<string, { readonly item: OutboxItem; readonly event: HistoryEvent }>();
    const items = new Map<string, OutboxItem>();
    return {
      on(event) {
        for (const { value } of state.made<OutboxItem>("outbox")) {
          if (value.kind === "command") items.set(keyOf("command", value.tenant, value.workId), value);
        }
        for (const marker of state.markers) judgeEvent(marker);
        for (const { key, namespace, after } of state.gatewayChanges) {
          const item = namespace === "command" && after !== undefined ? items.get(key) : undefined;
          if (item !== undefined) judgeCommand(item, event);
        }
      },
    };

    function judgeEvent(marker: Row<DedupeRecord>): void {
      const { value } = marker;
      if (value.by === "replay" || !state.settings.consumers.perKeyOrder) return;
      const key = `${instanceKey(value)} ${value.stream}`;
      const before = last.get(key);
      last.set(key, marker);
      context.checked();
      if (before === undefined || before.value.sequence < value.sequence) return;
      context.violated(
        key,
        `${instanceText(value)} processed ${value.stream}/${value.sequence} ${when(marker.event)} after ${before.value.sequence} ${when(before.event)}.`,
        [before.event, marker.event],
      );
    }

    function judgeCommand(item: OutboxItem, event: HistoryEvent): void {
      if (item.kind !== "command") return;
      const { tenant, saga, metadata, body, ordinal } = item;
      const key = JSON.stringify([tenant, saga, metadata.correlationId, body.aggregate, body.id]);
      const before = ordinals.get(key);
      ordinals.set(key, { item, event });
      context.checked();
      if (before === undefined || before.item.ordinal < ordinal) return;
      context.violated(
        key,
        `${named(item)} was carried out ${when(event)}, after what was emitted later: ${named(before.item)} ${when(before.event)}.`,
        [before.event, event],
      );
    }
  },
);

export const outboxDrains = byTransaction(
  {
    id: "outbox-drains",
    alias: "N15",
    kind: "eventually",
    sentence: "No outbox item is left when the quiet period is over.",
  },
  (state, context) => {
    const since = new Map<string, HistoryEvent>();
    return {
      on(event) {
        for (const { key } of state.made("outbox")) since.set(key, event);
      },
      end(at) {
        context.checked();
        for (const { key, value, event } of state.in<OutboxItem>("outbox")) {
          const first = ensure(since, key, () => event);
          // what was emitted in the last moments has not had its time
          if (at - first.at < GRACE) continue;
          context.violated(
            key,
            `${named(value)} has been in the outbox since ${time(first.at)}, and still is at ${time(at)}.`,
            [first],
          );
        }
      },
    };
  },
);

/** Time that work may take while nothing is wrong. */
const GRACE = 5_000_000;
