/**
 * What consumers are promised: nothing that they want is left out, deliveries are counted, come no sooner than they are due,
 * end with an answer or at the limit, and no more are out than may be; whatever was given up or terminated is advised.
 *
 * Times are the broker's own, of which clients know nothing: what they asked for counts from the time that the broker had
 * got to when they asked.
 */
import type { Micros } from "seedstorm";
import { ensure, type Property, text, when, where, whole } from "seedstorm/check";
import { ADVISORY_SUBJECTS } from "../api.js";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { takes } from "./pattern.js";
import { isSettled } from "./settled.js";
import { brokerState, type ConsumerModel, type DeliveryState, isOver, isWanted } from "./state.js";

export function nameOf({ stream, config }: ConsumerModel): string {
  return `${stream.config.name}/${config.name}`;
}

/** What a consumer may have out where it doesn't say, and how long it may take for an answer: as documented, and not as the broker does it. */
const MAX_ACK_PENDING = 1_000;
const ACK_WAIT: Micros = 30_000_000;

/** How long the `count`-th delivery may go without an answer. */
function answerTime({ config: { backOff = [], ackWait = ACK_WAIT } }: ConsumerModel, count: number): Micros {
  return backOff[count - 1] ?? backOff.at(-1) ?? ackWait;
}

export const deliveriesCounted: Property = {
  id: "broker-deliveries-counted",
  kind: "always",
  sentence: "Deliveries of a message to a consumer are counted from 1 without gaps, up to its limit.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const { consumer, before, after } of state.made) {
          context.checked();
          const most = consumer.config.maxDeliver ?? Number.MAX_SAFE_INTEGER;
          if (after.count === (before?.count ?? 0) + 1 && after.count <= most) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            `${nameOf(consumer)} was given ${after.sequence} ${where(event)} as delivery ${after.count}, after ${before?.count ?? 0}${after.count > most ? `, and it may have ${most}` : ""}.`,
            before === undefined ? [event] : [before.event, event],
          );
        }
      },
    };
  },
};

export const nothingLeftOut: Property = {
  id: "broker-nothing-left-out",
  kind: "always",
  sentence:
    "A consumer is given a message for the first time only after every earlier one that it wants and that is kept.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    const checkedTo = new Map<ConsumerModel, number>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "delivery" || change.before !== undefined) continue;
          const { consumer, after } = change;
          context.checked();
          for (let at = checkedTo.get(consumer) ?? consumer.from; at < after.sequence; at++) {
            const message = consumer.stream.messages.get(at);
            if (message === undefined || message.removed !== undefined) continue;
            if (!isWanted(consumer, message) || consumer.deliveries.has(at)) continue;
            context.violated(
              `${nameOf(consumer)}/${at}`,
              `${nameOf(consumer)} was given ${after.sequence} ${where(event)}, and not ${at}, which is there since ${when(message.event)}.`,
              [message.event, event],
            );
            break;
          }
          checkedTo.set(consumer, Math.max(checkedTo.get(consumer) ?? 0, after.sequence + 1));
        }
      },
    };
  },
};

export const answersEndDeliveries: Property = {
  id: "broker-answers-end-deliveries",
  kind: "always",
  sentence: "Once the ack or term of a consumer was confirmed, the message is not delivered to it again.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const ended = new Map<string, { readonly answer: ClientEvent; readonly instance: string }>();
    return {
      on(event) {
        if (event.kind === "client") {
          const { answered } = calls;
          if (answered === undefined || answered.answer.phase !== "ok") return;
          if (answered.operation !== "ack" && answered.operation !== "term") return;
          const { key, value } = answered.call;
          const instance = state.streams.get(key.slice(0, key.indexOf("/")))?.instance ?? "";
          ended.set(`${key}/${whole(value, "sequence") ?? 0}`, { answer: event, instance });
          return;
        }
        for (const change of state.changes) {
          if (change.of !== "delivery") continue;
          const { consumer, after } = change;
          const end = ended.get(`${nameOf(consumer)}/${after.sequence}`);
          context.checked();
          const isAgain = after.state === "delivered" || after.state === "ready";
          if (end === undefined || !isAgain || end.instance !== consumer.stream.instance) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            `${nameOf(consumer)} was told ${when(end.answer)} that ${after.sequence} is done with, and it is ${after.state} again ${where(after.event)}.`,
            [end.answer, after.event],
          );
        }
      },
    };
  },
};

