/** Configurations, messages and advisories, from the terms of the runner's broker into those of JetStream and back. */
import type { ConsumerConfig as EngineConsumer, StreamConfig as EngineStream } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/transport-node";
import type { Json, Micros } from "seedstorm";
import { ADVISORY_SUBJECTS, type Advisory, type Headers } from "../../broker/api.js";
import type { ConsumerConfig, StreamConfig } from "../../broker/config.js";

const NANOS_PER_MICRO = 1_000;
const nanos = (time: Micros): number => time * NANOS_PER_MICRO;

const RETENTIONS = {
  limits: "limits",
  interest: "interest",
  "work-queue": "workqueue",
} as const;

export function streamOf(config: StreamConfig): Partial<EngineStream> & { readonly name: string } {
  const { name, subjects, retention, replicas, storage, discard } = config;
  return {
    name,
    subjects: [...subjects],
    retention: RETENTIONS[retention],
    num_replicas: replicas,
    storage,
    discard: discard ?? "old",
    max_msgs: config.maxMessages ?? -1,
    max_bytes: config.maxBytes ?? -1,
    max_age: nanos(config.maxAge ?? 0),
    max_msgs_per_subject: config.maxMessagesPerSubject ?? -1,
    max_msg_size: config.maxMessageBytes ?? -1,
    ...(config.duplicateWindow === undefined ? {} : { duplicate_window: nanos(config.duplicateWindow) }),
  };
}

/** Where a push consumer sends: whoever subscribes need not ask for it. */
export const pushSubject = (stream: string, consumer: string): string => `_PUSH.${stream}.${consumer}`;

export function consumerOf(stream: string, config: ConsumerConfig): Partial<EngineConsumer> {
  const { name, mode, deliverGroup, filters, ackWait, backOff, maxDeliver, maxAckPending } = config;
  return {
    durable_name: name,
    ack_policy: "explicit",
    ...deliverPolicyOf(config.deliver ?? "all"),
    ...(mode === "push" ? { deliver_subject: pushSubject(stream, name) } : {}),
    ...(deliverGroup === undefined ? {} : { deliver_group: deliverGroup }),
    // servers before 2.10 know one filter alone
    ...(filters === undefined
      ? {}
      : filters.length === 1
        ? { filter_subject: filters[0] ?? "" }
        : { filter_subjects: [...filters] }),
    ...(ackWait === undefined ? {} : { ack_wait: nanos(ackWait) }),
    ...(backOff === undefined ? {} : { backoff: backOff.map(nanos) }),
    ...(maxDeliver === undefined ? {} : { max_deliver: maxDeliver }),
    ...(maxAckPending === undefined ? {} : { max_ack_pending: maxAckPending }),
  };
}

function deliverPolicyOf(deliver: NonNullable<ConsumerConfig["deliver"]>): Partial<EngineConsumer> {
  switch (deliver) {
    case "all":
      return { deliver_policy: "all" };
    case "new":
      return { deliver_policy: "new" };
    default:
      return { deliver_policy: "by_start_sequence", opt_start_seq: deliver.fromSequence };
  }
}

/** What the server adds to a message, and no publisher. */
const OF_THE_SERVER = /^Nats-/;

export function headersFrom(found: MsgHdrs | undefined): Headers {
  const headers: Record<string, string> = {};
  for (const name of found?.keys() ?? [])
    if (!OF_THE_SERVER.test(name)) headers[name] = found?.get(name) ?? "";
  return headers;
}

const decoder = new TextDecoder();

/** What a payload says; one that is no JSON is a text, as whoever published it may have meant it. */
export function dataOf(bytes: Uint8Array): Json {
  const text = decoder.decode(bytes);
  try {
    return JSON.parse(text) as Json; // what it parses to is JSON
  } catch {
    return text;
  }
}

/** An advisory of the server's, as the runner's broker has it; other data as it is. */
export function messageData(subject: string, bytes: Uint8Array): Json {
  const data = dataOf(bytes);
  if (!Object.values(ADVISORY_SUBJECTS).some((prefix) => subject.startsWith(`${prefix}.`))) return data;
  const found = data as { readonly [name: string]: Json | undefined }; // the server says nothing else there
  const advisory: Advisory = {
    stream: String(found.stream),
    consumer: String(found.consumer),
    sequence: Number(found.stream_seq),
    deliveryCount: Number(found.deliveries),
    reason: String(found.reason ?? ""),
  };
  return { ...advisory };
}
