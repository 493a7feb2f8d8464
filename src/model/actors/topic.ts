/**
 * Publish and subscribe, in memory: each subscriber has a channel of its own, so that one that is slow holds up nobody but
 * itself and, where its channel is full and blocks, the answer to the publisher.
 */
import type { Host } from "seedstorm";
import { MemoryChannel } from "./channel.js";
import type { ChannelConfig, DeadLetters, Outlet, PublishResult, Topic } from "./channel-api.js";

export class MemoryTopic<M> implements Topic<M> {
  readonly #host: Host;
  readonly #config: ChannelConfig;
  readonly #deadLetters: DeadLetters<M>;
  readonly #subscribers = new Map<string, MemoryChannel<M>>();

  /** @param config of each subscriber's channel, whose name is `TOPIC/SUBSCRIBER`. */
  constructor(host: Host, config: ChannelConfig, deadLetters: DeadLetters<M>) {
    this.#host = host;
    this.#config = config;
    this.#deadLetters = deadLetters;
  }

  get name(): string {
    return this.#config.name;
  }

  async publish(message: M, key: string): Promise<PublishResult> {
    const sent = await Promise.all(
      [...this.#subscribers.values()].map((channel) => channel.send(message, key)),
    );
    return { ok: true, missed: sent.filter(({ ok }) => !ok).length };
  }

  subscribe(subscriber: string): Outlet<M> {
    const present = this.#subscribers.get(subscriber);
    if (present !== undefined) return present;
    const config = { ...this.#config, name: `${this.name}/${subscriber}` };
    const channel = new MemoryChannel(this.#host, config, this.#deadLetters);
    this.#subscribers.set(subscriber, channel);
    return channel;
  }

  unsubscribe(subscriber: string): void {
    this.#subscribers.get(subscriber)?.close();
    this.#subscribers.delete(subscriber);
  }
}
