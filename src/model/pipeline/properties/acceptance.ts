/**
 * What a shop may rely on once its webhook was answered: G1, G2 and G3.
 *
 * The evidence is what clients were told, what replicas applied and what auditors read back. An order counts as
 * committed from the first replica that applied it. Not verified: the inside of snapshots, and that a record stays
 * readable while nobody reads it. With the knob `acknowledgement` at `local-fast-path` answers come before commits
 * by design: G3 then judges nothing, and G1 judges at the end of the run what came of them.
 */
import type { EventOf, Plan } from "seedstorm";
import { type Property, short, text, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { samePayload } from "./causes.js";
import type { KeyChange } from "./changes.js";
import { pipelineState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** Keys of the idempotency store under which webhooks are accepted. */
const ACCEPTANCE = "accept:";

/** Whether this plan chose to be answered before anything commits. */
export const isFastPath = (plan: Plan): boolean => plan.knobs.acknowledgement === "local-fast-path";

const acceptedEarlier = (key: string, event: ClientEvent, offset: number): string =>
  `${key} was accepted at offset ${offset} ${when(event)}`;

export const acceptedOrdersStayReadable: Property = {
  id: "accepted-orders-stay-readable",
  alias: "G1",
  kind: "always",
  sentence: "An accepted order stays readable from committed state at the offset that its shop was given.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(pipelineState);
    const accepted = new Map<number, ClientEvent>();
    /** Reads that are under way: by request, their calls. */
    const reading = new Map<string, ClientEvent>();

    function accept(event: ClientEvent, offset: number): void {
      context.checked();
      const record = state.records.get(offset);
      if (record !== undefined && record.key !== event.key) {
        context.violated(
          event.key,
          `${acceptedEarlier(event.key, event, offset)}, but ${record.key} was committed there ${where(record.event)}.`,
          [record.event, event],
        );
      }
      if (!accepted.has(offset)) accepted.set(offset, event);
    }

    function applied(event: DurableEvent): void {
      for (const change of [...state.changes, ...state.conflicts]) {
        if (change.of !== "record") continue;
        const promise = accepted.get(change.offset);
        if (promise === undefined) continue;
        context.checked();
        if (change.key === promise.key) continue;
        const now = change.key === "" ? "the record was taken away" : `${change.key} was applied there`;
        context.violated(
          promise.key,
          `${acceptedEarlier(promise.key, promise, change.offset)}, but ${where(event)} ${now}.`,
          [promise, event],
        );
      }
    }

    function read(event: ClientEvent, call: ClientEvent | undefined): void {
      const offset = Number(event.key.slice(event.key.lastIndexOf("/") + 1));
      const promise = accepted.get(offset);
      // A read that was under way before the answer may rightly have missed the record.
      if (promise === undefined || call === undefined || call.id < promise.id) return;
      context.checked();
      const key = text(event.value, "key");
      const record = state.records.get(offset);
      const sha256 = text(event.value, "sha256");
      if (key !== promise.key) {
        const found = key === "" ? "found nothing there" : `found ${key} there`;
        context.violated(
          promise.key,
          `${acceptedEarlier(promise.key, promise, offset)}, but a read ${where(event)} ${found}.`,
          [promise, call, event],
        );
      } else if (record !== undefined && sha256 !== "" && record.sha256 !== sha256) {
        context.violated(
          promise.key,
          `${acceptedEarlier(promise.key, promise, offset)} with content ${short(record.sha256)}, but a read ${where(event)} found content ${short(sha256)}.`,
          [record.event, promise, call, event],
        );
      }
    }

    state.listen(applied);
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind === "client" && event.operation === "accept") {
          const offset = event.phase === "ok" ? whole(event.value, "offset") : undefined;
          if (offset !== undefined) accept(event, offset);
        } else if (event.kind === "client" && event.operation === "read") {
          if (event.phase === "call") {
            reading.set(event.requestId, event);
            return;
          }
          if (event.phase === "ok") read(event, reading.get(event.requestId));
          reading.delete(event.requestId);
        }
      },
      end() {
        for (const [offset, event] of accepted) {
          if (state.records.has(offset)) continue;
          context.violated(
            event.key,
            `${acceptedEarlier(event.key, event, offset)}, but no replica ever committed that offset.`,
            [event],
          );
        }
      },
    };
  },
};

