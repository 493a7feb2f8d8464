/** What streams keep: no more than their limits allow, and nothing goes that has no reason to go. */
import { ensure, type Property, when, where } from "seedstorm/check";
import { matches } from "../subjects.js";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { purgeOf } from "./declaring.js";
import { brokerState, isWanted, type MessageState, type StreamModel } from "./state.js";

export const limitsHold: Property = {
  id: "broker-limits-hold",
  kind: "always",
  sentence: "A stream never holds more messages or bytes than it may, in all or of one subject.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        const looked = new Set<StreamModel>();
        for (const change of state.changes)
          if (change.of === "message" || change.of === "update") looked.add(change.stream);
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
            if (hasCause(stream, message, messages, state.now(stream.group))) continue;
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

function hasCause(
  stream: StreamModel,
  message: MessageState,
  together: readonly MessageState[],
  now: number,
): boolean {
  const { config } = stream;
  switch (message.removed?.why) {
    case "age":
      return config.maxAge !== undefined && now - message.at >= config.maxAge;
    case "limit": {
      const { maxMessages = Number.MAX_SAFE_INTEGER, maxBytes = Number.MAX_SAFE_INTEGER } = config;
      const goneBytes = together.reduce((bytes, gone) => bytes + gone.bytes, 0);
      const isOver = stream.kept + together.length > maxMessages || stream.bytes + goneBytes > maxBytes;
      return (
        isOver ||
        (config.maxMessagesPerSubject !== undefined &&
          countOf(stream, message) >= config.maxMessagesPerSubject)
      );
    }
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
    if (!matches(filter, message.subject) || message.sequence >= below) return false;
    let left = 0;
    for (const other of stream.messages.values()) {
      const isLeft = other.removed === undefined && other.sequence > message.sequence;
      if (isLeft && other.sequence < below && matches(filter, other.subject)) left++;
    }
    return left >= keep;
  });
}

/** Messages that are kept of a message's subject. */
function countOf(stream: StreamModel, { subject }: MessageState): number {
  let count = 0;
  for (const other of stream.messages.values()) {
    if (other.removed === undefined && other.subject === subject) count++;
  }
  return count;
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
