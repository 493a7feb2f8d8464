/** What streams keep: no more than their limits allow, and nothing goes that has no reason to go. */
import type { Micros } from "seedstorm";
import { ensure, type Property, when, where } from "seedstorm/check";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { purgeOf } from "./declaring.js";
import { NOTICED_WITHIN, nameOf } from "./delivering.js";
import { isFor, takes } from "./pattern.js";
import { isSettled } from "./settled.js";
import {
  brokerState,
  type ConsumerModel,
  type DurableEvent,
  isWanted,
  type MessageState,
  type StreamModel,
} from "./state.js";

export const limitsHold: Property = {
  id: "broker-limits-hold",
  kind: "always",
  sentence:
    "A stream never holds more messages or bytes than it may, in all or of one subject, nor a message that is too large.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);

    function judgeSize({ config }: StreamModel, { sequence, bytes, event }: MessageState): void {
      if (config.maxMessageBytes === undefined) return;
      context.checked();
      if (bytes <= config.maxMessageBytes) return;
      context.violated(
        `${config.name}/${sequence}`,
        `${config.name} took ${sequence} of ${bytes} bytes ${where(event)}, and takes ${config.maxMessageBytes} at most.`,
        [event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        const looked = new Set<StreamModel>();
        for (const change of state.changes) {
          if (change.of === "message" || change.of === "update") looked.add(change.stream);
          if (change.of === "message") judgeSize(change.stream, change.message);
        }
        for (const stream of looked) {
          const { config, kept, bytes } = stream;
          const most = config.maxMessagesPerSubject;
          context.checked();
          const isOver =
            kept > (config.maxMessages ?? Number.MAX_SAFE_INTEGER) ||
            bytes > (config.maxBytes ?? Number.MAX_SAFE_INTEGER) ||
            (most !== undefined && mostOfOneSubject(stream) > most);
          if (!isOver) continue;
          context.violated(
            config.name,
            `${config.name} holds ${kept} messages of ${bytes} bytes ${where(event)}, more than its limits allow.`,
            [event],
          );
        }
      },
    };
  },
};

export const removalsHaveCause: Property = {
  id: "broker-removals-have-a-cause",
  kind: "always",
  sentence:
    "A message goes only by a limit, by its age, when every consumer that wants it is done with it, or in a purge that somebody asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** By stream, and for ever: what nobody answered may be done late. */
    const purges = new Map<string, ClientEvent[]>();
    return {
      on(event) {
        const { begun } = calls;
        if (begun?.operation === "broker/purge") ensure(purges, begun.key, () => []).push(begun);
        if (event.kind !== "durable") return;
        const removed = new Map<StreamModel, MessageState[]>();
        for (const change of state.changes) {
          if (change.of !== "removal") continue;
          const messages = removed.get(change.stream);
          if (messages === undefined) removed.set(change.stream, [change.message]);
          else messages.push(change.message);
        }
        for (const [stream, messages] of removed) {
          for (const message of messages) {
            context.checked();
            if (hasCause(stream, message, event, state.now(stream.group))) continue;
            if (isPurged(stream, message, purges.get(stream.config.name) ?? [])) continue;
            context.violated(
              `${stream.config.name}/${message.sequence}`,
              `${stream.config.name} lost ${message.sequence} ${where(event)} by "${message.removed?.why ?? ""}", which was not so; it was there since ${when(message.event)}.`,
              [message.event, event],
            );
          }
        }
      },
    };
  },
};

function hasCause(stream: StreamModel, message: MessageState, event: DurableEvent, now: number): boolean {
  const { config } = stream;
  switch (message.removed?.why) {
    case "age":
      return config.maxAge !== undefined && now - message.at >= config.maxAge;
    case "limit":
      return newerOnesFill(stream, message, event);
    case "acked":
    case "no-interest": {
      if (config.retention === "limits") return false;
      const interested = [...stream.consumers.values()].filter((consumer) => isWanted(consumer, message));
      return interested.every((consumer) => {
        const state = consumer.deliveries.get(message.sequence)?.state;
        return state === "acked" || state === "terminated";
      });
    }
    default:
      return false;
  }
}

/** Whether somebody asked for it to go, as one that is not among the newest that were to stay. */
function isPurged(stream: StreamModel, message: MessageState, purges: readonly ClientEvent[]): boolean {
  if (message.removed?.why !== "purged") return false;
  return purges.some(({ value }) => {
    const { filter, below, keep } = purgeOf(value);
    if (!takes(filter, message.subject) || message.sequence >= below) return false;
    let left = 0;
    for (const other of stream.messages.values()) {
      const isLeft = other.removed === undefined && other.sequence > message.sequence;
      if (isLeft && other.sequence < below && takes(filter, other.subject)) left++;
    }
    return left >= keep;
  });
}

/**
 * Whether what came after a message leaves no room for it, in the stream or in its subject: it went by a limit then, and not
 * one that is newer, nor one too many.
 */
function newerOnesFill(
  { config, messages, last }: StreamModel,
  of: MessageState,
  event: DurableEvent,
): boolean {
  let [count, ofSubject, bytes] = [0, 0, of.bytes];
  for (let at = of.sequence + 1; at <= last; at++) {
    const newer = messages.get(at);
    if (newer === undefined || (newer.removed !== undefined && newer.removed.event !== event)) continue;
    count++;
    bytes += newer.bytes;
    if (newer.subject === of.subject) ofSubject++;
  }
  if (ofSubject >= (config.maxMessagesPerSubject ?? Number.MAX_SAFE_INTEGER)) return true;
  // Where a new message is refused for want of room, no old one gives way to it.
  if (config.discard === "new" && messages.get(last)?.event === event) return false;
  return (
    count >= (config.maxMessages ?? Number.MAX_SAFE_INTEGER) ||
    bytes > (config.maxBytes ?? Number.MAX_SAFE_INTEGER)
  );
}

