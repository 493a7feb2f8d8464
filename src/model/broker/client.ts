/**
 * A client of the broker: streams, consumers and buckets over the network, with every call and outcome in the history.
 *
 * A request is tried until it is answered or its time is over, and is done once however often it is asked. What may have
 * been done says `unknown`; to publish that again is safe only with a message id.
 */
import { type Host, type Json, type Micros, SECOND } from "seedstorm";
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
import { BrokerBucket, bucketStream } from "./bucket.js";
import type { Broker, BrokerClientOptions } from "./client-api.js";
import type {
  AnswerCommand,
  ClientCommand,
  DeliveredMessage,
  MessageData,
  PublishCommand,
} from "./commands.js";
import type { BucketConfig, ConsumerConfig, StreamConfig } from "./config.js";
import { PUSH, SUBSCRIBE, type Subscribed, UNSUBSCRIBE } from "./protocol.js";
import { BrokerRecorder } from "./recorder.js";
import { type Committed, Requests } from "./requests.js";
import { bytesOf, digestOf } from "./stream.js";
import { isPattern, isSubject } from "./subjects.js";
import { bucketFault } from "./validate.js";

/** How often a subscriber says that it is there. */
const SIGN_OF_LIFE: Micros = SECOND;
/** Messages in one answer to `readStream`, unless it asks for fewer. */
const READ_LIMIT = 1_000;

const INVALID = { status: "refused", reason: "invalid" } as const;

export class BrokerClient implements Broker {
  readonly #host: Host;
  readonly #brokers: readonly string[];
  readonly #client: string;
  readonly #requests: Requests;
  readonly #recorder: BrokerRecorder;
  readonly #members = new Map<string, (delivery: Delivery) => void>();
  #subscriptions = 0;
  #isListening = false;

  /** @param name tells clients on one host apart; one of a host's may have none. */
  constructor(host: Host, options: BrokerClientOptions, name = "") {
    this.#host = host;
    this.#brokers = options.brokers;
    this.#client = `${host.id}${name === "" ? "" : `.${name}`}#${host.incarnation}`;
    this.#requests = new Requests(host, this.#client, options);
    this.#recorder = new BrokerRecorder(host, this.#client);
  }

  createStream(config: StreamConfig): Promise<BrokerOutcome<void>> {
    const value = config as unknown as Json; // plain data
    return this.#done("create-stream", config.name, value, { type: "create-stream", config });
  }

  updateStream(config: StreamConfig): Promise<BrokerOutcome<void>> {
    const value = config as unknown as Json; // plain data
    return this.#done("update-stream", config.name, value, { type: "update-stream", config });
  }

  deleteStream(stream: string): Promise<BrokerOutcome<void>> {
    return this.#done("delete-stream", stream, null, { type: "delete-stream", stream });
  }

