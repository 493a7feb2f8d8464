/** What a client of the broker can ask for. Made by `new BrokerClient(host, options)`. */
import type { Json, Micros } from "seedstorm";
import type {
  BrokerOutcome,
  Bucket,
  ConsumerState,
  Delivery,
  PublishAck,
  PublishOptions,
  PullOptions,
  PurgeOptions,
  StoredMessage,
  StreamState,
  Subscription,
} from "./api.js";
import type { BucketConfig, ConsumerConfig, StreamConfig } from "./config.js";

export interface BrokerClientOptions {
  /** Ids of all brokers, the nearest first. */
  readonly brokers: readonly string[];
  /** How long a request is tried for. Default: five seconds. */
  readonly timeout?: Micros;
  /** How long one broker is waited for before another is asked. Default: one second. */
  readonly attemptTimeout?: Micros;
}

export interface Broker {
  /** Harmless when it is there with the same configuration. */
  createStream(config: StreamConfig): Promise<BrokerOutcome<void>>;
  /**
   * Replaces subjects and limits; messages beyond the new limits go at once. A stream of one replica follows when its broker
   * has heard of it.
   */
  updateStream(config: StreamConfig): Promise<BrokerOutcome<void>>;
  /** With its messages and consumers. One of the same name that is made later begins anew. */
  deleteStream(stream: string): Promise<BrokerOutcome<void>>;
  /** Removes messages, whoever wants them; sequences go on. Answers with how many. */
  purgeStream(stream: string, options?: PurgeOptions): Promise<BrokerOutcome<number>>;
  createConsumer(stream: string, config: ConsumerConfig): Promise<BrokerOutcome<void>>;
  deleteConsumer(stream: string, consumer: string): Promise<BrokerOutcome<void>>;
  createBucket(config: BucketConfig): Promise<BrokerOutcome<void>>;
  /**
   * Answered once the message is stored as the stream's replicas promise. A repeat of a publish whose outcome is unknown
   * may store it twice, unless it has a message id and comes within the duplicate window.
   */
  publish(subject: string, data: Json, options?: PublishOptions): Promise<BrokerOutcome<PublishAck>>;
  /** Takes messages for a pull consumer; an empty list when there was none in time. */
  pull(stream: string, consumer: string, options: PullOptions): Promise<BrokerOutcome<readonly Delivery[]>>;
  /**
   * Takes part in a push consumer until stopped: `onDelivery` gets what falls to this member. Refusals are found out only by
   * `consumerState`: a subscription goes on asking.
   */
  subscribe(
    stream: string,
    consumer: string,
    onDelivery: (delivery: Delivery) => void,
    deliverGroup?: string,
  ): Subscription;
  /** Messages that are kept, by sequence; no consumer's cursor is touched. */
  readStream(
    stream: string,
    options: { readonly after: number; readonly limit: number; readonly filter?: string },
  ): Promise<BrokerOutcome<readonly StoredMessage[]>>;
  streamState(stream: string): Promise<BrokerOutcome<StreamState>>;
  consumerState(stream: string, consumer: string): Promise<BrokerOutcome<ConsumerState>>;
  bucket(name: string): Bucket;
}