function mostOfOneSubject(stream: StreamModel): number {
  const counts = new Map<string, number>();
  let most = 0;
  for (const { removed, subject } of stream.messages.values()) {
    if (removed !== undefined) continue;
    const count = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, count);
    most = Math.max(most, count);
  }
  return most;
}

export const overIsGone: Property = {
  id: "broker-what-is-over-goes",
  kind: "always",
  sentence:
    "A message goes when it is too old, when the last consumer that wants it is done with it, and at once where nobody wants it: as far as its stream's retention says so.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    /** Of streams with an age: where to look for the oldest message. */
    const oldest = new Map<StreamModel, number>();

    function judgeAge(stream: StreamModel, maxAge: Micros, event: DurableEvent): void {
      let at = oldest.get(stream) ?? 1;
      while (at <= stream.last && stream.messages.get(at)?.removed !== undefined) at++;
      oldest.set(stream, at);
      const message = stream.messages.get(at);
      if (message === undefined) return;
      context.checked();
      const now = state.now(stream.group);
      if (now - message.at < maxAge) return;
      context.violated(
        `${stream.config.name}/${at}`,
        `${stream.config.name} keeps ${at} ${where(event)}, and that is ${now - message.at - maxAge} µs of the broker's time too old.`,
        [message.event, event],
      );
    }

    function judgeNotice(stream: StreamModel, message: MessageState): void {
      const { maxAge } = stream.config;
      const { removed } = message;
      if (maxAge === undefined || removed?.why !== "age") return;
      const { event } = removed;
      // A limit that came later makes messages old at once.
      if (!isSettled(context.plan, event.at)) return;
      context.checked();
      const late = state.now(stream.group) - message.at - maxAge;
      if (late <= NOTICED_WITHIN || isChanged.has(stream)) return;
      context.violated(
        `${stream.config.name}/${message.sequence}`,
        `${stream.config.name} dropped ${message.sequence} ${where(event)}, ${late} µs of the broker's time after it was too old.`,
        [message.event, event],
      );
    }

    function judgeUnwanted(stream: StreamModel, message: MessageState, event: DurableEvent): void {
      if (stream.config.retention === "limits" || message.removed !== undefined) return;
      const wanting = [...stream.consumers.values()].filter(({ config }) => isFor(config, message.subject));
      if (wanting.length === 0 && stream.config.retention === "work-queue") return;
      context.checked();
      if (!wanting.every((consumer) => isDone(consumer, message.sequence))) return;
      const who = wanting.length === 0 ? "nobody wants it" : "everybody who wants it is done with it";
      context.violated(
        `${stream.config.name}/${message.sequence}`,
        `${stream.config.name} keeps ${message.sequence} ${where(event)}, and ${who}.`,
        [message.event, event],
      );
    }

    const isChanged = new Set<StreamModel>();
    return {
      on(event) {
        if (event.kind !== "durable" || state.changes.length === 0) return;
        let group = "";
        for (const change of state.changes) {
          switch (change.of) {
            case "update":
              isChanged.add(change.stream);
              break;
            case "message":
              judgeUnwanted(change.stream, change.message, event);
              group = change.stream.group;
              break;
            case "removal":
              judgeNotice(change.stream, change.message);
              group = change.stream.group;
              break;
            case "delivery": {
              const { consumer, after } = change;
              const { stream } = consumer;
              group = stream.group;
              const message = stream.messages.get(after.sequence);
              if (message !== undefined && isDone(consumer, after.sequence))
                judgeUnwanted(stream, message, event);
              break;
            }
            case "consumer": {
              const { stream, config } = change.consumer;
              if (stream.consumers.has(config.name)) break; // what was there before it came may stay
              for (const message of stream.messages.values()) judgeUnwanted(stream, message, event);
              break;
            }
            case "stream":
            case "deletion":
              break;
          }
        }
        for (const stream of state.streams.values()) {
          const { maxAge } = stream.config;
          if (maxAge !== undefined && stream.group === group) judgeAge(stream, maxAge, event);
        }
      },
    };
  },
};

export const subjectsKeptApart: Property = {
  id: "broker-subjects-are-kept-apart",
  kind: "always",
  sentence:
    "A stream takes messages on its subjects only, and a consumer is given those of its filters only.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      on(event) {
        for (const change of state.changes) {
          if (change.of === "message") {
            const { stream, message } = change;
            const { name, subjects } = stream.config;
            context.checked();
            if (subjects.some((pattern) => takes(pattern, message.subject))) continue;
            context.violated(
              `${name}/${message.sequence}`,
              `${name} took a message on ${message.subject} ${where(event)}, and is for ${subjects.join(", ")}.`,
              [event],
            );
          } else if (change.of === "delivery" && change.after.state === "delivered") {
            const { consumer, after } = change;
            const message = consumer.stream.messages.get(after.sequence);
            context.checked();
            if (message === undefined || isWanted(consumer, message)) continue;
            context.violated(
              `${nameOf(consumer)}/${after.sequence}`,
              `${consumer.config.name} of ${consumer.stream.config.name} was given ${after.sequence} on ${message.subject} ${where(event)}, which it does not want.`,
              [message.event, event],
            );
          }
        }
      },
    };
  },
};

/** Acked or terminated, or before the place where the consumer began. */
function isDone({ from, deliveries }: ConsumerModel, sequence: number): boolean {
  const delivery = deliveries.get(sequence);
  return delivery === undefined
    ? sequence < from
    : delivery.state === "acked" || delivery.state === "terminated";
}
