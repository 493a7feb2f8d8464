/**
 * A key-value bucket: a stream with one subject for each key, of which the last message is the value.
 *
 * A watch is a reader of that stream with a place of its own: it reads the newest of each key, then whatever comes after the
 * last that it has seen, from whoever leads. So it can be cut off for as long as it likes and goes on where it was; what it
 * can't see is a revision that a newer one of the same key has already pushed out of the bucket's history.
 */
import { type Host, type Json, type Micros, ms, SECOND } from "seedstorm";
import type { BrokerOutcome, Bucket, BucketEntry, PublishAck, Watch, WatchEvent } from "./api.js";
import { DELETED, type MessageData, OPERATION_HEADER, type PublishCommand } from "./commands.js";
import type { BucketConfig, StreamConfig } from "./config.js";
import type { MessagesRead } from "./protocol.js";
import type { BrokerRecorder } from "./recorder.js";
import type { Requests } from "./requests.js";
import { digestOf } from "./stream.js";
import { isPattern, isSubject } from "./subjects.js";

const READ_LIMIT = 1_000;
/** How long the broker lets a watch wait for news. */
const WATCH_WAIT: Micros = SECOND;
/** Before a watch that was refused or found nobody asks again. */
const WATCH_RETRY: Micros = ms(300);

const INVALID = { status: "refused", reason: "invalid" } as const;