export const notTooSoon: Property = {
  id: "broker-not-delivered-too-soon",
  kind: "always",
  sentence:
    "A message is delivered again no sooner than its ack wait, a delay that was asked for, or a sign of work allows.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** By delivery: the earliest that a nak allows which was asked for, or was taken, and what a sign of work put off. */
    const asked = new Map<string, Micros>();
    const taken = new Map<string, Micros>();
    const putOff = new Map<string, Micros>();
    /** The last delivery of each message to each consumer. */
    const last = new Map<string, DeliveryState>();
    /** The broker's time when a call began. */
    const begunAt = new Map<string, Micros>();

    function consumerOf(key: string): ConsumerModel | undefined {
      const at = key.indexOf("/");
      return state.streams.get(key.slice(0, at))?.consumers.get(key.slice(at + 1));
    }

    function onClient(): void {
      const { begun, answered } = calls;
      const call = begun ?? answered?.call;
      if (call === undefined) return;
      const delivery = `${call.key}/${whole(call.value, "sequence") ?? 0}#${whole(call.value, "deliveryCount") ?? 0}`;
      const consumer = consumerOf(call.key);
      if (consumer === undefined) return;
      const delay = whole(call.value, "delay") ?? 0;
      if (begun !== undefined) {
        if (begun.operation !== "broker/nak" && begun.operation !== "broker/progress") return;
        const now = state.now(consumer.stream.group);
        begunAt.set(begun.requestId, now);
        if (begun.operation === "broker/nak") asked.set(delivery, now + delay);
      } else if (answered?.answer.phase === "ok") {
        const now = begunAt.get(call.requestId) ?? 0;
        if (answered.operation === "nak") taken.set(delivery, now + delay);
        if (answered.operation !== "progress") return;
        const due = now + answerTime(consumer, whole(call.value, "deliveryCount") ?? 0);
        putOff.set(delivery, Math.max(due, putOff.get(delivery) ?? 0));
      }
    }

    function earliestAfter(consumer: ConsumerModel, before: DeliveryState): Micros {
      const delivery = `${nameOf(consumer)}/${before.sequence}#${before.count}`;
      const nak = taken.get(delivery);
      if (nak !== undefined) return nak;
      const due = before.at + answerTime(consumer, before.count);
      const waits = Math.max(due, putOff.get(delivery) ?? 0);
      return Math.min(waits, asked.get(delivery) ?? waits);
    }

    return {
      on(event) {
        if (event.kind === "client") {
          onClient();
          return;
        }
        for (const { consumer, after } of state.made) {
          const key = `${consumer.stream.instance} ${nameOf(consumer)}/${after.sequence}`;
          const before = last.get(key);
          last.set(key, after);
          if (before === undefined) continue;
          context.checked();
          const earliest = earliestAfter(consumer, before);
          if (after.at >= earliest) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            `${nameOf(consumer)} was given ${after.sequence} again ${where(event)}, ${earliest - after.at} µs of the broker's time too soon after delivery ${before.count} ${when(before.event)}.`,
            [before.event, event],
          );
        }
      },
    };
  },
};

/** Of the broker's time, while all is well: until it has noticed what is due. */
export const NOTICED_WITHIN: Micros = 1_000_000;

export const notTooLate: Property = {
  id: "broker-not-delivered-too-late",
  kind: "always",
  sentence:
    "A delivery without an answer is over when its ack wait, its time of the back-off list, or that time since a sign of work is, and while all is well the message is then ready to be delivered again.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of !== "delivery") continue;
          const { consumer, before, after } = change;
          const name = `${nameOf(consumer)}/${after.sequence}`;
          if (after.state === "delivered" || after.state === "progress") {
            context.checked();
            const latest = after.at + answerTime(consumer, after.count);
            if (after.due <= latest) continue;
            context.violated(
              name,
              `${nameOf(consumer)} was given ${after.sequence} ${where(event)} as delivery ${after.count}, and that is to be over ${after.due - latest} µs of the broker's time too late.`,
              [event],
            );
          } else if (after.state === "ready" && before !== undefined && before.due > 0) {
            if (!isSettled(context.plan, event.at)) continue;
            context.checked();
            if (after.at <= before.due + NOTICED_WITHIN) continue;
            context.violated(
              name,
              `${after.sequence} was to be given to ${nameOf(consumer)} again, and that was noticed ${where(event)}, ${after.at - before.due} µs of the broker's time too late.`,
              [before.event, event],
            );
          }
        }
      },
    };
  },
};