export const oneRecordPerKey: Property = {
  id: "one-record-per-key",
  alias: "G2",
  kind: "always",
  sentence:
    "An idempotency key has at most one committed record, every success for it returns the same offset, and another payload under it is refused.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(pipelineState);
    const recordOf = new Map<string, { readonly offset: number; readonly event: DurableEvent }>();
    const answerOf = new Map<string, { readonly offset: number | undefined; readonly event: ClientEvent }>();
    const calls = new Map<string, ClientEvent>();
    const payloadOf = new Map<string, ClientEvent>();

    function committed(event: DurableEvent): void {
      for (const change of state.changes) {
        if (change.of !== "record" || change.key === "") continue;
        context.checked();
        const first = recordOf.get(change.key);
        if (first === undefined) recordOf.set(change.key, { offset: change.offset, event });
        else if (first.offset !== change.offset) {
          context.violated(
            change.key,
            `${change.key} was committed twice: at offset ${first.offset} ${when(first.event)} and at offset ${change.offset} ${when(event)}.`,
            [first.event, event],
          );
        }
      }
    }

    function answered(event: ClientEvent): void {
      const offset = whole(event.value, "offset");
      const first = answerOf.get(event.key);
      context.checked();
      if (first === undefined) answerOf.set(event.key, { offset, event });
      else if (first.offset !== offset) {
        context.violated(
          event.key,
          `${event.key} was answered with offset ${first.offset} ${when(first.event)} and with offset ${offset} ${when(event)}.`,
          [first.event, event],
        );
      }
      const call = calls.get(event.requestId);
      if (call === undefined) return;
      const accepted = payloadOf.get(event.key);
      if (accepted === undefined) payloadOf.set(event.key, call);
      else if (!samePayload(accepted.value, call.value)) {
        context.violated(
          event.key,
          `${event.key} was accepted with one payload (asked ${when(accepted)}) and then with another (asked ${when(call)}, answered ${when(event)}): it should have been refused as a conflict.`,
          [accepted, call, event],
        );
      }
    }

    state.listen(committed);
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind === "client" && event.operation === "accept") {
          if (event.phase === "call") {
            calls.set(event.requestId, event);
            return;
          }
          if (event.phase === "ok") answered(event);
          calls.delete(event.requestId);
        }
      },
    };
  },
};

export const noAnswerBeforeCommit: Property = {
  id: "no-answer-before-commit",
  alias: "G3",
  kind: "always",
  sentence:
    "A webhook's key is reserved, then its record commits, then the key completes, and only then is success answered.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(pipelineState);
    const reserved = new Set<string>();
    const recorded = new Set<string>();
    const completed = new Set<string>();

    function keyChanged(change: KeyChange, key: string, event: DurableEvent): void {
      if (change.state === "in-progress") reserved.add(key);
      if (change.state !== "completed" || completed.has(key)) return;
      context.checked();
      completed.add(key);
      if (!reserved.has(key)) {
        context.violated(key, `${key} was completed ${where(event)} without ever having been reserved.`, [
          event,
        ]);
      } else if (!recorded.has(key)) {
        context.violated(key, `${key} was completed ${where(event)} before any record of it was committed.`, [
          event,
        ]);
      }
    }

    function recordCommitted(key: string, event: DurableEvent): void {
      if (key === "" || recorded.has(key)) return;
      context.checked();
      recorded.add(key);
      if (reserved.has(key)) return;
      context.violated(
        key,
        `The record of ${key} was committed ${where(event)} before its key was reserved.`,
        [event],
      );
    }

    if (isFastPath(context.plan)) return {};
    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "record") recordCommitted(change.key, event);
        else if (change.of === "key" && change.key.startsWith(ACCEPTANCE)) {
          keyChanged(change, change.key.slice(ACCEPTANCE.length), event);
        }
      }
    });
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client" || event.phase !== "ok" || event.operation !== "accept") return;
        context.checked();
        if (completed.has(event.key)) return;
        context.violated(
          event.key,
          `${event.key} was answered with success ${where(event)} before its key was completed.`,
          [event],
        );
      },
    };
  },
};
