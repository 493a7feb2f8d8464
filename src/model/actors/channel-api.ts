/**
 * Channels as those who use them see them: a queue between senders and receivers, in memory (`MemoryChannel`) or kept by a
 * replicated broker (`BrokerChannel` in `../channels`, which says in what it differs).
 *
 * At least once: what was accepted is delivered, and again when it was not acknowledged in time, until it is acknowledged; what
 * was delivered too often or has grown too old goes to the dead letters, and counts as there until they have it. First in,
 * first out: what is delivered is always the oldest message that is not out with a receiver. At most `capacity` messages are
 * kept; a sender that finds the channel full waits, has its message dropped, or is refused, by the channel's policy. What is in
 * memory is lost with its host.
 */
import type { Micros } from "seedstorm";
import type { Detail, Supervised } from "./actor.js";
import { type Complaint, count, duration } from "./config.js";

export interface ChannelConfig {
  readonly name: string;
  /** Messages that are kept: those that are out with receivers included. */
  readonly capacity: number;
  /** What becomes of a message for which there is no room: its sender waits, it is dropped, or it is refused. */
  readonly whenFull: "block" | "drop" | "error";
  /** How long a sender waits for room. */
  readonly sendTimeout: Micros;
  /** How long a receiver waits for a message. */
  readonly receiveTimeout: Micros;
  /** `at-most-once` forgets a message when it is delivered. Default: at least once. */
  readonly delivery?: "at-least-once" | "at-most-once";
  /** How long a delivery may go without an answer before the message is delivered again. */
  readonly ackTimeout: Micros;
  /** Deliveries of one message; then it goes to the dead letters. */
  readonly maxDeliveries: number;
  /** A message that is as old as this goes to the dead letters, unless it is out with a receiver. Default: none does. */
  readonly messageTtl?: Micros;
  readonly detail?: Detail;
}

/** What is wrong with each setting, for `checkConfig`. */
export function channelFields(config: ChannelConfig): Readonly<Record<string, Complaint>> {
  return {
    capacity: count(config.capacity, 1),
    sendTimeout: duration(config.sendTimeout),
    receiveTimeout: duration(config.receiveTimeout),
    ackTimeout: duration(config.ackTimeout),
    maxDeliveries: count(config.maxDeliveries, 1),
    messageTtl: config.messageTtl === undefined ? undefined : duration(config.messageTtl),
  };
}

export type SendResult =
  /** It is kept. */
  | { readonly ok: true; readonly sequence: number }
  /** It certainly is not. */
  | { readonly ok: false; readonly error: "timed-out" | "dropped" | "full" | "closed" }
  /** It may be: whoever knows did not answer in time. Never where the channel is in memory. */
  | { readonly ok: false; readonly error: "unknown" };

export interface Delivery<M> {
  readonly message: M;
  /** The sender's name for it, as given to `send`. */
  readonly key: string;
  readonly sequence: number;
  /** 1 on the first delivery. */
  readonly count: number;
  /**
   * Done with. False when this delivery was over already: it was answered, or the message was delivered again; and where
   * nobody could be found who would take the answer.
   */
  ack(): Promise<boolean>;
  /** Not done: it is delivered again, next. False as for `ack`. */
  nack(): Promise<boolean>;
}

export type ReceiveResult<M> =
  | { readonly ok: true; readonly delivery: Delivery<M> }
  | { readonly ok: false; readonly error: "timed-out" | "closed" };

/** The end of a channel at which messages come out. */
export interface Outlet<M> {
  readonly name: string;
  /**
   * @param receiver names who receives, in the history.
   * @param holder when it ends while it waits, it is given nothing; what it has got from a channel in memory and not answered for
   * is delivered again at once. To be given by every actor.
   */
  receive(receiver: string, holder?: Supervised): Promise<ReceiveResult<M>>;
  /** Nothing more is taken in, and nobody waits any longer. What is kept can still be received. */
  close(): void;
}

export interface Channel<M> extends Outlet<M> {
  /** @param key names the message in the history, and to receivers. */
  send(message: M, key: string): Promise<SendResult>;
}

/** A message that could not be delivered. */
export interface DeadLetter<M> {
  readonly channel: string;
  readonly message: M;
  readonly key: string;
  readonly sequence: number;
  readonly reason: "expired" | "too-many-deliveries";
}

/** Where dead letters go. Until it has answered true the channel keeps the message. */
export type DeadLetters<M> = (letter: DeadLetter<M>) => boolean | Promise<boolean>;

/** `missed`: subscribers that will not get it, since their own channels were full. */
export type PublishResult =
  | { readonly ok: true; readonly missed: number }
  | Extract<SendResult, { readonly ok: false }>;

/** One message for each subscriber that there is when it is published. */
export interface Topic<M> {
  readonly name: string;
  publish(message: M, key: string): Promise<PublishResult>;
  /** Begins a subscription, with the topic's configuration. */
  subscribe(subscriber: string): Outlet<M>;
  /** Ends it; what it had not received is gone. Harmless when there is none. */
  unsubscribe(subscriber: string): void;
}
