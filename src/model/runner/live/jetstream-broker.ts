/**
 * The runner's broker over JetStream: what the simulated broker's client does, done by a real one, with every call and outcome in
 * the history in the same form.
 *
 * A request is tried once and has a time-out: whoever asks repeats it, as the runner does. Answers to deliveries are confirmed by
 * the server. A pull takes one message at a time, whatever its batch, so that nothing is fetched that nobody is there to process.
 */
import {
  type Consumer,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { headers as emptyHeaders, type NatsConnection } from "@nats-io/transport-node";
import { type Host, type Json, MILLISECOND, type Micros, SECOND } from "seedstorm";
import type {
  BrokerOutcome,
  ConsumerState,
  Delivery,
  PublishAck,
  PublishOptions,
  PullOptions,
  StoredMessage,
  Subscription,
} from "../../broker/api.js";
import type { BucketConfig, ConsumerConfig, StreamConfig } from "../../broker/config.js";
import { BrokerRecorder } from "../../broker/recorder.js";
import { digestOf } from "../../broker/stream.js";
import type { RunnerBroker, RunnerBucket, StreamReach } from "../broker-port.js";
import { createBucket, JetStreamBucket } from "./jetstream-bucket.js";
import { outcomeOf } from "./outcomes.js";
import { consumerOf, headersFrom, messageData, pushSubject, streamOf } from "./translated.js";

const REQUEST_MS = 2_000;
/** The shortest time that a pull may wait. */
const SHORTEST_PULL: Micros = SECOND;
const NANOS_PER_MICRO = 1_000;

/** What a delivery is answered with. */
const ACK = "+ACK";
const PROGRESS = "+WPI";
const NAK = "-NAK";
const TERM = "+TERM";

export class JetStreamBroker implements RunnerBroker {
  readonly #host: Host;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #recorder: BrokerRecorder;
  /** Consumers that are pulled from, by `STREAM/CONSUMER`: they are looked up once. */
  readonly #pulled = new Map<string, Consumer>();

  private constructor(
    host: Host,
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#client = client;
    this.#manager = manager;
    this.#recorder = new BrokerRecorder(host, `${host.id}#${host.incarnation}`);
  }

  static async over(connection: NatsConnection, host: Host): Promise<JetStreamBroker> {
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
    return new JetStreamBroker(host, connection, jetstream(connection, { timeout: REQUEST_MS }), manager);
  }

  createStream(config: StreamConfig): Promise<BrokerOutcome<void>> {
    return this.#done("create-stream", config.name, config, () =>
      this.#manager.streams.add(streamOf(config)),
    );
  }

  updateStream(config: StreamConfig): Promise<BrokerOutcome<void>> {
    return this.#done("update-stream", config.name, config, () =>
      this.#manager.streams.update(config.name, streamOf(config)),
    );
  }

  createConsumer(stream: string, config: ConsumerConfig): Promise<BrokerOutcome<void>> {
    return this.#done("create-consumer", stream, config, () =>
      this.#manager.consumers.add(stream, consumerOf(stream, config)),
    );
  }

  createBucket(config: BucketConfig): Promise<BrokerOutcome<void>> {
    return createBucket(this.#client, config);
  }

  async publish(
    subject: string,
    data: Json,
    options: PublishOptions = {},
  ): Promise<BrokerOutcome<PublishAck>> {
    const { headers = {}, messageId = "", expectedLastSequence, expectedLastSubjectSequence } = options;
    this.#recorder.message("publish", subject, -1, messageId);
    const value = {
      subject,
      id: messageId,
      digest: digestOf(subject, headers, data),
      expectedLastSequence: expectedLastSequence ?? null,
      expectedLastSubjectSequence: expectedLastSubjectSequence ?? null,
      creates: false,
    };
    const sent = emptyHeaders();
    for (const [name, text] of Object.entries(headers)) sent.set(name, text);
    const expect = {
      ...(expectedLastSequence === undefined ? {} : { lastSequence: expectedLastSequence }),
      ...(expectedLastSubjectSequence === undefined
        ? {}
        : { lastSubjectSequence: expectedLastSubjectSequence }),
    };
    const outcome = await this.#recorder.call(
      "publish",
      subject,
      value,
      () =>
        outcomeOf("unknown", async (): Promise<PublishAck> => {
          const { stream, seq, duplicate } = await this.#client.publish(subject, JSON.stringify(data), {
            ...{ headers: sent, expect, timeout: REQUEST_MS, retries: 1 },
            ...(messageId === "" ? {} : { msgID: messageId }),
          });
          return { stream, sequence: seq, duplicate };
        }),
      (ack) => ({ ...ack }),
    );
    if (outcome.status === "ok")
      this.#recorder.message("publish-ack", outcome.value.stream, outcome.value.sequence, messageId);
    return outcome;
  }

  async pull(
    stream: string,
    consumer: string,
    { batch, wait }: PullOptions,
  ): Promise<BrokerOutcome<readonly Delivery[]>> {
    const outcome = await this.#recorder.call(
      "pull",
      `${stream}/${consumer}`,
      { batch },
      () => outcomeOf("unknown", () => this.#next(stream, consumer, wait)),
      (messages) => messages.map(({ seq }) => seq),
    );
    if (outcome.status !== "ok") {
      this.#pulled.delete(`${stream}/${consumer}`);
      return outcome;
    }
    return { status: "ok", value: outcome.value.map((message) => this.#delivery(message)) };
  }

  subscribe(
    stream: string,
    consumer: string,
    onDelivery: (delivery: Delivery) => void,
    deliverGroup?: string,
  ): Subscription {
    let messages: ConsumerMessages | undefined;
    let isStopped = false;
    const stop = (): void => {
      isStopped = true;
      messages?.stop();
    };
    const begin = async (): Promise<void> => {
      const bound = await this.#client.consumers.getBoundPushConsumer({
        deliver_subject: pushSubject(stream, consumer),
        ...(deliverGroup === undefined ? {} : { deliver_group: deliverGroup }),
      });
      messages = await bound.consume({
        callback: (message) => {
          if (!isStopped) onDelivery(this.#delivery(message));
        },
      });
      if (isStopped) stop();
    };
    void begin();
    return { stop };
  }

  async readStream(
    stream: string,
    {
      after,
      limit,
      filter = ">",
    }: { readonly after: number; readonly limit: number; readonly filter?: string },
  ): Promise<BrokerOutcome<readonly StoredMessage[]>> {
    return this.#recorder.call(
      "read",
      stream,
      { after, limit, filter },
      () => outcomeOf("unavailable", () => this.#read(stream, after, limit, filter)),
      (messages) =>
        messages.map(({ sequence, subject, headers, data }) => [sequence, digestOf(subject, headers, data)]),
    );
  }

  streamState(stream: string): Promise<BrokerOutcome<StreamReach>> {
    return this.#recorder.call(
      "stream-state",
      stream,
      null,
      () =>
        outcomeOf("unavailable", async (): Promise<StreamReach> => {
          const { state } = await this.#manager.streams.info(stream);
          return { messages: state.messages, firstSequence: state.first_seq, lastSequence: state.last_seq };
        }),
      (state) => ({ ...state }),
    );
  }

  consumerState(stream: string, consumer: string): Promise<BrokerOutcome<ConsumerState>> {
    return this.#recorder.call(
      "consumer-state",
      `${stream}/${consumer}`,
      null,
      () =>
        outcomeOf("unavailable", async (): Promise<ConsumerState> => {
          const found = await this.#manager.consumers.info(stream, consumer);
          return {
            ackFloor: found.ack_floor.stream_seq,
            delivered: found.delivered.stream_seq,
            ackPending: found.num_ack_pending,
            pending: found.num_pending,
            redelivered: found.num_redelivered,
          };
        }),
      (state) => ({ ...state }),
    );
  }

  bucket(name: string): RunnerBucket {
    return new JetStreamBucket(this.#host, this.#client, name);
  }

  async #next(stream: string, consumer: string, wait: Micros): Promise<JsMsg[]> {
    const key = `${stream}/${consumer}`;
    const pulled = this.#pulled.get(key) ?? (await this.#client.consumers.get(stream, consumer));
    this.#pulled.set(key, pulled);
    const found = await pulled.next({ expires: Math.max(wait, SHORTEST_PULL) / MILLISECOND });
    return found === null ? [] : [found];
  }

  /** One message after the other, as the stream's leader has them. */
  async #read(stream: string, after: number, limit: number, filter: string): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    let at = after;
    while (found.length < limit) {
      const query = { seq: at + 1, next_by_subj: filter };
      const message = await this.#manager.streams.getMessage(stream, query);
      if (message === null) break;
      const { seq, subject, header, data, time } = message;
      at = seq;
      found.push({
        ...{ stream, sequence: seq, subject },
        headers: headersFrom(header),
        data: messageData(subject, data),
        publishedAt: time.getTime() * MILLISECOND,
      });
    }
    return found;
  }

  #done(
    operation: string,
    about: string,
    config: StreamConfig | ConsumerConfig,
    request: () => Promise<unknown>,
  ): Promise<BrokerOutcome<void>> {
    return this.#recorder.call(
      operation,
      about,
      config as unknown as Json, // plain data
      () =>
        outcomeOf("unknown", async () => {
          await request();
        }),
      () => null,
    );
  }

  #delivery(message: JsMsg): Delivery {
    const { subject, info } = message;
    const reply = replyOf(message);
    const { stream, consumer, streamSequence: sequence, deliveryCount, pending, timestampNanos } = info;
    const about = { consumer, deliveryCount };
    this.#recorder.message("deliver", stream, sequence, subject, about);
    const answer = (
      kind: "ack" | "nack" | "term" | undefined,
      operation: string,
      payload: string,
      more: { readonly [name: string]: Json } = {},
    ): Promise<BrokerOutcome<void>> => {
      if (kind !== undefined) this.#recorder.message(kind, stream, sequence, subject, about);
      return this.#recorder.call(
        operation,
        `${stream}/${consumer}`,
        { sequence, deliveryCount, ...more },
        () =>
          outcomeOf("unknown", async () => {
            await this.#connection.request(reply, payload, { timeout: REQUEST_MS });
          }),
        () => null,
      );
    };
    const nak = (delay: Micros): string =>
      delay <= 0 ? NAK : `${NAK} ${JSON.stringify({ delay: delay * NANOS_PER_MICRO })}`;
    return {
      ...{ stream, sequence, subject, consumer, deliveryCount, pending },
      headers: headersFrom(message.headers),
      data: messageData(subject, message.data),
      publishedAt: Math.floor(timestampNanos / NANOS_PER_MICRO),
      ack: () => answer("ack", "ack", ACK),
      nak: (delay = 0) => answer("nack", "nak", nak(delay), { delay: Math.max(0, delay) }),
      inProgress: () => answer(undefined, "progress", PROGRESS),
      term: (reason) => answer("term", "term", `${TERM} ${reason}`),
    };
  }
}

/** Where a delivery is answered. The library's own answers can't be asked again when they were not confirmed. */
function replyOf(message: JsMsg): string {
  const { reply } = message as JsMsg & { readonly reply?: unknown }; // its type leaves out what its class has
  if (typeof reply === "string") return reply;
  throw new TypeError("this version of @nats-io/jetstream does not say where a delivery is answered");
}
