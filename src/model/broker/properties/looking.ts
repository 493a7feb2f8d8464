/**
 * What whoever looks is promised: the state of a stream or a consumer that they are told of, and the messages that they are given,
 * are what the brokers wrote.
 *
 * A question has no time of its own: its answer is right when it was so at some time between the two.
 */
import type { Json } from "seedstorm";
import { ensure, fields, type Property, text, when, where, whole } from "seedstorm/check";
import { brokerCalls, type ClientEvent, whenDone } from "./calls.js";
import { nameOf } from "./delivering.js";
import {
  brokerState,
  type ConsumerModel,
  isOver,
  type MessageState,
  type StreamModel,
  stillToCome,
} from "./state.js";

/** What may be answered of a consumer; how far it has come may be told from any message up to the next one that it wants. */
interface ConsumerMoment {
  readonly ackPending: number;
  readonly redelivered: number;
  readonly pending: number;
  readonly lowestOut: number;
  readonly leastDelivered: number;
  readonly mostDelivered: number;
}

interface Question {
  readonly call: ClientEvent;
  readonly stream: string;
  /** Of a consumer, when it is about one. */
  readonly consumer: string;
  readonly moments: (string | ConsumerMoment)[];
}

const QUESTIONS: ReadonlySet<string> = new Set(["broker/stream-state", "broker/consumer-state"]);

export const statesTrue: Property = {
  id: "broker-states-are-true",
  kind: "always",
  sentence: "What a client is told of a stream's or a consumer's state was so at some time while it asked.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const open = new Map<string, Question>();

    function look({ stream, consumer, moments }: Question): void {
      const model = state.streams.get(stream);
      if (model === undefined) return;
      if (consumer === "") {
        const moment = streamMoment(model);
        if (moments[moments.length - 1] !== moment) moments.push(moment);
        return;
      }
      const of = model.consumers.get(consumer);
      if (of !== undefined) moments.push(consumerMoment(of));
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          if (open.size === 0 || state.changes.length === 0) return;
          for (const question of open.values()) look(question);
          return;
        }
        const { begun, answered } = calls;
        if (begun !== undefined && QUESTIONS.has(begun.operation)) {
          const [stream = "", consumer = ""] = begun.key.split("/");
          const question: Question = { call: begun, stream, consumer, moments: [] };
          open.set(begun.requestId, question);
          look(question);
        }
        if (answered === undefined || !QUESTIONS.has(answered.call.operation)) return;
        const { call, answer } = answered;
        const question = open.get(call.requestId);
        open.delete(call.requestId);
        if (question === undefined || answer.phase !== "ok") return;
        context.checked();
        const { moments } = question;
        const isTrue = moments.some((moment) =>
          typeof moment === "string"
            ? moment === JSON.stringify(streamAnswer(answer.value))
            : fits(moment, answer.value),
        );
        if (isTrue) return;
        const last = moments[moments.length - 1];
        const found = typeof last === "string" ? last : JSON.stringify(last);
        context.violated(
          call.key,
          `${call.host} was told of ${call.key} ${when(answer)} ${JSON.stringify(answer.value)}, which was never so since ${when(call)}: the last was ${found ?? "nothing"}.`,
          [call, answer],
        );
      },
    };
  },
};

function streamMoment(stream: StreamModel): string {
  const { kept, bytes, last, consumers } = stream;
  let first = last + 1;
  for (const { sequence, removed } of stream.messages.values()) {
    if (removed !== undefined) continue;
    first = sequence;
    break;
  }
  return JSON.stringify([kept, bytes, first, last, [...consumers.keys()]]);
}

function streamAnswer(value: Json): Json {
  const { messages, bytes, firstSequence, lastSequence, consumers } = fields(value) ?? {};
  return [messages ?? null, bytes ?? null, firstSequence ?? null, lastSequence ?? null, consumers ?? null];
}

function consumerMoment(consumer: ConsumerModel): ConsumerMoment {
  const { stream, from, highest } = consumer;
  let [ackPending, redelivered, pending] = [0, 0, 0];
  let lowestOut = Number.MAX_SAFE_INTEGER;
  for (const delivery of consumer.deliveries.values()) {
    const { sequence, count } = delivery;
    if (isOver(delivery) || stream.messages.get(sequence)?.removed !== undefined) continue;
    ackPending++;
    if (count > 1) redelivered++;
    lowestOut = Math.min(lowestOut, sequence);
  }
  let next = Math.max(stream.last + 1, from);
  for (const { sequence } of stillToCome(consumer)) {
    pending++;
    next = Math.min(next, sequence);
  }
  const leastDelivered = Math.max(highest, from - 1);
  return { ackPending, redelivered, pending, lowestOut, leastDelivered, mostDelivered: next - 1 };
}

