/**
 * What is recorded as done was done, as recorded. A completed effect is compared with the payment service's own ledger (that
 * it applied a capture of this order, with this outcome, before) and with what the shop asked for (amount and
 * currency). Not verified: that a capture which was applied is ever recorded; `every-record-is-acked` asks for that.
 */
import type { EventOf } from "seedstorm";
import { ensure, fields, type Property, text, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { PAYMENTS } from "../payments.js";
import type { KeyChange } from "./changes.js";
import { pipelineState } from "./state.js";

const EFFECT = "effect:";

const noEvents = <K extends "external" | "client">(): EventOf<K>[] => [];

export const effectsAreAsRecorded: Property = {
  id: "effects-are-as-recorded",
  alias: "G18",
  kind: "always",
  sentence:
    "A completed effect says what the payment service applied: a capture of that order, with that outcome, of the amount and currency that its shop asked for.",
  subscribes: ["durable", "external", "client"],
  start(context) {
    const state = context.view(pipelineState);
    /** Captures that the service applied, by order. */
    const captures = new Map<string, EventOf<"external">[]>();
    /** What shops asked for, by idempotency key. */
    const asked = new Map<string, EventOf<"client">[]>();

    function completed(change: KeyChange, event: DurableEvent): void {
      const order = change.key.slice(EFFECT.length);
      const status = text(change.value, "status");
      context.checked();
      const own = captures.get(order) ?? [];
      const capture = own.find(({ value }) => text(value, "status") === status);
      if (capture === undefined) {
        const found = own.map((one) => `${text(one.value, "status")} ${when(one)}`);
        context.violated(
          order,
          `${order} was recorded as ${status} ${where(event)}, but the payment service had applied ${found.length === 0 ? "no capture of it" : found.join(", ")}.`,
          [...own, event],
        );
        return;
      }
      const record = state.records.get(whole(change.value, "offset") ?? -1);
      const calls = record === undefined ? [] : (asked.get(record.key) ?? []);
      if (record === undefined || calls.length === 0 || calls.some((call) => sameMoney(call, capture)))
        return;
      context.violated(
        order,
        `${order} was ${status} ${when(capture)} for ${moneyOf(capture)}, which no delivery of ${record.key} asked for; its first, ${calls[0] === undefined ? "" : `${when(calls[0])}, asked for ${moneyOf(calls[0])}`}.`,
        [...calls.slice(0, 1), capture, event],
      );
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "key" && change.state === "completed" && change.key.startsWith(EFFECT))
          completed(change, event);
      }
    });
    return {
      subscribes: ["external", "client"],
      on(event) {
        if (event.kind === "external") {
          if (event.phase !== "applied" || event.service !== PAYMENTS || event.operation !== "capture")
            return;
          ensure(captures, text(event.value, "orderId"), noEvents<"external">).push(event);
        } else if (event.kind === "client" && event.operation === "accept" && event.phase === "call") {
          ensure(asked, event.key, noEvents<"client">).push(event);
        }
      },
    };
  },
};

function sameMoney(a: EventOf<"client">, b: EventOf<"external">): boolean {
  return (
    whole(a.value, "cents") === whole(b.value, "cents") &&
    text(a.value, "currency") === text(b.value, "currency")
  );
}

function moneyOf({ value }: EventOf<"client" | "external">): string {
  return `${String(fields(value)?.cents)} ${text(value, "currency")}`;
}
