/**
 * Survivors are owed liveness: while a minority of hosts is gone for good, or two settings stay in use, and nothing else is wrong, each
 * webhook is answered and each record is done in a bounded time. It is judged from soon after the loss on, long before the heal.
 *
 * Not verified: how many attempts it takes, for who is lost may be asked first; orders that can't be
 * charged; and those for which no living worker is allowed.
 */
import { domainName, type EventOf, type Micros, SECOND, settingsOf } from "seedstorm";
import { nothingWrongBut, onlyLossesFrom, type Property, text, time, when } from "seedstorm/check";
import { PIPELINE_DEFAULTS } from "../knobs.js";
import { UNCHARGEABLE } from "../payments.js";
import { allows } from "./delivery.js";
import { pipelineState } from "./state.js";
import { whereaboutsOfRecord } from "./whereabouts.js";

/** Elections, and deadlines of the lost that run out. */
const NOTICED: Micros = 12 * SECOND;
/** From one gateway to the next, when the one that was asked first has not answered in a shop's time. */
const ASKED_AGAIN: Micros = 4 * SECOND;
/** Beside deliveries to workers that do not listen any more, which run out first. */
const WORKED_ON: Micros = 8 * SECOND;

export const survivorsAreServed: Property = {
  id: "survivors-are-served",
  kind: "eventually",
  sentence:
    "While a minority is lost for good and nothing else is wrong, each webhook gets a definite answer and each record is done, in a bounded time.",
  subscribes: ["client", "durable", "host", "operator"],
  start(context) {
    const { plan } = context;
    const losses = onlyLossesFrom(plan);
    if (losses === undefined) return {};
    const from = losses + NOTICED;
    const { webhookTimeout, visibility } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const answeredWithin = webhookTimeout + ASKED_AGAIN;
    const doneWithin = visibility + WORKED_ON;
    const state = context.view(pipelineState);
    const lost = new Set<string>();
    const asked = new Map<string, EventOf<"client">>();
    const known = new Set<string>();
    /** Orders that no payment service can charge: they are given back, for longer and longer, until they are dead letters. */
    const unpayable = new Set<string>();
    let interfered = false;
    let last = -1;
    state.listen((event) => {
      last = event.id;
    });

    function answered(call: EventOf<"client">, at: Micros): void {
      context.checked();
      if (at - call.at <= answeredWithin) return;
      context.violated(
        call.key,
        `Webhook ${call.key} was sent ${when(call)}, ${nothingWrongBut(losses ?? 0, lost)}, and had no definite answer by ${time(call.at + answeredWithin)}.`,
        [call],
      );
    }

    function isServed(placement: readonly string[]): boolean {
      return plan.topology.some(
        ({ id, role, domain }) => role === "worker" && !lost.has(id) && allows(placement, domainName(domain)),
      );
    }

    return {
      subscribes: ["client", "host", "operator"],
      on(event) {
        if (event.kind === "operator") interfered = true;
        else if (event.kind === "host") {
          if (event.phase === "gone") lost.add(event.host);
        } else if (event.kind === "client" && event.operation === "accept") {
          const { key, phase } = event;
          if (phase === "call") {
            if (event.at >= from && !known.has(key)) asked.set(key, event);
            known.add(key);
            if (text(event.value, "currency") === UNCHARGEABLE) unpayable.add(key);
          } else if (phase === "ok" || phase === "fail") {
            const call = asked.get(key);
            asked.delete(key);
            if (call !== undefined && !interfered) answered(call, event.at);
          }
        }
      },
      end(at) {
        if (interfered) return;
        for (const call of asked.values()) if (at - call.at > answeredWithin) answered(call, at);
        for (const [group, { placement, acked, dead }] of state.groups) {
          if (!isServed(placement)) continue;
          for (const { offset, key, orderId, event } of state.records.values()) {
            if (event.at < from || unpayable.has(key) || at - event.at <= doneWithin) continue;
            const done = acked.get(offset) ?? dead.get(offset);
            context.checked();
            if (done !== undefined && done.at - event.at <= doneWithin) continue;
            context.violated(
              `${group}/${offset}`,
              `${orderId} was committed at offset ${offset} ${when(event)}, ${nothingWrongBut(losses, lost)}, and ${done === undefined ? `is not done at ${time(at)}: ${whereaboutsOfRecord(context, last, group, offset).place}` : `was done only ${when(done)}`}.`,
              done === undefined ? [event] : [event, done],
            );
          }
        }
      },
    };
  },
};
