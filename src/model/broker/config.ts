/**
 * What streams, consumers and buckets are declared with. The shape is that of NATS JetStream; times are microseconds, and
 * 0 stands for "no limit" nowhere: what has no limit is left out.
 */
import type { Micros } from "seedstorm";

export interface StreamConfig {
  readonly name: string;
  /** What it takes in: `orders.*.created`, `orders.>`. No subject may match two streams. */
  readonly subjects: readonly string[];
  /**
   * When a message goes: `limits`: only by the limits below; `interest`: when every consumer that wants it has acked it, at
   * once when nobody does; `work-queue`: when the one consumer that may want it has acked it.
   */
  readonly retention: "limits" | "interest" | "work-queue";
  /** Copies. 3: a Raft group of all brokers, which survives the loss of one disk. 1: on `placement` alone. */
  readonly replicas: 1 | 3;
  /** `memory` is lost with the broker's process, and is for streams of one replica. */
  readonly storage: "file" | "memory";
  /** The broker that has a stream of one replica. Default: the first one. */
  readonly placement?: string;
  readonly maxMessages?: number;
  /** Of subjects, headers and data in UTF-8. */
  readonly maxBytes?: number;
  readonly maxAge?: Micros;
  readonly maxMessagesPerSubject?: number;
  /** Of one message; a larger one is refused. */
  readonly maxMessageBytes?: number;
  /** What gives way when it is full: the oldest messages, or the one that comes. Default: old. */
  readonly discard?: "old" | "new";
  /** For how long the id of a message is known. Default: two minutes. */
  readonly duplicateWindow?: Micros;
}

export interface ConsumerConfig {
  readonly name: string;
  /** `push` delivers to whoever has subscribed, each message to one of them. Default: pull. */
  readonly mode?: "pull" | "push";
  /** For push: the name that subscribers must give. Default: none. */
  readonly deliverGroup?: string;
  /** Subjects that it wants; all when left out. */
  readonly filters?: readonly string[];
  /** Where it begins. Default: `all`. */
  readonly deliver?: "all" | "new" | { readonly fromSequence: number };
  /** How long a delivery may go without an answer before the message is delivered again. Default: 30 seconds. */
  readonly ackWait?: Micros;
  /** In place of `ackWait`, by delivery; the last one stays. */
  readonly backOff?: readonly Micros[];
  /** Deliveries of one message; then it is given up, with an advisory. Default: no limit. */
  readonly maxDeliver?: number;
  /** Deliveries without an answer before no more are made. Default: 1000. */
  readonly maxAckPending?: number;
}

export interface BucketConfig {
  readonly name: string;
  readonly replicas: 1 | 3;
  readonly storage: "file" | "memory";
  readonly placement?: string;
  /** Revisions that are kept of each key. Default: 1. */
  readonly history?: number;
  readonly maxAge?: Micros;
}

export const MAX_HISTORY = 64;
