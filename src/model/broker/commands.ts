/**
 * What goes through the log of a broker's group, and what it comes to. Every command has the time at which its leader
 * proposed it: the group's own time, by which messages age and deliveries become due.
 */
import type { Json, Micros, Write } from "seedstorm";
import type { Advisory, BrokerRefusal, Headers } from "./api.js";
import type { ConsumerConfig, StreamConfig } from "./config.js";

export interface PublishCommand {
  readonly type: "publish";
  readonly stream: string;
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Json;
  readonly messageId?: string;
  readonly expectedLastSequence?: number;
  readonly expectedLastSubjectSequence?: number;
  /** Only if the subject's last message is none, or says that its key is deleted. */
  readonly creates?: boolean;
}

export interface DeliverCommand {
  readonly type: "deliver";
  readonly stream: string;
  readonly consumer: string;
  readonly batch: number;
  /** Who gets them. */
  readonly to: string;
}

export interface AnswerCommand {
  readonly type: "answer";
  readonly stream: string;
  readonly consumer: string;
  readonly sequence: number;
  readonly deliveryCount: number;
  readonly answer:
    | { readonly kind: "ack" }
    | { readonly kind: "nak"; readonly delay: Micros }
    | { readonly kind: "progress" }
    | { readonly kind: "term"; readonly reason: string };
}

export interface PurgeCommand {
  readonly type: "purge";
  readonly stream: string;
  readonly filter: string;
  /** Only messages with lower sequences. */
  readonly below?: number;
  /** How many of the newest that match stay. */
  readonly keep?: number;
}

export type ClientCommand =
  | { readonly type: "create-stream"; readonly config: StreamConfig }
  | { readonly type: "update-stream"; readonly config: StreamConfig }
  | { readonly type: "delete-stream"; readonly stream: string }
  | PurgeCommand
  | { readonly type: "create-consumer"; readonly stream: string; readonly config: ConsumerConfig }
  | { readonly type: "delete-consumer"; readonly stream: string; readonly consumer: string }
  | PublishCommand
  | DeliverCommand
  | AnswerCommand;

/** What the catalogue says of a stream. */
export interface Declaration {
  readonly config: StreamConfig;
  /** Another one for a stream that was deleted and made again. */
  readonly id: string;
  /** Goes up with each update. */
  readonly revision: number;
}

/**
 * `adopt-stream`: the one-member group that holds the stream is told of its declaration. `tick`: something
 * has become due.
 */
export type BrokerCommand = (
  | ClientCommand
  | { readonly type: "adopt-stream"; readonly declaration: Declaration }
  | { readonly type: "tick" }
) & { readonly at: Micros };

export interface MessageData {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Json;
  readonly publishedAt: Micros;
}

export interface DeliveredMessage extends MessageData {
  readonly deliveryCount: number;
  readonly pending: number;
}

export type BrokerResult =
  | { readonly ok: true; readonly kind: "done" }
  | { readonly ok: true; readonly kind: "published"; readonly sequence: number; readonly duplicate: boolean }
  | { readonly ok: true; readonly kind: "purged"; readonly messages: number }
  | { readonly ok: true; readonly kind: "delivered"; readonly messages: readonly DeliveredMessage[] }
  | { readonly ok: false; readonly reason: BrokerRefusal };

/** The header by which a bucket marks the deletion of a key. */
export const OPERATION_HEADER = "KV-Operation";
export const DELETED = "DEL";

/** What a command changes, beside the state itself. */
export interface Changes {
  readonly now: Micros;
  readonly writes: Write[];
  readonly advisories: { readonly kind: "maxDeliveries" | "terminated"; readonly advisory: Advisory }[];
  /** Consumers that may have something to deliver now, as `STREAM/CONSUMER`. */
  readonly ready: Set<string>;
  /** Streams that have got a message. */
  readonly published: Set<string>;
}
