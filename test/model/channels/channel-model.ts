/**
 * What a channel over the broker does, as a list of messages: without a network, replicas, promises or timers. Written from what
 * `channel-api.ts` and `broker-channel.ts` promise, for differential tests.
 */
import type { BrokerChannelConfig } from "../../../src/model/channels/config.js";

interface Kept {
  readonly sequence: number;
  readonly key: string;
  count: number;
}

export class ChannelModel {
  /** Not delivered yet, and to be delivered again, each in order. */
  fresh: Kept[] = [];
  again: Kept[] = [];
  /** With receivers, in the order in which they were delivered. */
  out: Kept[] = [];
  readonly dead: string[] = [];
  readonly #config: BrokerChannelConfig;
  readonly #known = new Map<string, number>();
  #sequence = 0;

  constructor(config: BrokerChannelConfig) {
    this.#config = config;
  }

  send(key: string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return `${known}`;
    const { capacity, whenFull } = this.#config;
    if (this.fresh.length + this.again.length + this.out.length >= capacity)
      return { block: "timed-out", drop: "dropped", error: "full" }[whenFull];
    const sequence = ++this.#sequence;
    this.#known.set(key, sequence);
    this.fresh.push({ sequence, key, count: 0 });
    return `${sequence}`;
  }

  receive(): string {
    for (;;) {
      const next = this.again.shift() ?? this.fresh.shift();
      if (next === undefined) return "timed-out";
      next.count++;
      if (next.count > this.#config.maxDeliveries) {
        this.dead.push(next.key);
        continue;
      }
      if (this.#config.delivery !== "at-most-once") this.out.push(next);
      return `${next.sequence}/${next.count}`;
    }
  }

  ack(at: number): void {
    this.out.splice(at, 1);
  }

  nack(at: number): void {
    const [message] = this.out.splice(at, 1);
    if (message === undefined) return;
    if (message.count >= this.#config.maxDeliveries) this.dead.push(message.key);
    else this.again.push(message);
  }

  /** The time of every delivery is over. */
  lapse(): void {
    this.again.push(...this.out);
    this.out = [];
  }
}
