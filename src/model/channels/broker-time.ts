/**
 * Whether it is a certain time for the broker: messages have the time of their publication by that clock, and no other is good for
 * their ages. The broker's clock stands still while nobody leads, so that a host's own, carried on from some look at it, is early
 * or right, but for drift: what is not due by that is not due. What is due by that is looked at again, by writing a key and
 * reading when it was written.
 */
import type { Host, Micros } from "seedstorm";
import type { Bucket } from "../broker/api.js";
import type { Broker } from "../broker/client-api.js";
import type { BucketConfig } from "../broker/config.js";

/** One for all channels of a broker. */
export const TIMES: BucketConfig = { name: "CHANNELS", replicas: 3, storage: "file" };

export class BrokerTime {
  readonly #host: Host;
  readonly #bucket: Bucket;
  readonly #key: string;
  #known: { readonly broker: Micros; readonly local: Micros } | undefined = undefined;

  /** @param reader tells those who ask from one host apart. */
  constructor(host: Host, broker: Broker, reader: string) {
    this.#host = host;
    this.#bucket = broker.bucket(TIMES.name);
    this.#key = `${host.id}/${reader}`;
  }

  /** Undefined when the broker can't be asked. */
  async hasCome(time: Micros): Promise<boolean | undefined> {
    const guessed = this.#guess();
    if (guessed !== undefined && guessed < time) return false;
    if (guessed !== undefined && this.#host.defect("channel-age-by-own-clock")) return true;
    const now = await this.#look();
    return now === undefined ? undefined : now >= time;
  }

  #guess(): Micros | undefined {
    const known = this.#known;
    return known && known.broker + this.#host.clock.monotonic() - known.local;
  }

  /** The broker's time at some moment since this was called. */
  async #look(): Promise<Micros | undefined> {
    const put = await this.#bucket.put(this.#key, null);
    const local = this.#host.clock.monotonic();
    if (put.status !== "ok") return undefined;
    const got = await this.#bucket.get(this.#key);
    if (got.status !== "ok" || got.value?.revision !== put.value) return undefined;
    const broker = got.value.writtenAt;
    this.#known = { broker, local };
    return broker;
  }
}
