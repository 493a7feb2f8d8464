/**
 * A bucket of NATS, written to and watched. A watch goes on from the start when it is lost, and leaves out what it has shown
 * already; that the bucket was deleted and made anew is seen by the time of its creation, looked at every few seconds.
 */
import type { JetStreamClient } from "@nats-io/jetstream";
import { type KV, Kvm, type KvWatchEntry } from "@nats-io/kv";
import { type Host, type Json, type Micros, SECOND, type Timer } from "seedstorm";
import type { BrokerOutcome, BucketEntry, Watch, WatchEvent } from "../../broker/api.js";
import type { BucketConfig } from "../../broker/config.js";
import type { RunnerBucket } from "../broker-port.js";
import { outcomeOf } from "./outcomes.js";
import { dataOf } from "./translated.js";

/** Before a watch that was lost, or that found no bucket, begins again. */
const RETRY: Micros = SECOND;
/** How often a watch looks whether its bucket is the one that it began with. */
const LOOK: Micros = 5 * SECOND;

/** Microseconds in a millisecond. */
const MILLI = 1_000;

export function createBucket(
  client: JetStreamClient,
  { name, history = 1, replicas, storage, maxAge }: BucketConfig,
): Promise<BrokerOutcome<void>> {
  return outcomeOf("unavailable", async () => {
    await new Kvm(client).create(name, {
      ...{ history, replicas, storage },
      ...(maxAge === undefined ? {} : { ttl: maxAge / MILLI }),
    });
  });
}

export class JetStreamBucket implements RunnerBucket {
  readonly #host: Host;
  readonly #client: JetStreamClient;
  readonly #name: string;

  constructor(host: Host, client: JetStreamClient, name: string) {
    this.#host = host;
    this.#client = client;
    this.#name = name;
  }

  put(key: string, value: Json): Promise<BrokerOutcome<number>> {
    return outcomeOf("unknown", async () => (await this.#open()).put(key, JSON.stringify(value)));
  }

  watch(onEvent: (event: WatchEvent) => void | Promise<void>, keys = ">"): Watch {
    const watching = new Watching(this.#host, () => this.#open(), keys, onEvent);
    void watching.run();
    return { stop: () => watching.stop() };
  }

  #open(): Promise<KV> {
    return new Kvm(this.#client).open(this.#name);
  }
}

class Watching implements Watch {
  readonly #host: Host;
  readonly #open: () => Promise<KV>;
  readonly #keys: string;
  readonly #onEvent: (event: WatchEvent) => void | Promise<void>;
  #isStopped = false;
  /** When the bucket was created that has been shown, and up to which revision; nothing before the first look. */
  #shown: { readonly created: string; revision: number } | undefined;
  /** What is followed now. */
  #entries: { stop(): void } | undefined;

  constructor(
    host: Host,
    open: () => Promise<KV>,
    keys: string,
    onEvent: (event: WatchEvent) => void | Promise<void>,
  ) {
    this.#host = host;
    this.#open = open;
    this.#keys = keys;
    this.#onEvent = onEvent;
  }

  stop(): void {
    this.#isStopped = true;
    this.#entries?.stop();
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#follow(await this.#open());
      } catch {
        // it is not there, or nobody answers: both are looked at again
      }
      if (!this.#isStopped) await this.#host.sleep(RETRY);
    }
  }

  /** Shows what is there and what comes, until the bucket is lost. */
  async #follow(bucket: KV): Promise<void> {
    const { values, streamInfo } = await bucket.status();
    const { created } = streamInfo;
    if (this.#shown !== undefined && this.#shown.created !== created) {
      this.#shown = undefined;
      await this.#onEvent({ type: "reset" });
    }
    const shown = this.#shown ?? { created, revision: 0 };
    let isCurrent = this.#shown !== undefined;
    this.#shown = shown;
    if (values === 0 && !isCurrent) {
      isCurrent = true;
      await this.#onEvent({ type: "current" });
    }
    const entries = await bucket.watch({ key: this.#keys });
    this.#entries = entries;
    if (this.#isStopped) entries.stop();
    const looking = this.#lookAt(bucket, created);
    try {
      for await (const entry of entries) {
        if (this.#isStopped) return;
        if (entry.revision > shown.revision) {
          shown.revision = entry.revision;
          await this.#onEvent({ type: "entry", entry: entryOf(entry) });
        }
        if (!entry.isUpdate || isCurrent) continue;
        isCurrent = true;
        await this.#onEvent({ type: "current" });
      }
    } finally {
      looking.cancel();
    }
  }

  /** Ends what follows the bucket when another one has taken its place. */
  #lookAt(bucket: KV, created: string): Timer {
    let isOver = false;
    const look = async (): Promise<void> => {
      const found = await outcomeOf("unavailable", async () => (await bucket.status()).streamInfo.created);
      if (isOver) return;
      if (found.status === "ok" && found.value !== created) this.#entries?.stop();
      else timer = this.#host.after(LOOK, () => void look());
    };
    let timer = this.#host.after(LOOK, () => void look());
    const cancel = (): void => {
      isOver = true;
      timer.cancel();
    };
    return { cancel };
  }
}

/** What a bucket says of a key; that all of its revisions were purged is a deletion, too. */
function entryOf(entry: KvWatchEntry): BucketEntry {
  const { key, revision, operation, created } = entry;
  const isPut = operation === "PUT";
  return {
    key,
    revision,
    operation: isPut ? "put" : "delete",
    value: isPut ? dataOf(entry.value) : null,
    writtenAt: created.getTime() * MILLI,
  };
}
