/**
 * Publish and subscribe over the broker: a message is kept once, until each subscriber that there was when it was published is done
 * with it. A subscription outlives its subscriber's host: whoever subscribes again under its name goes on where it was.
 *
 * In one thing it differs from a topic in memory: the room is the topic's, not each subscriber's. One that is slow, or gone for good
 * without having ended its subscription, fills it for all; nothing that was published is missed by anybody.
 */
import type { Host, Json } from "seedstorm";
import type { DeadLetters, Outlet, PublishResult, Topic } from "../actors/channel-api.js";
import type { Broker } from "../broker/client-api.js";
import { BrokerTime, TIMES } from "./broker-time.js";
import {
  type BrokerChannelConfig,
  checkChannel,
  checkName,
  consumerOf,
  topicStream,
  topicSubject,
} from "./config.js";
import { OPERATION, recordChannelCall } from "./facts.js";
import { Inlet } from "./inlet.js";
import { type Opened, open } from "./opening.js";
import { BrokerOutlet } from "./outlet.js";

export class BrokerTopic<M extends Json> implements Topic<M> {
  readonly name: string;
  /** Whether the broker has the topic as it is configured. */
  readonly opened: Promise<Opened>;
  readonly #host: Host;
  readonly #broker: Broker;
  readonly #config: BrokerChannelConfig;
  readonly #stream: string;
  readonly #deadLetters: DeadLetters<M>;
  readonly #inlet: Inlet;
  /** What was asked of the broker is done one after the other: a subscription may end and begin again. */
  #declared: Promise<unknown> = Promise.resolve();
  readonly #subscriptions = new Map<string, BrokerOutlet<M>>();

  /**
   * @param config of the topic and of what its subscribers receive.
   * @throws RangeError that names what is wrong with the configuration.
   */
  constructor(host: Host, broker: Broker, config: BrokerChannelConfig, deadLetters: DeadLetters<M>) {
    checkChannel("topic", config);
    const stream = topicStream(config);
    this.name = config.name;
    this.#host = host;
    this.#broker = broker;
    this.#config = config;
    this.#stream = stream.name;
    this.#deadLetters = deadLetters;
    this.opened = open(host, [() => broker.createStream(stream), () => broker.createBucket(TIMES)]);
    this.#inlet = new Inlet(host, broker, topicSubject(config.name), config, this.opened);
  }

  async publish(message: M, key: string): Promise<PublishResult> {
    const sent = await this.#inlet.send(message, key);
    return sent.ok ? { ok: true, missed: 0 } : sent;
  }

  /** What is published once `subscribed` has resolved comes to this subscriber. */
  subscribe(subscriber: string): Outlet<M> & { readonly subscribed: Promise<Opened> } {
    checkName(`subscriber of ${this.name}`, subscriber);
    const subscribed = this.#declared.then(() => this.#declare(subscriber));
    this.#declared = subscribed;
    const outlet =
      this.#subscriptions.get(subscriber) ??
      new BrokerOutlet<M>(this.#host, this.#broker, {
        source: { name: `${this.name}/${subscriber}`, stream: this.#stream, consumer: subscriber },
        config: this.#config,
        deadLetters: this.#deadLetters,
        opened: subscribed,
        time: new BrokerTime(this.#host, this.#broker, `${this.name}/${subscriber}`),
      });
    this.#subscriptions.set(subscriber, outlet);
    return {
      name: outlet.name,
      subscribed,
      receive: (receiver, holder) => outlet.receive(receiver, holder),
      close: () => outlet.close(),
    };
  }

  unsubscribe(subscriber: string): void {
    this.#subscriptions.get(subscriber)?.close();
    this.#subscriptions.delete(subscriber);
    this.#declared = this.#declared.then(() =>
      open(this.#host, [() => this.#broker.deleteConsumer(this.#stream, subscriber)]),
    );
  }

  async #declare(subscriber: string): Promise<Opened> {
    const topic = await this.opened;
    if (!topic.ok) return topic;
    const record = recordChannelCall(this.#host, OPERATION.subscribe, `${this.name}/${subscriber}`, null);
    if (this.#host.defect("channel-subscription-begins-anew")) {
      await this.#broker.deleteConsumer(this.#stream, subscriber);
    }
    const opened = await open(this.#host, [
      () => this.#broker.createConsumer(this.#stream, consumerOf(subscriber, this.#config, "new")),
    ]);
    record(opened.ok ? "ok" : "fail", opened.ok ? null : { error: opened.reason });
    return opened;
  }
}
