/**
 * What is owed when nothing is wrong: a webhook is answered at the first attempt and soon, a record is done at its first delivery
 * and soon, what is asked of a resource gets a definite answer, and the auditor reads back what was promised.
 *
 * A plan without faults is well from the beginning, any other when a good part of its quiet period is over. Not verified: orders
 * that no payment service could charge, and webhooks that are sent twice at the same time.
 */
import { type EventOf, type Micros, type Plan, SECOND, settingsOf } from "seedstorm";
import { type Property, text, time, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { objectStore } from "../../resources/objects.js";
import { PIPELINE_DEFAULTS } from "../knobs.js";
import { UNCHARGEABLE } from "../payments.js";
import { isFastPath } from "./acceptance.js";
import type { PointerChange } from "./changes.js";
import { allows } from "./delivery.js";
import { pipelineState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** From here on nothing is wrong, and what was is over. */
function wellFrom({ faults, knobs, healAt, duration }: Plan, share: number): Micros {
  const calm = faults.length === 0 && knobs.buggify !== true;
  return calm ? ELECTED : healAt + Math.floor((duration - healAt) * share);
}

/** Whether hosts are lost for good: whoever asks one of them first comes to the others late. */
const losesHosts = ({ faults }: Plan): boolean => faults.some(({ kind }) => kind === "host-loss");

/** The groups have their first leaders, and the consumer group is there. */
const ELECTED: Micros = 4 * SECOND;
/** Three commands, each through the logs of three providers. */
const ANSWERED_WITHIN: Micros = 2 * SECOND;

export const webhooksAreAnsweredAtOnce: Property = {
  id: "webhooks-are-answered-at-once",
  kind: "eventually",
  sentence: "When nothing is wrong a webhook gets a definite answer at its first attempt, and soon.",
  subscribes: ["client", "operator"],
  start(context) {
    const { plan } = context;
    const well = wellFrom(plan, 1 / 2);
    const known = new Set<string>();
    /** By key: what is sent for the first time, until it is answered or sent by somebody else at the same time. */
    const open = new Map<string, ClientEvent>();
    let interfered = losesHosts(plan);

    function judge(call: ClientEvent, event: ClientEvent, at: Micros): void {
      const isDefinite = event.phase === "ok" || event.phase === "fail";
      context.checked();
      if (isDefinite && at - call.at <= ANSWERED_WITHIN) return;
      const found = isDefinite
        ? `was answered only at ${time(at)}`
        : "got no definite answer at its first attempt";
      context.violated(
        call.key,
        `Webhook ${call.key} was sent ${when(call)}, with nothing wrong, and ${found}.`,
        call === event ? [call] : [call, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "operator") {
          interfered = true;
          return;
        }
        if (event.kind !== "client" || event.operation !== "accept") return;
        if (event.phase === "call") {
          if (event.at >= well && !known.has(event.key)) open.set(event.key, event);
          else open.delete(event.key);
          known.add(event.key);
          return;
        }
        const call = open.get(event.key);
        open.delete(event.key);
        if (call !== undefined && !interfered && plan.knobs.buggify !== true) judge(call, event, event.at);
      },
      end(at) {
        if (interfered || plan.knobs.buggify === true) return;
        for (const call of open.values()) if (at - call.at > ANSWERED_WITHIN) judge(call, call, at);
      },
    };
  },
};

/** A poll that waits, a charge and three commands. */
const DONE_WITHIN: Micros = 6 * SECOND;

export const recordsAreDoneAtOnce: Property = {
  id: "records-are-done-at-once",
  kind: "eventually",
  sentence:
    "When nothing is wrong a record is acked by its first delivery, and soon, unless its order can't be charged.",
  subscribes: ["durable", "client", "operator"],
  start(context) {
    const { plan } = context;
    const { operationTimeout, pollWait } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const settled = wellFrom(plan, 1 / 3);
    // A poll that was asked before the groups had their leaders again may be given up by its worker, and still be given a record.
    const lastPoll = plan.healAt + ELECTED + operationTimeout + pollWait;
    const well = plan.faults.length === 0 ? settled : Math.max(settled, lastPoll);
    const state = context.view(pipelineState);
    const workers = plan.topology
      .filter(({ role }) => role === "worker")
      .map(({ domain: { provider, region, zone } }) =>
        [provider, region, ...(zone === undefined ? [] : [zone])].join("/"),
      );
    const unpayable = new Set<string>();
    const counts = new Map<number, number>();
    let interfered = plan.knobs.buggify === true || losesHosts(plan);

    state.listen(() => {
      for (const change of state.changes)
        if (change.of === "delivery" && change.live !== undefined)
          counts.set(change.offset, change.live.count);
    });

    function judge(group: string, acked: ReadonlyMap<number, DurableEvent>, at: Micros): void {
      for (const { offset, key, orderId, event } of state.records.values()) {
        if (event.at < well || unpayable.has(key) || at - event.at < DONE_WITHIN) continue;
        const done = acked.get(offset);
        const deliveries = counts.get(offset) ?? 0;
        context.checked();
        if (done !== undefined && done.at - event.at <= DONE_WITHIN && deliveries === 1) continue;
        const found =
          done === undefined
            ? `is not acked at ${time(at)}`
            : `was acked ${when(done)}, by delivery number ${deliveries}`;
        context.violated(
          `${group}/${offset}`,
          `${orderId} was committed at offset ${offset} ${when(event)}, with nothing wrong, and ${found}.`,
          done === undefined ? [event] : [event, done],
        );
      }
    }

    return {
      subscribes: ["client", "operator"],
      on(event) {
        if (event.kind === "operator") interfered = true;
        else if (event.kind === "client" && event.operation === "accept" && event.phase === "call") {
          if (text(event.value, "currency") === UNCHARGEABLE) unpayable.add(event.key);
        }
      },
      end(at) {
        if (interfered || isFastPath(plan)) return;
        for (const [group, { placement, acked }] of state.groups)
          if (workers.some((domain) => allows(placement, domain))) judge(group, acked, at);
      },
    };
  },
};

export const requestsGetAnswers: Property = {
  id: "requests-get-answers",
  kind: "eventually",
  sentence:
    "Once all is well, whatever is asked of a resource gets a definite answer within the time that its client waits.",
  subscribes: ["client"],
  start(context) {
    const { plan } = context;
    const { operationTimeout, pollWait } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const well = wellFrom(plan, 1 / 3);
    const latest = operationTimeout + pollWait + SECOND;
    const open = new Map<string, ClientEvent>();

    function unanswered(call: ClientEvent, event: ClientEvent, how: string): void {
      context.violated(
        call.requestId,
        `${call.host} asked ${call.operation} of "${call.key}" ${where(call)}, when all was well, and ${how}.`,
        call === event ? [call] : [call, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "client" || !event.operation.includes("/")) return;
        if (event.phase === "call") {
          if (event.at >= well) open.set(event.requestId, event);
          return;
        }
        const call = open.get(event.requestId);
        if (call === undefined) return;
        open.delete(event.requestId);
        context.checked();
        const reason = text(event.value, "reason");
        if (event.phase === "info" || reason === "unavailable")
          unanswered(call, event, `${where(event)} it got ${reason === "" ? "nothing" : `only "${reason}"`}`);
      },
      end(at) {
        for (const call of open.values())
          if (at - call.at > latest) unanswered(call, call, `had no answer by ${time(at)}`);
      },
    };
  },
};

/** From the audit's beginning on; a few reads, each at the groups' leaders. */
const AUDITED_WITHIN: Micros = 9 * SECOND;
const AUDIT_AFTER = 0.5;

export const auditIsDone: Property = {
  id: "audit-is-done",
  kind: "eventually",
  sentence:
    "In the quiet period the auditor reads back everything that was accepted by then, and restores the checkpoint if any store has it undamaged.",
  subscribes: ["client", "durable", "external"],
  start(context) {
    const { plan } = context;
    const begins = plan.healAt + Math.floor((plan.duration - plan.healAt) * AUDIT_AFTER);
    const state = context.view(pipelineState);
    const accepted = new Map<number, ClientEvent>();
    const read = new Set<number>();
    let checkpoint: { readonly event: DurableEvent; readonly pointer: PointerChange } | undefined;
    /** By object and store: whether the store gives it back as it was put. */
    const undamaged = new Map<string, boolean>();
    let restored = false;
    state.listen((event) => {
      if (event.at >= begins) return;
      const pointer = state.changes.find((change) => change.of === "pointer");
      if (pointer !== undefined) checkpoint = { event, pointer };
    });

    /** A store that is told to rot gives back wrong from then on what it holds, whether its answer arrives or not. */
    function stored(event: EventOf<"external">): void {
      if (event.operation === "put" && event.phase === "applied") {
        undamaged.set(`${event.token} ${event.service}`, true);
      } else if (event.operation === "rot") {
        for (const place of undamaged.keys())
          if (place.endsWith(` ${event.service}`)) undamaged.set(place, false);
      }
    }

    return {
      subscribes: ["client", "external"],
      on(event) {
        if (event.kind === "external") return stored(event);
        if (event.kind !== "client" || event.phase !== "ok") return;
        if (event.operation === "accept") {
          const offset = whole(event.value, "offset");
          if (offset !== undefined && event.at < begins) accepted.set(offset, event);
        } else if (event.operation === "read")
          read.add(Number(event.key.slice(event.key.lastIndexOf("/") + 1)));
        else if (event.operation === "restore") restored = true;
      },
      end(at) {
        if (!plan.topology.some(({ role }) => role === "auditor") || at - begins < AUDITED_WITHIN) return;
        for (const [offset, event] of accepted) {
          context.checked();
          if (read.has(offset)) continue;
          context.violated(
            event.key,
            `${event.key} was accepted at offset ${offset} ${when(event)}, and by ${time(at)} the auditor had not read it back.`,
            [event],
          );
        }
        if (checkpoint === undefined) return;
        const { sha256, objectCopies } = checkpoint.pointer;
        if (!objectCopies.some((provider) => undamaged.get(`${sha256} ${objectStore(provider)}`) === true))
          return;
        context.checked();
        if (!restored)
          context.violated(
            "checkpoint",
            `There was a checkpoint ${when(checkpoint.event)}, and by ${time(at)} the auditor had restored none.`,
            [checkpoint.event],
          );
      },
    };
  },
};
