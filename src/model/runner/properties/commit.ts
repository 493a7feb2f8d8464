/**
 * What one event does to a saga, and when it is acknowledged: N1, N5, N6, N7, N9.
 *
 * Not verified: that a program does what its author meant.
 */
import type { HistoryEvent } from "seedstorm";
import { type Property, when, where } from "seedstorm/check";
import { HEADERS } from "../envelope.js";
import { type DedupeRecord, type OutboxItem, workIdOf } from "../records.js";
import { addressOf } from "../subjects.js";
import { byTransaction } from "./by-transaction.js";
import { asEffect, asOutbox, asSaga, instanceKey, instanceText, type Row, runnerState } from "./state.js";

export const ackAfterCommit: Property = {
  id: "ack-after-commit",
  alias: "N1",
  kind: "always",
  sentence:
    "A message is acked only after what it asked for is durable, or is known to come again by another message.",
  subscribes: ["durable", "publish-ack", "state", "ack"],
  start(context) {
    const state = context.view(runnerState);
    /** Markers by saga and place in a stream. */
    const processed = new Set<string>();
    const quarantined = new Set<string>();
    return {
      subscribes: ["durable", "ack"],
      on(event) {
        for (const { value } of event.kind === "durable" ? state.markers : []) {
          const { saga, stream, sequence, eventId, tenant } = value;
          processed.add(`${saga} ${stream}/${sequence}`);
          processed.add(`${saga} ${tenant} ${eventId}`);
        }
        for (const { after } of event.kind === "durable" ? state.changes : []) {
          if (after?.key.startsWith("quarantine:") === true) {
            const { stream, sequence } = after.value as {
              readonly stream: string;
              readonly sequence: number;
            };
            quarantined.add(`${stream}/${sequence}`);
          }
        }
        if (event.kind !== "ack") return;
        const place = `${event.stream}/${event.sequence}`;
        const message = state.acquired.get(place);
        const { streams } = state.settings;
        const isOurs = Object.values(streams).includes(event.stream);
        if (!isOurs || quarantined.has(place)) return;
        if (message === undefined) {
          context.violated(place, `${place} was acked ${where(event)}, and nobody had taken it on.`, [event]);
          return;
        }
        if (event.stream === streams.commands) judgeCommand(event, place);
        else if (event.stream === streams.events || event.stream === streams.facts) judgeEvent(event, place);
      },
    };

    function judgeEvent(event: HistoryEvent & { readonly stream: string }, place: string): void {
      const message = state.acquired.get(place);
      const { type, eventId } = (message?.data ?? {}) as {
        readonly type?: string;
        readonly eventId?: string;
      };
      const tenant = addressOf(message?.subject ?? "")?.tenant ?? "";
      if (type === undefined) return;
      for (const saga of state.triggered(event.stream, type)) {
        context.checked();
        if (processed.has(`${saga} ${place}`) || processed.has(`${saga} ${tenant} ${eventId}`)) continue;
        context.violated(
          place,
          `${place} (${type}, event ${eventId}) was acked ${where(event)}, and ${saga} has not processed it.`,
          message === undefined ? [event] : [message.event, event],
        );
      }
    }

    function judgeCommand(event: HistoryEvent, place: string): void {
      const message = state.acquired.get(place);
      const { commandId } = (message?.data ?? {}) as { readonly commandId?: string };
      const tenant = addressOf(message?.subject ?? "")?.tenant ?? "";
      if (message === undefined || commandId === undefined) return;
      const round = Number(message.headers[HEADERS.round] ?? "1");
      const gate = effectOf(state.rows.values(), tenant, commandId);
      context.checked();
      const phase = gate?.value.phase;
      const isLater = gate !== undefined && gate.value.round > round;
      if (isLater || phase === "waiting") return;
      const isPublished = state.published.has(`${state.settings.streams.facts} ${commandId}/result`);
      if (phase === "done" && isPublished) return;
      const found =
        phase === undefined
          ? "nothing of it is durable"
          : phase === "done"
            ? "its result is not published"
            : `it is still ${phase}`;
      context.violated(
        place,
        `The command ${commandId} of tenant "${tenant}" (${place}) was acked ${where(event)}, and ${found}.`,
        gate === undefined ? [message.event, event] : [message.event, gate.event, event],
      );
    }
  },
};

function effectOf(rows: Iterable<Row>, tenant: string, commandId: string) {
  for (const row of rows) {
    const effect = asEffect(row);
    if (
      effect !== undefined &&
      row.key.endsWith(`:${commandId}`) &&
      row.key.includes(`:${encodeURIComponent(tenant)}:`)
    )
      return effect;
  }
  return undefined;
}

