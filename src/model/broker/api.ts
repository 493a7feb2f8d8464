/**
 * The broker as its clients see it: what is published, delivered and answered, and how each request can come out.
 */
import type { Json, Micros } from "seedstorm";

export type Headers = Readonly<Record<string, string>>;

/** How a request came out. */
export type BrokerOutcome<R> =
  | { readonly status: "ok"; readonly value: R }
  /** Not done, and for good: a committed decision, or a request that makes no sense. */
  | { readonly status: "refused"; readonly reason: BrokerRefusal }
  /** Certainly not done: nobody who could do it answered. */
  | { readonly status: "unavailable" }
  /** May have been done. */
  | { readonly status: "unknown" };

export type BrokerRefusal =
  /** A configuration or a subject that the broker does not take. */
  | "invalid"
  | "no-such-stream"
  | "no-such-consumer"
  /** A stream or consumer of this name is there with another configuration. */
  | "exists"
  /** An update of what can't be changed: retention, replicas, storage, placement. */
  | "not-changeable"
  /** A subject would belong to two streams. */
  | "subjects-overlap"
  /** A second consumer of a work queue would want the same messages. */
  | "filters-overlap"
  /** No stream takes this subject. */
  | "no-stream-for-subject"
  /** The stream is full and discards new messages. */
  | "stream-full"
  | "message-too-large"
  /** The last sequence, of the stream or of the subject, is another one than expected. */
  | "wrong-last-sequence"
  /** This key is there, and was to be created. */
  | "key-exists"
  /** Another delivery of this message has been made since, or it is done with. An ack is not refused for that. */
  | "not-current";

export interface PublishOptions {
  readonly headers?: Headers;
  /** A message with the same id within the stream's duplicate window is stored once. */
  readonly messageId?: string;
  readonly expectedLastSequence?: number;
  /** 0: no message of this subject is kept. */
  readonly expectedLastSubjectSequence?: number;
}

/** The message is durable, or was before: then `sequence` is that of the first. */
export interface PublishAck {
  readonly stream: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

export interface StoredMessage {
  readonly stream: string;
  /** From 1, without gaps as published. */
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Json;
  /** When it was published, by the broker's own time, which never goes back. */
  readonly publishedAt: Micros;
}

/** One delivery of one message to one consumer, and the four ways to answer it. */
export interface Delivery extends StoredMessage {
  readonly consumer: string;
  /** 1 on the first delivery. */
  readonly deliveryCount: number;
  /** Messages that this consumer has still to be given, as of this delivery. */
  readonly pending: number;
  /** Done. Answered once it is durable. Also good when the message was delivered to somebody else meanwhile. */
  ack(): Promise<BrokerOutcome<void>>;
  /** Not done: to be delivered again, after `delay` if given. */
  nak(delay?: Micros): Promise<BrokerOutcome<void>>;
  /** Still at it: the ack wait begins anew. */
  inProgress(): Promise<BrokerOutcome<void>>;
  /** Not to be delivered again, though not done; with an advisory. */
  term(reason: string): Promise<BrokerOutcome<void>>;
}

export interface PullOptions {
  /** At most so many messages. */
  readonly batch: number;
  /** How long to wait for the first one. */
  readonly wait: Micros;
}

/** Which messages go; all of them when everything is left out. */
export interface PurgeOptions {
  /** Subjects, with wildcards. */
  readonly filter?: string;
  /** Only messages with lower sequences. */
  readonly below?: number;
  /** How many of the newest that match stay. */
  readonly keep?: number;
}

export interface StreamState {
  readonly messages: number;
  readonly bytes: number;
  /** Of the oldest message that is kept; one above the last when there is none. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly consumers: readonly string[];
}

export interface ConsumerState {
  /** Everything up to here is acked, terminated or given up, or was not wanted. */
  readonly ackFloor: number;
  /** Everything up to here was delivered at least once. */
  readonly delivered: number;
  readonly ackPending: number;
  /** Messages that are kept and were not delivered yet. */
  readonly pending: number;
  /** Messages delivered more than once that are not done with. */
  readonly redelivered: number;
}

/** A running push subscription. */
export interface Subscription {
  /** No more deliveries from now on. What was delivered can still be answered. */
  stop(): void;
}

/**
 * Advisories are messages, on these subjects, with the data below. To have them, declare a stream for
 * `$JS.EVENT.ADVISORY.>` with the same replicas and placement as the streams that they are about.
 */
export const ADVISORY_SUBJECTS = {
  maxDeliveries: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES",
  terminated: "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED",
} as const;

export interface Advisory {
  readonly stream: string;
  readonly consumer: string;
  readonly sequence: number;
  readonly deliveryCount: number;
  /** What `term` was called with; empty for a message that was given up. */
  readonly reason: string;
}

/** What a bucket has of a key. */
export interface BucketEntry {
  readonly key: string;
  /** Of the bucket, ascending over all its keys. */
  readonly revision: number;
  readonly operation: "put" | "delete";
  /** Null for a deletion. */
  readonly value: Json;
  readonly writtenAt: Micros;
}

/** What a watch sees: entries in the order of their revisions. */
export type WatchEvent =
  | { readonly type: "entry"; readonly entry: BucketEntry }
  /** Everything that was there when the watch began has been seen: once for each beginning. */
  | { readonly type: "current" }
  /** The bucket was lost and begun anew: forget everything, entries begin from the start. */
  | { readonly type: "reset" };

export interface Watch {
  stop(): void;
}

/** A key-value bucket. Keys are subjects: parts of letters, digits, `-`, `_`, `=`, `/` with dots between them. */
export interface Bucket {
  /** The newest entry, a deletion too; undefined when there is none. A linearizable read. */
  get(key: string): Promise<BrokerOutcome<BucketEntry | undefined>>;
  /** Revisions that are kept of a key, the oldest first. */
  history(key: string): Promise<BrokerOutcome<readonly BucketEntry[]>>;
  /** Keys that have a value. */
  keys(): Promise<BrokerOutcome<readonly string[]>>;
  /** Answers with the new revision. */
  put(key: string, value: Json): Promise<BrokerOutcome<number>>;
  /** Refused with `key-exists` when the key has a value. */
  create(key: string, value: Json): Promise<BrokerOutcome<number>>;
  /** Refused with `wrong-last-sequence` unless `revision` is the key's last. */
  update(key: string, value: Json, revision: number): Promise<BrokerOutcome<number>>;
  /** @param revision as in `update`; whatever it is when left out. */
  delete(key: string, revision?: number): Promise<BrokerOutcome<number>>;
  /**
   * Sees the newest entry of each key (deletions too) and then every change, in order and without gaps, until it is stopped:
   * over changes of leader, lost connections and whatever else. `onEvent` is waited for before the next one.
   *
   * @param keys which ones, with wildcards; all by default.
   */
  watch(onEvent: (event: WatchEvent) => void | Promise<void>, keys?: string): Watch;
}
