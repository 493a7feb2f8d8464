/**
 * A definite "no" has its cause: in the request, or in what was asked before under the same key. A refused webhook is compared
 * with what the shop sent, by a reading of its own; a dead letter with how often it was delivered and what its worker was
 * refused. Not verified: whether an answer that shops take for "ask again" was needed.
 */
import type { EventOf, Json } from "seedstorm";
import { ensure, fields, type Property, same, text, when, where } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { UNCHARGEABLE } from "../payments.js";
import type { CommittedRecord } from "./state.js";
import { pipelineState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** What was asked under one key, and what came of it. */
interface Asked {
  readonly calls: ClientEvent[];
  readonly refused: ClientEvent[];
}

const nothingAsked = (): Asked => ({ calls: [], refused: [] });

export const refusalsHaveCauses: Property = {
  id: "refusals-have-causes",
  alias: "G19",
  kind: "always",
  sentence:
    "A webhook is refused only for what is wrong with it or for another payload under its key, and nothing of it commits afterwards.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(pipelineState);
    const byKey = new Map<string, Asked>();
    const byRequest = new Map<string, ClientEvent>();
    const limit = Number(context.plan.knobs.payloadLimit);

    function refused(event: ClientEvent): void {
      const call = byRequest.get(event.requestId);
      if (call === undefined) return;
      const asked = ensure(byKey, event.key, nothingAsked);
      asked.refused.push(event);
      context.checked();
      const reason = text(event.value, "reason");
      const others = asked.calls.filter((one) => !samePayload(one.value, call.value));
      if (hasCause(reason, call.value, limit, others.length > 0)) return;
      const because =
        reason === "conflict" ? "no other payload was ever sent under its key" : "nothing is wrong with it";
      context.violated(event.key, `${event.key} was refused as ${reason} ${where(event)}, but ${because}.`, [
        call,
        event,
      ]);
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of !== "record" || change.key === "") continue;
        const asked = byKey.get(change.key);
        if (asked === undefined) continue;
        context.checked();
        const [first] = asked.refused;
        if (first === undefined || asked.refused.length < asked.calls.length) continue;
        context.violated(
          change.key,
          `Every delivery of ${change.key} had been refused, the first ${when(first)}, but its record was committed at offset ${change.offset} ${where(event)}.`,
          [first, event],
        );
      }
    });
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client" || event.operation !== "accept") return;
        if (event.phase === "call") {
          byRequest.set(event.requestId, event);
          ensure(byKey, event.key, nothingAsked).calls.push(event);
          return;
        }
        if (event.phase === "fail") refused(event);
        byRequest.delete(event.requestId);
      },
    };
  },
};

/** Whether what was sent, or what was sent besides under the same key, explains the refusal. */
function hasCause(reason: string, body: Json, payloadLimit: number, otherPayload: boolean): boolean {
  switch (reason) {
    case "conflict":
      return otherPayload;
    case "oversized":
      return JSON.stringify(body).length > payloadLimit;
    case "unknown-schema":
      return fields(body)?.schemaId !== undefined && text(body, "schemaId") !== "order.v1";
    case "wrong-policy-hash":
      return fields(body)?.policyHash !== undefined;
    case "malformed-order":
      return !isOrder(body);
    default:
      return false;
  }
}

const LONGEST_ID = 128;

function isOrder(body: Json): boolean {
  const order = fields(body);
  if (order === undefined) return false;
  const { deliveryId, orderId, cents, currency, source = "" } = order;
  const isId = (id: Json | undefined) => typeof id === "string" && id !== "" && id.length <= LONGEST_ID;
  return (
    isId(deliveryId) &&
    isId(orderId) &&
    typeof source === "string" &&
    Number.isSafeInteger(cents) &&
    Number(cents) >= 0 &&
    typeof currency === "string" &&
    /^[A-Z]{3}$/.test(currency)
  );
}

/** What makes up an order; a source that is left out is an empty one. */
const PAYLOAD = ["orderId", "cents", "currency", "source"] as const;

export function samePayload(a: Json, b: Json): boolean {
  const left = fields(a);
  const right = fields(b);
  return PAYLOAD.every((name) => same(left?.[name] ?? "", right?.[name] ?? ""));
}

export const deadLettersHaveCauses: Property = {
  id: "dead-letters-have-causes",
  alias: "G20",
  kind: "always",
  sentence:
    "A record becomes a dead letter only after the full count of deliveries, or when the reservation of its effect was refused; in calm weather only when no payment service could ever charge it.",
  subscribes: ["client", "durable", "refusal", "fault", "operator"],
  start(context) {
    const state = context.view(pipelineState);
    const limit = Number(context.plan.knobs.maxDeliver);
    /** The count of the latest delivery, by group and offset. */
    const counts = new Map<string, number>();
    /** Orders whose effect could not be reserved, for good. */
    const refusedEffects = new Set<string>();
    /** Keys of webhooks in a currency that nothing is paid in. */
    const unpayable = new Set<string>();
    let calm = context.plan.knobs.buggify !== true;

    function died(group: string, offset: number, event: DurableEvent): void {
      context.checked();
      const record = state.records.get(offset);
      const count = counts.get(`${group}/${offset}`) ?? 0;
      if (record === undefined) return;
      if (!(count >= limit) && !refusedEffects.has(record.orderId)) {
        context.violated(
          `${group}/${offset}`,
          `${nameOf(record)} became a dead letter ${where(event)} after ${count} of ${limit} deliveries, and nobody had refused its effect.`,
          [record.event, event],
        );
      } else if (calm && !unpayable.has(record.key) && !refusedEffects.has(record.orderId)) {
        context.violated(
          `${group}/${offset}`,
          `${nameOf(record)} became a dead letter ${where(event)}, though nothing had gone wrong and its payment could be charged.`,
          [record.event, event],
        );
      }
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "delivery" && change.live !== undefined)
          counts.set(`${change.group}/${change.offset}`, change.live.count);
        else if (change.of === "dead" && change.dead) died(change.group, change.offset, event);
      }
    });
    return {
      subscribes: ["client", "refusal", "fault", "operator"],
      on(event) {
        if (event.kind === "fault" || event.kind === "operator") calm = false;
        else if (event.kind === "refusal") {
          if (event.operation === "reserve" && event.key.startsWith("effect:"))
            refusedEffects.add(event.key.slice("effect:".length));
        } else if (event.kind === "client" && event.operation === "accept" && event.phase === "call") {
          if (text(event.value, "currency") === UNCHARGEABLE) unpayable.add(event.key);
        }
      },
    };
  },
};

const nameOf = ({ orderId, offset }: CommittedRecord): string => `${orderId} at offset ${offset}`;