  async purgeStream(
    stream: string,
    { filter = ">", below, keep = 0 }: PurgeOptions = {},
  ): Promise<BrokerOutcome<number>> {
    if (!isPattern(filter) || !Number.isSafeInteger(keep) || keep < 0) return INVALID;
    const outcome = await this.#recorder.call(
      "purge",
      stream,
      { filter, below: below ?? null, keep },
      () =>
        this.#requests.command(stream, {
          type: "purge",
          stream,
          filter,
          keep,
          ...(below === undefined ? {} : { below }),
        }),
      ({ result }) => (result.kind === "purged" ? result.messages : 0),
    );
    if (outcome.status !== "ok") return outcome;
    const { result } = outcome.value;
    return { status: "ok", value: result.kind === "purged" ? result.messages : 0 };
  }

  createConsumer(stream: string, config: ConsumerConfig): Promise<BrokerOutcome<void>> {
    const value = config as unknown as Json; // plain data
    return this.#done("create-consumer", stream, value, { type: "create-consumer", stream, config });
  }

  deleteConsumer(stream: string, consumer: string): Promise<BrokerOutcome<void>> {
    return this.#done("delete-consumer", stream, consumer, { type: "delete-consumer", stream, consumer });
  }

  async createBucket(config: BucketConfig): Promise<BrokerOutcome<void>> {
    if (bucketFault(config) !== undefined) return INVALID;
    return this.createStream(bucketStream(config));
  }

  publish(subject: string, data: Json, options: PublishOptions = {}): Promise<BrokerOutcome<PublishAck>> {
    const { headers = {}, ...expectations } = options;
    return this.#publish({ type: "publish", stream: "", subject, headers, data, ...expectations });
  }

  async pull(
    stream: string,
    consumer: string,
    { batch, wait }: PullOptions,
  ): Promise<BrokerOutcome<readonly Delivery[]>> {
    if (!Number.isSafeInteger(batch) || batch <= 0 || !Number.isSafeInteger(wait) || wait < 0) return INVALID;
    const outcome = await this.#recorder.call(
      "pull",
      `${stream}/${consumer}`,
      { batch, by: this.#client },
      () =>
        this.#requests.command(stream, { type: "deliver", stream, consumer, batch, to: this.#client }, wait),
      ({ result }) => (result.kind === "delivered" ? result.messages.map(shown) : []),
    );
    if (outcome.status !== "ok") return outcome;
    const { result } = outcome.value;
    const messages = result.kind === "delivered" ? result.messages : [];
    return { status: "ok", value: messages.map((message) => this.#delivery(stream, consumer, message)) };
  }

  subscribe(
    stream: string,
    consumer: string,
    onDelivery: (delivery: Delivery) => void,
    deliverGroup?: string,
  ): Subscription {
    this.#listen();
    this.#subscriptions++;
    const member = `${this.#client}/${this.#subscriptions}`;
    const body: Subscribed = { stream, consumer, deliverGroup, member };
    this.#members.set(member, onDelivery);
    this.#recorder.subscription(member, "begun", stream, consumer);
    const sayThatWeAreHere = (): void => {
      if (!this.#members.has(member)) return;
      for (const broker of this.#brokers) this.#host.send(SUBSCRIBE, broker, body);
      this.#host.after(SIGN_OF_LIFE, sayThatWeAreHere);
    };
    sayThatWeAreHere();
    return {
      stop: () => {
        if (!this.#members.delete(member)) return;
        this.#recorder.subscription(member, "over", stream, consumer);
        for (const broker of this.#brokers) this.#host.send(UNSUBSCRIBE, broker, body);
      },
    };
  }

  async readStream(
    stream: string,
    {
      after,
      limit,
      filter = ">",
    }: { readonly after: number; readonly limit: number; readonly filter?: string },
  ): Promise<BrokerOutcome<readonly StoredMessage[]>> {
    const read = {
      what: "messages",
      stream,
      after,
      limit: Math.min(limit, READ_LIMIT),
      filter,
      wait: 0,
    } as const;
    const outcome = await this.#recorder.call(
      "read",
      stream,
      { after, limit, filter },
      () => this.#requests.read(read),
      ({ messages }) =>
        messages.map(({ sequence, subject, headers, data }) => [sequence, digestOf(subject, headers, data)]),
    );
    if (outcome.status !== "ok") return outcome;
    return { status: "ok", value: outcome.value.messages.map((message) => stored(stream, message)) };
  }

  streamState(stream: string): Promise<BrokerOutcome<StreamState>> {
    return this.#recorder.call(
      "stream-state",
      stream,
      null,
      () => this.#requests.read({ what: "stream", stream }),
      (state) => ({ ...state }),
    );
  }

  consumerState(stream: string, consumer: string): Promise<BrokerOutcome<ConsumerState>> {
    return this.#recorder.call(
      "consumer-state",
      `${stream}/${consumer}`,
      null,
      () => this.#requests.read({ what: "consumer", stream, consumer }),
      (state) => ({ ...state }),
    );
  }

  bucket(name: string): Bucket {
    return new BrokerBucket(this.#host, name, this.#requests, this.#recorder, (command) =>
      this.#publish(command),
    );
  }

  async #publish(command: PublishCommand): Promise<BrokerOutcome<PublishAck>> {
    const { subject, headers, data, messageId = "" } = command;
    if (!isSubject(subject)) return INVALID;
    const about = command.stream === "" ? subject : command.stream;
    this.#recorder.message("publish", about, -1, messageId);
    const { expectedLastSequence = null, expectedLastSubjectSequence = null, creates = false } = command;
    const value = {
      subject,
      id: messageId,
      digest: digestOf(subject, headers, data),
      bytes: bytesOf(subject, headers, data),
      expectedLastSequence,
      expectedLastSubjectSequence,
      creates,
    };
    const outcome = await this.#recorder.call(
      "publish",
      about,
      value,
      async () => published(await this.#requests.command(about, command)),
      (ack) => ({ ...ack }),
    );
    if (outcome.status === "ok") {
      this.#recorder.message("publish-ack", outcome.value.stream, outcome.value.sequence, messageId);
    }
    return outcome;
  }

  async #done(
    operation: string,
    about: string,
    value: Json,
    command: ClientCommand,
  ): Promise<BrokerOutcome<void>> {
    return this.#recorder.call(
      operation,
      about,
      value,
      async () => withoutValue(await this.#requests.command(about, command)),
      () => null,
    );
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#host.onMessage(PUSH, ({ stream, consumer, member, messages }) => {
      const onDelivery = this.#members.get(member);
      if (onDelivery === undefined) return;
      for (const message of messages) onDelivery(this.#delivery(stream, consumer, message));
    });
  }

  #delivery(stream: string, consumer: string, message: DeliveredMessage): Delivery {
    const { sequence, deliveryCount, pending, subject } = message;
    const delivery = { consumer, deliveryCount };
    this.#recorder.message("deliver", stream, sequence, subject, delivery);
    const answer = (
      kind: "ack" | "nack" | "term" | undefined,
      how: AnswerCommand["answer"],
    ): Promise<BrokerOutcome<void>> => {
      if (kind !== undefined) this.#recorder.message(kind, stream, sequence, subject, delivery);
      return this.#done(
        how.kind,
        `${stream}/${consumer}`,
        { sequence, deliveryCount, ...(how.kind === "nak" ? { delay: how.delay } : {}) },
        { type: "answer", stream, consumer, sequence, deliveryCount, answer: how },
      );
    };
    return {
      ...stored(stream, message),
      consumer,
      deliveryCount,
      pending,
      ack: () => answer("ack", { kind: "ack" }),
      nak: (delay = 0) => answer("nack", { kind: "nak", delay: Math.max(0, delay) }),
      inProgress: () => answer(undefined, { kind: "progress" }),
      term: (reason) => answer("term", { kind: "term", reason }),
    };
  }
}

/** What is recorded of a message that was pulled. */
function shown({ sequence, deliveryCount, subject, headers, data, pending }: DeliveredMessage): Json {
  return [sequence, deliveryCount, digestOf(subject, headers, data), pending];
}

function stored(
  stream: string,
  { sequence, subject, headers, data, publishedAt }: MessageData,
): StoredMessage {
  return { stream, sequence, subject, headers, data, publishedAt };
}

function published(outcome: BrokerOutcome<Committed>): BrokerOutcome<PublishAck> {
  if (outcome.status !== "ok") return outcome;
  const { result, stream } = outcome.value;
  if (result.kind !== "published") throw new Error(`a publish was answered with ${result.kind}`);
  const { sequence, duplicate } = result;
  return { status: "ok", value: { stream, sequence, duplicate } };
}

function withoutValue(outcome: BrokerOutcome<Committed>): BrokerOutcome<void> {
  return outcome.status === "ok" ? { status: "ok", value: undefined } : outcome;
}
