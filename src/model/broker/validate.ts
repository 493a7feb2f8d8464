/** Whether a configuration makes sense: what is wrong with it, in one sentence, or nothing. */
import { type BucketConfig, type ConsumerConfig, MAX_HISTORY, type StreamConfig } from "./config.js";
import { isPattern, matches, overlap } from "./subjects.js";

/** Names go into keys and subjects. */
const NAME = /^[A-Za-z0-9_$-]+$/;

export function streamFault(config: StreamConfig, brokers: readonly string[]): string | undefined {
  if (!NAME.test(config.name)) return `name: "${config.name}" is not of letters, digits, _, $ and -`;
  if (config.subjects.length === 0) return "subjects: there must be at least one";
  for (let i = 0; i < config.subjects.length; i++) {
    const pattern = config.subjects[i] ?? "";
    if (!isPattern(pattern)) return `subjects[${i}]: "${pattern}" is no subject`;
    for (let j = 0; j < i; j++) {
      if (overlap(pattern, config.subjects[j] ?? "")) return `subjects[${i}]: "${pattern}" overlaps another`;
    }
  }
  if (config.replicas === 3 && config.storage === "memory") {
    return "storage: a stream of three replicas must be on file";
  }
  if (config.replicas === 3 && config.placement !== undefined) {
    return "placement: a stream of three replicas is on every broker";
  }
  if (config.placement !== undefined && !brokers.includes(config.placement)) {
    return `placement: no broker "${config.placement}"; brokers are ${brokers.join(", ")}`;
  }
  return firstOf(
    positive("maxMessages", config.maxMessages),
    positive("maxBytes", config.maxBytes),
    positive("maxAge", config.maxAge),
    positive("maxMessagesPerSubject", config.maxMessagesPerSubject),
    positive("maxMessageBytes", config.maxMessageBytes),
    positive("duplicateWindow", config.duplicateWindow),
  );
}

export function consumerFault(config: ConsumerConfig, stream: StreamConfig): string | undefined {
  if (!NAME.test(config.name)) return `name: "${config.name}" is not of letters, digits, _, $ and -`;
  const { filters = [], deliver, backOff } = config;
  for (let i = 0; i < filters.length; i++) {
    const filter = filters[i] ?? "";
    if (!isPattern(filter)) return `filters[${i}]: "${filter}" is no subject`;
    if (!stream.subjects.some((pattern) => overlap(pattern, filter))) {
      return `filters[${i}]: "${filter}" matches nothing that the stream takes`;
    }
    for (let j = 0; j < i; j++) {
      if (overlap(filter, filters[j] ?? "")) return `filters[${i}]: "${filter}" overlaps another`;
    }
  }
  if (config.deliverGroup !== undefined && config.mode !== "push") {
    return "deliverGroup: a pull consumer has none";
  }
  if (backOff !== undefined && backOff.length === 0) return "backOff: there must be at least one time";
  if (backOff !== undefined && config.maxDeliver !== undefined && backOff.length > config.maxDeliver) {
    return `backOff: has more times than the ${config.maxDeliver} deliveries of maxDeliver`;
  }
  return firstOf(
    positive("ackWait", config.ackWait),
    positive("maxDeliver", config.maxDeliver),
    positive("maxAckPending", config.maxAckPending),
    ...(backOff ?? []).map((wait, at) => positive(`backOff[${at}]`, wait)),
    typeof deliver === "object" ? positive("deliver.fromSequence", deliver.fromSequence) : undefined,
  );
}

export function bucketFault({ name, history }: BucketConfig): string | undefined {
  if (!NAME.test(name)) return `name: "${name}" is not of letters, digits, _, $ and -`;
  if (history !== undefined && history > MAX_HISTORY)
    return `history: at most ${MAX_HISTORY}, not ${history}`;
  return positive("history", history);
}

/** Whether a consumer wants a subject. */
export function wants({ filters }: ConsumerConfig, subject: string): boolean {
  return filters === undefined || filters.some((filter) => matches(filter, subject));
}

/** Whether two consumers want some of the same messages. */
export function compete(one: ConsumerConfig, other: ConsumerConfig): boolean {
  const { filters: a } = one;
  const { filters: b } = other;
  if (a === undefined || b === undefined) return true;
  return a.some((left) => b.some((right) => overlap(left, right)));
}

function positive(path: string, value: number | undefined): string | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return undefined;
  return `${path}: ${value} is no whole number above 0`;
}

function firstOf(...faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}
