/**
 * Nothing is left lying: G6 for records, G14 for webhooks.
 *
 * Both are judged when the run is over, for what happened early enough: from `healAt` on no fault is active, and
 * whatever was there by the middle of the quiet period must be settled by its end. Not verified: what is younger
 * than that; what a worker gave back since then, for it is on its way to success or to be a dead letter, by longer
 * and longer pauses; groups that no living worker may serve; and webhooks that their shop gave up on before the
 * quiet period.
 */
import { domainName, type EventOf, type HistoryEvent, type Micros, type Plan, SECOND } from "seedstorm";
import { type Property, text, when, where, whole } from "seedstorm/check";
import { allows } from "./delivery.js";
import { pipelineState } from "./state.js";
import { whereaboutsOfRecord, whereaboutsOfWebhook } from "./whereabouts.js";

/** How long a drain lasts that doesn't say. */
const DRAIN: Micros = 5 * SECOND;
/** The order to drain, on its way. */
const DISPATCH: Micros = SECOND;

/** What an operator's `drain` took out of service, and until when; undefined for anything else. */
export function drainOf(event: HistoryEvent): { readonly host: string; readonly until: Micros } | undefined {
  if (event.kind !== "operator" || event.operation !== "drain") return undefined;
  const until = event.at + DISPATCH + (whole(event.detail, "for") ?? DRAIN);
  return { host: text(event.detail, "host"), until };
}

/** Domains of the workers, by host. */
function workersOf(plan: Plan): Map<string, string> {
  const workers = new Map<string, string>();
  for (const host of plan.topology) if (host.role === "worker") workers.set(host.id, domainName(host.domain));
  return workers;
}

export const everyRecordIsAcked: Property = {
  id: "every-record-is-acked",
  alias: "G6",
  kind: "eventually",
  sentence:
    "Every committed record is acked or a dead letter in the end, in each group that an allowed worker can serve.",
  subscribes: ["durable", "operator", "nack", "ack"],
  start(context) {
    const state = context.view(pipelineState);
    /** When a worker last gave a record back, to be tried again after a pause. */
    const givenBack = new Map<string, Micros>();
    const workers = workersOf(context.plan);
    const drainedUntil = new Map<string, Micros>();
    let last = -1;
    state.listen((event) => {
      last = event.id;
    });
    return {
      subscribes: ["operator", "nack", "ack"],
      on(event) {
        last = event.id;
        if (event.kind === "nack") givenBack.set(`${event.group}/${event.sequence}`, event.at);
        const drain = drainOf(event);
        if (drain !== undefined) drainedUntil.set(drain.host, drain.until);
      },
      end(at) {
        const youngest = at - Math.floor(Math.max(0, at - context.plan.healAt) / 2);
        const [first] = state.records.values();
        const isOwedGroup =
          workers.size > 0 && context.plan.topology.some(({ role }) => role === "maintenance");
        if (first !== undefined && first.event.at <= youngest && state.groups.size === 0 && isOwedGroup) {
          context.checked();
          context.violated(
            "group",
            `${first.orderId === "" ? first.key : first.orderId} was committed at offset ${first.offset} ${when(first.event)}, and no consumer group was ever created to work on it.`,
            [first.event],
          );
        }
        for (const [group, { placement, acked, dead }] of state.groups) {
          const served = [...workers].some(
            ([host, domain]) => allows(placement, domain) && (drainedUntil.get(host) ?? 0) <= youngest,
          );
          if (!served) continue;
          for (const record of state.records.values()) {
            if (record.event.at > youngest) continue;
            if ((givenBack.get(`${group}/${record.offset}`) ?? 0) > youngest) continue;
            context.checked();
            if (acked.has(record.offset) || dead.has(record.offset)) continue;
            const { place, evidence } = whereaboutsOfRecord(context, last, group, record.offset);
            context.violated(
              `${group}/${record.offset}`,
              `${record.orderId === "" ? record.key : record.orderId} was committed at offset ${record.offset} ${when(record.event)}, but ${group} never acked it and it is no dead letter: ${place}.`,
              [record.event, ...evidence],
            );
          }
        }
      },
    };
  },
};

export const everyWebhookIsAnswered: Property = {
  id: "every-webhook-is-answered",
  alias: "G14",
  kind: "eventually",
  sentence: "Every webhook that a shop still asks about in the quiet period gets a definite answer.",
  subscribes: ["client"],
  start(context) {
    const { healAt, duration } = context.plan;
    const quiet = Math.max(0, duration - healAt);
    const settled = healAt + Math.floor(quiet / 4);
    const latest = duration - Math.floor(quiet / 4);
    const answered = new Set<string>();
    /** By key: the first attempt of a time when the system should be well again. */
    const asked = new Map<string, EventOf<"client">>();
    let last = -1;
    return {
      on(event) {
        last = event.id;
        if (event.kind !== "client" || event.operation !== "accept") return;
        if (event.phase === "ok" || event.phase === "fail") answered.add(event.key);
        else if (
          event.phase === "call" &&
          event.at >= settled &&
          event.at <= latest &&
          !asked.has(event.key)
        ) {
          asked.set(event.key, event);
        }
      },
      end() {
        for (const [key, event] of asked) {
          context.checked();
          if (answered.has(key)) continue;
          const { place, evidence } = whereaboutsOfWebhook(context, last, key);
          context.violated(
            key,
            `Webhook ${key} was sent ${where(event)}, with no fault active, and never got a definite answer: ${place}.`,
            [event, ...evidence],
          );
        }
      },
    };
  },
};
