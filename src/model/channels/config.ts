/**
 * What channels over the broker are declared with, and what stands for them there. A channel is a stream of three replicas with one
 * consumer; a topic is a stream with a consumer for each subscriber; both are full when their stream is.
 */
import type { Micros } from "seedstorm";
import { type ChannelConfig, channelFields } from "../actors/channel-api.js";
import { checkConfig, duration } from "../actors/config.js";
import type { ConsumerConfig, StreamConfig } from "../broker/config.js";

export interface BrokerChannelConfig extends Omit<ChannelConfig, "detail"> {
  /** For how long a message is known by its key: one that is sent again within this time is kept once. Default: two minutes. */
  readonly duplicateWindow?: Micros;
}

/** Names go into subjects and into names of streams. */
const NAME = /^[A-Za-z0-9_-]+$/;

/** Where the messages of a channel, or of one subscriber, come out. */
export interface Source {
  /** As reports name it: `CHANNEL`, or `TOPIC/SUBSCRIBER`. */
  readonly name: string;
  readonly stream: string;
  readonly consumer: string;
}

/** @throws RangeError that names what is wrong with the configuration. */
export function checkChannel(thing: string, config: BrokerChannelConfig): void {
  checkName(thing, config.name);
  checkConfig(`${thing} ${config.name}`, {
    ...channelFields(config),
    duplicateWindow: config.duplicateWindow === undefined ? undefined : duration(config.duplicateWindow),
  });
}

/** @throws RangeError for a name that can't be written into a subject. */
export function checkName(thing: string, name: string): void {
  if (NAME.test(name)) return;
  throw new RangeError(`${thing} ${name}: name: expected letters, digits, _ and -, got "${name}"`);
}

export const channelSubject = (channel: string): string => `channel.${channel}`;
export const topicSubject = (topic: string): string => `topic.${topic}`;

export function channelStream(config: BrokerChannelConfig): StreamConfig {
  return streamOf(`CHANNEL_${config.name}`, channelSubject(config.name), "work-queue", config);
}

export function topicStream(config: BrokerChannelConfig): StreamConfig {
  return streamOf(`TOPIC_${config.name}`, topicSubject(config.name), "interest", config);
}

function streamOf(
  name: string,
  subject: string,
  retention: StreamConfig["retention"],
  { capacity, duplicateWindow }: BrokerChannelConfig,
): StreamConfig {
  return {
    name,
    subjects: [subject],
    retention,
    replicas: 3,
    storage: "file",
    maxMessages: capacity,
    discard: "new",
    ...(duplicateWindow === undefined ? {} : { duplicateWindow }),
  };
}

/** No limit of deliveries: what was delivered too often is to go to the dead letters, and the broker would only give it up. */
export function consumerOf(
  name: string,
  { ackTimeout, capacity }: BrokerChannelConfig,
  deliver: "all" | "new",
): ConsumerConfig {
  return { name, deliver, ackWait: ackTimeout, maxAckPending: capacity };
}