export const wholeTransition = byTransaction(
  {
    id: "whole-transition",
    alias: "N5",
    kind: "always",
    sentence: "A saga's state, its work and the marker of the event that moved it become durable together.",
  },
  (state, context) => {
    return {
      on(event) {
        const items = state.made<OutboxItem>("outbox");
        for (const change of state.changes) {
          if (change.namespace !== "saga" || change.after === undefined) continue;
          const after = asSaga(change.after);
          if (after === undefined) continue;
          const name = instanceText(after.value);
          const emitted = after.value.emitted - (asSaga(change.before)?.value.emitted ?? 0);
          const own = items.filter(
            ({ value }) =>
              value.saga === after.value.saga &&
              value.tenant === after.value.tenant &&
              value.metadata.correlationId === after.value.correlation,
          );
          context.checked();
          if (!state.markers.some(({ value }) => instanceKey(value) === instanceKey(after.value))) {
            context.violated(name, `${name} was moved ${when(event)} without the marker of an event.`, [
              event,
            ]);
          } else if (own.length !== emitted) {
            context.violated(
              name,
              `${name} was moved ${when(event)} with ${emitted} pieces of work to do, and ${own.length} of them are in the outbox.`,
              [event],
            );
          }
        }
      },
    };
  },
);

export const oneTransition = byTransaction(
  {
    id: "one-transition-per-event",
    alias: "N6",
    kind: "always",
    sentence: "An event moves an instance of a saga at most once.",
  },
  (state, context) => {
    const moved = new Map<string, Row<DedupeRecord>>();
    return {
      on() {
        for (const marker of state.markers) {
          const { tenant, saga, eventId } = marker.value;
          const key = JSON.stringify([tenant, saga, eventId]);
          const first = moved.get(key);
          context.checked();
          if (first === undefined) moved.set(key, marker);
          else {
            context.violated(
              key,
              `Event ${eventId} moved ${instanceText(marker.value)} twice: ${when(first.event)} by ${first.value.node} and ${when(marker.event)} by ${marker.value.node}.`,
              [first.event, marker.event],
            );
          }
        }
      },
    };
  },
);

export const checkpointsAdvance = byTransaction(
  {
    id: "checkpoints-advance",
    alias: "N7",
    kind: "always",
    sentence: "A checkpoint never goes back, unless an operator resets it.",
  },
  (state, context) => {
    return {
      on(event) {
        const isReset = state.changes.some(({ namespace }) => namespace === "replay");
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace !== "checkpoint" || before === undefined) continue;
          context.checked();
          const to = Number(after?.value ?? 0);
          if (isReset || to >= Number(before.value)) continue;
          context.violated(
            key,
            `${key} went back from ${Number(before.value)} to ${to} ${where(event)}, and nobody had reset it.`,
            [before.event, event],
          );
        }
      },
    };
  },
);

export const deterministicTransitions = byTransaction(
  {
    id: "deterministic-transitions",
    alias: "N9",
    kind: "always",
    sentence: "The same state and event give the same output, and work has the id that its event gives it.",
  },
  (state, context) => {
    const outputs = new Map<string, Row<DedupeRecord>>();
    return {
      on() {
        for (const marker of state.markers) {
          const { saga, input, output } = marker.value;
          const key = `${saga} ${input}`;
          const first = outputs.get(key);
          context.checked();
          if (first === undefined) outputs.set(key, marker);
          else if (first.value.output !== output) {
            context.violated(
              key,
              `${saga} made two things of one state and event: ${first.value.output} ${when(first.event)} and ${output} ${when(marker.event)}.`,
              [first.event, marker.event],
            );
          }
          judgeIds(marker);
        }
      },
    };

    function judgeIds(marker: Row<DedupeRecord>): void {
      const { tenant, saga, eventId } = marker.value;
      const items = state.changes
        .flatMap(({ after }) => (after?.key.startsWith("outbox:") === true ? (asOutbox(after) ?? []) : []))
        .filter(({ value }) => value.saga === saga && value.tenant === tenant && value.eventId === eventId)
        .sort((a, b) => a.value.ordinal - b.value.ordinal);
      items.forEach(({ value, event }, index) => {
        const expected = workIdOf(tenant, saga, eventId, index);
        context.checked();
        if (value.workId === expected) return;
        context.violated(
          eventId,
          `The work that event ${eventId} gave ${instanceText(marker.value)} has the id ${value.workId} ${when(event)}, and a second run would give it ${expected}.`,
          [event],
        );
      });
    }
  },
);
