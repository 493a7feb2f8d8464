/** What clients and brokers say to each other. */
import { type Micros, message, rpc } from "seedstorm";
import type { Elsewhere } from "../replication/elsewhere.js";
import type { Session } from "../replication/machine.js";
import type { ConsumerState, StreamState } from "./api.js";
import type { BrokerResult, ClientCommand, DeliveredMessage, MessageData } from "./commands.js";

export type BrokerRead =
  | { readonly what: "stream"; readonly stream: string }
  | { readonly what: "consumer"; readonly stream: string; readonly consumer: string }
  | {
      readonly what: "messages";
      readonly stream: string;
      readonly after: number;
      readonly limit: number;
      readonly filter: string;
      /** How long to wait for the first one. */
      readonly wait: Micros;
    }
  /** The newest message of each subject. */
  | { readonly what: "newest"; readonly stream: string; readonly filter: string };

export interface MessagesRead {
  /** Another one for a stream that was lost and made again. */
  readonly instance: string;
  readonly lastSequence: number;
  readonly messages: readonly MessageData[];
}

export type BrokerReadValue<R extends BrokerRead> = R extends { readonly what: "stream" }
  ? StreamState
  : R extends { readonly what: "consumer" }
    ? ConsumerState
    : MessagesRead;

export type BrokerQuestion =
  | {
      readonly kind: "command";
      /** A message's stream is found by its subject where it is left empty. */
      readonly command: ClientCommand;
      readonly session: Session;
      /** How long a delivery may wait for the first message. */
      readonly wait: Micros;
    }
  | { readonly kind: "read"; readonly read: BrokerRead };

export type BrokerAnswer =
  | { readonly status: "done"; readonly result: BrokerResult; readonly stream: string }
  | { readonly status: "read"; readonly value: StreamState | ConsumerState | MessagesRead };
export type BrokerReply = BrokerAnswer | Elsewhere;

export const BROKER = rpc<BrokerQuestion, BrokerReply>("broker");

/** A subscriber of a push consumer is there, and says so again and again. */
export interface Subscribed {
  readonly stream: string;
  readonly consumer: string;
  readonly deliverGroup: string | undefined;
  readonly member: string;
}

export interface Pushed {
  readonly stream: string;
  readonly consumer: string;
  readonly member: string;
  readonly messages: readonly DeliveredMessage[];
}

export const SUBSCRIBE = message<Subscribed>("broker/subscribe");
export const UNSUBSCRIBE = message<Subscribed>("broker/unsubscribe");
export const PUSH = message<Pushed>("broker/push");