function fits(moment: ConsumerMoment, value: Json): boolean {
  const delivered = whole(value, "delivered") ?? -1;
  return (
    whole(value, "ackPending") === moment.ackPending &&
    whole(value, "redelivered") === moment.redelivered &&
    whole(value, "pending") === moment.pending &&
    delivered >= moment.leastDelivered &&
    delivered <= moment.mostDelivered &&
    whole(value, "ackFloor") === Math.min(moment.lowestOut, delivered + 1) - 1
  );
}

/** One message as the client records what it was given. */
type Given = readonly [sequence: number, count: number, digest: number, pending: number];

export const deliveredAsStored: Property = {
  id: "broker-deliveries-as-stored",
  kind: "always",
  sentence:
    "Whoever pulls is given no more messages than it asked for, each as it is stored, with its number of deliveries and of what is still to come.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** By delivery: the message, and what was still to come. */
    const made = new Map<string, { readonly message: MessageState; readonly left: number }>();
    return {
      on(event) {
        if (event.kind === "durable") {
          const given = new Map<ConsumerModel, number[]>();
          for (const { consumer, after } of state.made) {
            ensure(given, consumer, () => []).push(after.sequence);
          }
          for (const [consumer, sequences] of given) {
            let left = [...stillToCome(consumer)].length + sequences.length;
            for (const sequence of sequences) {
              left--;
              const message = consumer.stream.messages.get(sequence);
              const delivery = consumer.deliveries.get(sequence);
              if (message === undefined || delivery === undefined) continue;
              const name = nameOf(consumer);
              made.set(`${delivery.to} ${name}/${sequence}#${delivery.count}`, { message, left });
            }
          }
          return;
        }
        const { answered } = calls;
        if (answered?.operation !== "pull" || answered.answer.phase !== "ok") return;
        const { call, answer } = answered;
        const given = answer.value as unknown as readonly Given[]; // as the client records it
        context.checked();
        if (given.length > (whole(call.value, "batch") ?? 0)) {
          context.violated(
            call.requestId,
            `${call.host} asked for ${whole(call.value, "batch") ?? 0} messages of ${call.key}, and got ${given.length} ${when(answer)}.`,
            [call, answer],
          );
        }
        const by = text(call.value, "by");
        for (const [sequence, count, digest, pending] of given) {
          const delivery = made.get(`${by} ${call.key}/${sequence}#${count}`);
          const isSo = delivery?.message.digest === digest && delivery.left === pending;
          if (isSo) continue;
          const found =
            delivery === undefined
              ? "there is no such delivery"
              : delivery.message.digest !== digest
                ? `another message is stored there since ${when(delivery.message.event)}`
                : `${delivery.left} were still to come, and not ${pending}`;
          context.violated(
            `${call.key}/${sequence}`,
            `${call.host} was given ${sequence} of ${call.key} as delivery ${count} ${when(answer)}, and ${found}.`,
            delivery === undefined ? [call, answer] : [delivery.message.event, call, answer],
          );
        }
      },
    };
  },
};

export const acksKept = whenDone(
  "ack",
  {
    id: "broker-acks-are-kept",
    sentence:
      "A message whose ack was confirmed is done with for that consumer, also when it had been given up.",
  },
  (state, context) =>
    ({ call, answer }) => {
      const [name = "", consumer = ""] = call.key.split("/");
      const stream = state.streams.get(name);
      const sequence = whole(call.value, "sequence") ?? 0;
      const delivery = stream?.consumers.get(consumer)?.deliveries.get(sequence);
      // A stream or a consumer that was begun anew knows nothing of it.
      if (stream === undefined || delivery === undefined || stream.event.id > call.id) return;
      context.checked();
      const isDone = delivery.state === "acked" || delivery.state === "terminated";
      if (isDone || stream.messages.get(sequence)?.removed !== undefined) return;
      context.violated(
        `${call.key}/${sequence}`,
        `${call.host} was told ${when(answer)} that its ack of ${sequence} of ${call.key} is taken, and the message is ${delivery.state} ${where(delivery.event)}.`,
        [delivery.event, call, answer],
      );
    },
);
