/**
 * A stream of JetStream as a queue: publishing under an id, so that a repeat within the stream's duplicate window is
 * recognised; durable pull consumers that hand out what is in it; and the answers of whoever was handed something.
 *
 * What is handed out is acked by a subject that names the delivery. JetStream confirms an answer whether the delivery is live
 * or not: it refuses nobody.
 */
import type { ConsumerInfo } from "@nats-io/jetstream";
import type { Json } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { type Engine, REQUEST_MS } from "./jetstream.js";

/** What came of a publish. */
export type Published =
  /** `duplicate`: the id was known, and nothing was stored; `position` is that of the one who had it first. */
  | { readonly status: "stored"; readonly position: number; readonly duplicate: boolean }
  /** Certainly not done: nobody is there who could. */
  | { readonly status: "nobody" }
  /** May have been done. */
  | { readonly status: "unknown" };

/** Something that was handed out. */
export interface Handed {
  /** Its position in the stream. */
  readonly position: number;
  /** How often it was handed out, this time included. */
  readonly count: number;
  readonly content: Json;
  /** What a word about this delivery is sent to. */
  readonly reply: string;
}

export type Pulled =
  | ({ readonly status: "handed" } & Handed)
  /** There is nothing, for now. */
  | { readonly status: "empty" }
  | { readonly status: "no-consumer" }
  | { readonly status: "silent" };

/** What is said of a delivery: done; not now; never; still at it. */
export type Word = "+ACK" | `-NAK ${string}` | "+TERM" | "+WPI";

/** A consumer as it is created. */
export interface ConsumerSettings {
  readonly name: string;
  /** How long who was handed something may stay silent. */
  readonly ackWait: Micros;
  /** How often something is handed out at most. */
  readonly maxDeliver: number;
  /** What whoever uses it wants to find again. */
  readonly description: string;
}

const NANOS_PER_MICRO = 1000;
const MICROS_PER_MS = 1000;
/** A pull's answer comes at the latest when the server gives it up, and a little later. */
const GRACE_MS = 1_000;
const MOST_PENDING = 1_000;

export class Queue {
  readonly #engine: Engine;
  readonly #stream: string;
  readonly #subject: string;

  constructor(engine: Engine, stream: string, subject: string) {
    this.#engine = engine;
    this.#stream = stream;
    this.#subject = subject;
  }

  async publish(content: Json, id: string): Promise<Published> {
    try {
      const { seq, duplicate } = await this.#engine.client.publish(this.#subject, JSON.stringify(content), {
        ...{ msgID: id, timeout: REQUEST_MS, retries: 1 },
      });
      this.#engine.noteAnswer(true);
      return { status: "stored", position: seq, duplicate };
    } catch (error) {
      this.#engine.noteAnswer(this.#engine.errorCode(error) !== undefined);
      return { status: this.#engine.isNobody(error) ? "nobody" : "unknown" };
    }
  }

  /** What stands at a position, as the stream's leader has it; null for nothing, undefined where nobody answers. */
  async read(position: number): Promise<Json | null | undefined> {
    try {
      const message = await this.#engine.manager.streams.getMessage(this.#stream, { seq: position });
      this.#engine.noteAnswer(true);
      return message === null ? null : message.json<Json>();
    } catch (error) {
      this.#engine.noteAnswer(this.#engine.errorCode(error) !== undefined);
      return undefined;
    }
  }

  /** The last position; undefined where nobody answers. */
  async last(): Promise<number | undefined> {
    const info = await this.#engine.info(this.#stream);
    this.#engine.noteAnswer(info !== undefined);
    return info?.state.last_seq;
  }

  /** False where it is there with other settings, or nobody answered. */
  async createConsumer(settings: ConsumerSettings): Promise<boolean> {
    const { name, ackWait, maxDeliver, description } = settings;
    const config = {
      durable_name: name,
      description,
      ack_policy: "explicit",
      ack_wait: ackWait * NANOS_PER_MICRO,
      max_deliver: maxDeliver,
      max_ack_pending: MOST_PENDING,
    } as const;
    try {
      await this.#engine.manager.consumers.add(this.#stream, config);
      this.#engine.noteAnswer(true);
      return true;
    } catch (error) {
      this.#engine.noteAnswer(this.#engine.errorCode(error) !== undefined);
      return false;
    }
  }

  /** How a consumer stands; null where there is none, undefined where nobody answers. */
  async consumer(name: string): Promise<ConsumerInfo | null | undefined> {
    const info = await this.#engine.consumerInfo(this.#stream, name);
    this.#engine.noteAnswer(info !== undefined);
    return info;
  }

  /** Asks a consumer for one thing, and waits for it for so long. */
  async pull(consumer: string, wait: Micros): Promise<Pulled> {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${consumer}`;
    const asked = { batch: 1, expires: Math.max(MICROS_PER_MS, wait) * NANOS_PER_MICRO };
    try {
      const timeout = Math.ceil(wait / MICROS_PER_MS) + GRACE_MS;
      // What is handed out bears the subject that it was published under: only an inbox of its own hears it.
      const options = { timeout, noMux: true };
      const message = await this.#engine.connection.request(subject, JSON.stringify(asked), options);
      this.#engine.noteAnswer(true);
      const reply = message.reply ?? "";
      if (!reply.startsWith("$JS.ACK.")) return { status: "empty" }; // a status: nothing came, or the leader has changed
      const { position, count } = placeIn(reply);
      return { status: "handed", position, count, content: message.json<Json>(), reply };
    } catch {
      // A pull that its leader forgot says nothing of the server that it was asked through; that one is asked about the consumer.
      return { status: (await this.consumer(consumer)) === null ? "no-consumer" : "silent" };
    }
  }

  /** Whether the consumer's leader took the word; false where nobody answers, and then it may have been taken. */
  async say(reply: string, word: Word): Promise<boolean> {
    try {
      await this.#engine.connection.request(reply, word, { timeout: REQUEST_MS });
      this.#engine.noteAnswer(true);
      return true;
    } catch {
      this.#engine.noteAnswer(false);
      return false;
    }
  }
}

/** Where in the stream a delivery comes from, and its count: the subject that it is acked by says so, in two forms. */
function placeIn(reply: string): { readonly position: number; readonly count: number } {
  const parts = reply.split(".");
  const at = parts.length === 9 ? 4 : 6;
  return { count: Number(parts[at]), position: Number(parts[at + 1]) };
}
