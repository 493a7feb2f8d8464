/**
 * An office that lives on channels: what its senders, receivers and clerk have between them. A channel for each way to deal with a full
 * one, in one of which messages grow old, one that delivers at most once, and a topic.
 */
import { type Host, type Micros, ms, SECOND } from "seedstorm";
import type { Broker } from "../broker/client-api.js";
import { BrokerChannel } from "./broker-channel.js";
import { BrokerDeadLetters } from "./broker-dead-letters.js";
import { BrokerTopic } from "./broker-topic.js";
import type { BrokerChannelConfig } from "./config.js";

/** What is sent. */
export type Letter = {
  /** Nobody ever comes to an end with it. */
  readonly poison: boolean;
};

const USUAL = {
  sendTimeout: 3 * SECOND,
  receiveTimeout: 2 * SECOND,
  ackTimeout: 3 * SECOND,
  maxDeliveries: 3,
} as const;

export const CHANNELS = {
  work: { ...USUAL, name: "work", capacity: 10, whenFull: "block", messageTtl: 4 * SECOND },
  requests: { ...USUAL, name: "requests", capacity: 3, whenFull: "error" },
  samples: { ...USUAL, name: "samples", capacity: 2, whenFull: "drop" },
  signals: { ...USUAL, name: "signals", capacity: 20, whenFull: "error", delivery: "at-most-once" },
} as const satisfies Readonly<Record<string, BrokerChannelConfig>>;

export type ChannelName = keyof typeof CHANNELS;

export const CHANNEL_NAMES = Object.keys(CHANNELS) as readonly ChannelName[];

/** So large that only a subscriber who is away for long fills it. */
export const NEWS: BrokerChannelConfig = { ...USUAL, name: "news", capacity: 40, whenFull: "block" };

export const DEAD_LETTERS = "office";

/** After a receiver has got a message it works on it for so long at least, and as much again at most. */
export const WORK_TIME: Micros = ms(20);

/** One host's handles. */
export class Office {
  readonly dead: BrokerDeadLetters<Letter>;
  readonly news: BrokerTopic<Letter>;
  readonly #channels: Readonly<Record<ChannelName, BrokerChannel<Letter>>>;

  constructor(host: Host, broker: Broker) {
    const dead = new BrokerDeadLetters<Letter>(host, broker, DEAD_LETTERS);
    const channel = (config: BrokerChannelConfig): BrokerChannel<Letter> =>
      new BrokerChannel<Letter>(host, broker, config, (letter) => dead.accept(letter));
    this.dead = dead;
    this.news = new BrokerTopic<Letter>(host, broker, NEWS, (letter) => dead.accept(letter));
    this.#channels = {
      work: channel(CHANNELS.work),
      requests: channel(CHANNELS.requests),
      samples: channel(CHANNELS.samples),
      signals: channel(CHANNELS.signals),
    };
  }

  channel(name: ChannelName): BrokerChannel<Letter> {
    return this.#channels[name];
  }
}