/** The stream of a bucket. */
export function bucketStream({
  name,
  replicas,
  storage,
  placement,
  history,
  maxAge,
}: BucketConfig): StreamConfig {
  return {
    name: streamName(name),
    subjects: [`$KV.${name}.>`],
    retention: "limits",
    replicas,
    storage,
    maxMessagesPerSubject: history ?? 1,
    ...(placement === undefined ? {} : { placement }),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

function streamName(bucket: string): string {
  return `KV_${bucket}`;
}

export class BrokerBucket implements Bucket {
  readonly #host: Host;
  readonly #name: string;
  readonly #stream: string;
  readonly #requests: Requests;
  readonly #recorder: BrokerRecorder;
  readonly #publish: (command: PublishCommand) => Promise<BrokerOutcome<PublishAck>>;

  constructor(
    host: Host,
    name: string,
    requests: Requests,
    recorder: BrokerRecorder,
    publish: (command: PublishCommand) => Promise<BrokerOutcome<PublishAck>>,
  ) {
    this.#host = host;
    this.#name = name;
    this.#stream = streamName(name);
    this.#requests = requests;
    this.#recorder = recorder;
    this.#publish = publish;
  }

  async get(key: string): Promise<BrokerOutcome<BucketEntry | undefined>> {
    if (!isSubject(key)) return INVALID;
    const outcome = await this.#recorder.call(
      "get",
      `${this.#name}/${key}`,
      null,
      () => this.#newest(key),
      ({ messages }) => messages.map(shown),
    );
    if (outcome.status !== "ok") return outcome;
    const message = outcome.value.messages[0];
    return { status: "ok", value: message === undefined ? undefined : this.#entry(message) };
  }

  async history(key: string): Promise<BrokerOutcome<readonly BucketEntry[]>> {
    if (!isSubject(key)) return INVALID;
    const outcome = await this.#recorder.call(
      "history",
      `${this.#name}/${key}`,
      null,
      () =>
        this.#requests.read({
          what: "messages",
          stream: this.#stream,
          after: 0,
          limit: READ_LIMIT,
          filter: this.#subject(key),
          wait: 0,
        }),
      ({ messages }) => messages.map(shown),
    );
    if (outcome.status !== "ok") return outcome;
    return { status: "ok", value: outcome.value.messages.map((message) => this.#entry(message)) };
  }

  async keys(): Promise<BrokerOutcome<readonly string[]>> {
    const withValue = ({ messages }: MessagesRead): string[] =>
      messages
        .map((message) => this.#entry(message))
        .flatMap(({ key, operation }) => (operation === "put" ? [key] : []));
    const outcome = await this.#recorder.call("keys", this.#name, null, () => this.#newest(">"), withValue);
    if (outcome.status !== "ok") return outcome;
    return { status: "ok", value: withValue(outcome.value) };
  }

  put(key: string, value: Json): Promise<BrokerOutcome<number>> {
    return this.#write(key, value, {});
  }

  create(key: string, value: Json): Promise<BrokerOutcome<number>> {
    return this.#write(key, value, { creates: true });
  }

  update(key: string, value: Json, revision: number): Promise<BrokerOutcome<number>> {
    return this.#write(key, value, { expectedLastSubjectSequence: revision });
  }

  delete(key: string, revision?: number): Promise<BrokerOutcome<number>> {
    return this.#write(key, null, {
      headers: { [OPERATION_HEADER]: DELETED },
      ...(revision === undefined ? {} : { expectedLastSubjectSequence: revision }),
    });
  }

  watch(onEvent: (event: WatchEvent) => void | Promise<void>, keys = ">"): Watch {
    if (!isPattern(keys)) throw new RangeError(`"${keys}" is no pattern of keys`);
    let isWatching = true;
    const stop = (): void => {
      isWatching = false;
    };
    void this.#watch(onEvent, keys, () => isWatching);
    return { stop };
  }

  async #watch(
    onEvent: (event: WatchEvent) => void | Promise<void>,
    keys: string,
    isWatching: () => boolean,
  ): Promise<void> {
    /** The bucket that is watched, and the last revision that was looked at; undefined before the first look. */
    let place: { readonly instance: string; readonly revision: number } | undefined;
    while (isWatching()) {
      const outcome =
        place === undefined ? await this.#newest(keys) : await this.#after(place.revision, keys);
      if (!isWatching()) return;
      if (outcome.status !== "ok") {
        if (this.#host.defect("broker-watch-begins-at-tail")) place = await this.#tail(place);
        await this.#host.sleep(WATCH_RETRY);
        continue;
      }
      const { instance, lastSequence, messages } = outcome.value;
      if (place !== undefined && place.instance !== instance) {
        await onEvent({ type: "reset" });
        place = undefined;
        continue;
      }
      for (const message of messages) {
        if (!isWatching()) return;
        await onEvent({ type: "entry", entry: this.#entry(message) });
      }
      if (place === undefined) await onEvent({ type: "current" });
      // All that there was has been seen, unless there was too much for one answer.
      const isAll = messages.length < READ_LIMIT || place === undefined;
      const seen = isAll ? lastSequence : (messages[messages.length - 1]?.sequence ?? 0);
      place = { instance, revision: Math.max(place?.revision ?? 0, seen) };
    }
  }

  async #tail(
    place: { readonly instance: string; readonly revision: number } | undefined,
  ): Promise<{ readonly instance: string; readonly revision: number } | undefined> {
    const newest = await this.#newest(">");
    if (newest.status !== "ok" || place === undefined) return place;
    return { instance: newest.value.instance, revision: newest.value.lastSequence };
  }

  #newest(keys: string): Promise<BrokerOutcome<MessagesRead>> {
    return this.#requests.read({ what: "newest", stream: this.#stream, filter: this.#subject(keys) });
  }

  #after(revision: number, keys: string): Promise<BrokerOutcome<MessagesRead>> {
    return this.#requests.read({
      what: "messages",
      stream: this.#stream,
      after: revision,
      limit: READ_LIMIT,
      filter: this.#subject(keys),
      wait: WATCH_WAIT,
    });
  }

  async #write(key: string, value: Json, how: Partial<PublishCommand>): Promise<BrokerOutcome<number>> {
    if (!isSubject(key)) return INVALID;
    const outcome = await this.#publish({
      type: "publish",
      stream: this.#stream,
      subject: this.#subject(key),
      headers: {},
      data: value,
      ...how,
    });
    return outcome.status === "ok" ? { status: "ok", value: outcome.value.sequence } : outcome;
  }

  #subject(key: string): string {
    return `$KV.${this.#name}.${key}`;
  }

  #entry({ sequence, subject, headers, data, publishedAt }: MessageData): BucketEntry {
    return {
      key: subject.slice(this.#subject("").length),
      revision: sequence,
      operation: headers[OPERATION_HEADER] === DELETED ? "delete" : "put",
      value: data,
      writtenAt: publishedAt,
    };
  }
}

/** What is recorded of an entry that was read. */
function shown({ sequence, subject, headers, data }: MessageData): Json {
  return [sequence, digestOf(subject, headers, data)];
}