export const outstandingBounded: Property = {
  id: "broker-outstanding-bounded",
  kind: "always",
  sentence: "No consumer has more messages out without an answer than it may.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    /** Sequences whose delivery is not over. */
    const open = new Map<ConsumerModel, Set<number>>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        const given = new Set<ConsumerModel>();
        for (const change of state.changes) {
          if (change.of !== "delivery") continue;
          const { consumer, before, after } = change;
          const sequences = ensure(open, consumer, () => new Set());
          if (isOver(after)) sequences.delete(after.sequence);
          else sequences.add(after.sequence);
          if (before === undefined) given.add(consumer);
        }
        for (const consumer of given) {
          let out = 0;
          for (const sequence of open.get(consumer) ?? []) {
            if (consumer.stream.messages.get(sequence)?.removed === undefined) out++;
          }
          context.checked();
          const most = consumer.config.maxAckPending ?? MAX_ACK_PENDING;
          if (out <= most) continue;
          context.violated(
            nameOf(consumer),
            `${nameOf(consumer)} has ${out} messages out without an answer ${where(event)}, and may have ${most}.`,
            [event],
          );
        }
      },
    };
  },
};

export const lostIsAdvised: Property = {
  id: "broker-given-up-is-advised",
  kind: "always",
  sentence:
    "A message is given up only after its last delivery, and that is advised, as is each that was terminated.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        const subjects = new Map<string, number>();
        for (const change of state.changes) {
          if (change.of !== "message") continue;
          const { subject } = change.message;
          subjects.set(subject, (subjects.get(subject) ?? 0) + 1);
        }
        for (const change of state.changes) {
          if (change.of !== "delivery") continue;
          const { consumer, after } = change;
          const kind =
            after.state === "given-up"
              ? "maxDeliveries"
              : after.state === "terminated"
                ? "terminated"
                : undefined;
          if (kind === undefined) continue;
          context.checked();
          const most = consumer.config.maxDeliver ?? Number.MAX_SAFE_INTEGER;
          const isEarly = kind === "maxDeliveries" && after.count < most;
          const subject = `${ADVISORY_SUBJECTS[kind]}.${consumer.stream.config.name}.${consumer.config.name}`;
          const left = subjects.get(subject) ?? 0;
          subjects.set(subject, left - 1);
          const takesAdvice = [...state.streams.values()].some(
            ({ group, config }) =>
              group === consumer.stream.group && config.subjects.some((pattern) => takes(pattern, subject)),
          );
          if (!isEarly && (left > 0 || !takesAdvice)) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            isEarly
              ? `${nameOf(consumer)} gave ${after.sequence} up ${where(event)} after ${after.count} of ${most} deliveries.`
              : `${after.sequence} of ${nameOf(consumer)} was ${after.state} ${where(event)}, and there is no advisory of it.`,
            [event],
          );
        }
      },
    };
  },
};

export const answersTaken: Property = {
  id: "broker-answers-are-taken",
  kind: "always",
  sentence: "An ack is never refused, and another answer only when the delivery that it is about is over.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const begunWith = new Map<string, DeliveryState | undefined>();

    const streamOf = ({ key }: ClientEvent) => state.streams.get(key.slice(0, key.indexOf("/")));
    const sequenceOf = ({ value }: ClientEvent) => whole(value, "sequence") ?? 0;
    const deliveryOf = (call: ClientEvent): DeliveryState | undefined =>
      streamOf(call)
        ?.consumers.get(call.key.slice(call.key.indexOf("/") + 1))
        ?.deliveries.get(sequenceOf(call));
    /** A delivery is over, too, when its message has gone from the stream. */
    const isGone = (call: ClientEvent): boolean =>
      streamOf(call)?.messages.get(sequenceOf(call))?.removed !== undefined;

    return {
      subscribes: ["client"],
      on() {
        const { begun, answered } = calls;
        if (begun !== undefined && ANSWERS.has(begun.operation))
          begunWith.set(begun.requestId, deliveryOf(begun));
        if (answered === undefined || !ANSWERS.has(answered.call.operation)) return;
        const { call, answer } = answered;
        const before = begunWith.get(call.requestId);
        begunWith.delete(call.requestId);
        const reason = text(answer.value, "reason");
        context.checked();
        if (answer.phase !== "fail" || reason === "unavailable" || before === undefined) return;
        const after = deliveryOf(call);
        const isOut = before.state === "delivered" || before.state === "progress";
        const isCurrent =
          isOut && before === after && before.count === whole(call.value, "deliveryCount") && !isGone(call);
        if (answered.operation !== "ack" && !isCurrent) return;
        context.violated(
          call.requestId,
          `${call.host} was refused its ${answered.operation} of ${call.key} as ${reason} ${when(answer)}, though ${before.sequence} was out with it.`,
          [before.event, call, answer],
        );
      },
    };
  },
};

/** How a delivery is answered. */
const ANSWERS: ReadonlySet<string> = new Set(["broker/ack", "broker/nak", "broker/progress", "broker/term"]);
