/**
 * A stream: messages in the order of their sequences, what their limits and their consumers leave of them, and the
 * consumers themselves.
 *
 * Nothing here waits or knows a clock: whoever applies commands says what time it is. What has changed is written into
 * `changes`, key by key, and says why a message went: that is what properties go by.
 */
import { crc32, type Json, MINUTE, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { BrokerRefusal, StreamState } from "./api.js";
import {
  type Changes,
  DELETED,
  type Declaration,
  type MessageData,
  OPERATION_HEADER,
  type PublishCommand,
  type PurgeCommand,
} from "./commands.js";
import type { ConsumerConfig, StreamConfig } from "./config.js";
import { Consumer, type ConsumerImage } from "./consumer.js";
import { Deliveries } from "./deliveries.js";
import { type Stored, StoredMessages } from "./stored-messages.js";
import { matches } from "./subjects.js";
import { compete, wants } from "./validate.js";

const DUPLICATE_WINDOW: Micros = 2 * MINUTE;

/** Why a message is gone. */
export type Removal = "limit" | "age" | "acked" | "no-interest" | "purged";

interface KnownId {
  readonly sequence: number;
  readonly at: Micros;
}

export interface StreamImage {
  readonly declaration: Declaration;
  readonly instance: string;
  readonly lastSequence: number;
  readonly messages: readonly Stored[];
  readonly ids: readonly (readonly [id: string, known: KnownId])[];
  readonly consumers: readonly ConsumerImage[];
}

const encoder = new TextEncoder();

export class Stream {
  #declaration: Declaration;
  /** Another one for a stream that was lost and made again. */
  readonly instance: string;
  readonly deliveries: Deliveries;
  readonly #defect: (id: string) => boolean;
  readonly #messages = new StoredMessages();
  readonly #ids = new Map<string, KnownId>();
  readonly #consumers = new Map<string, Consumer>();

  constructor(declaration: Declaration, instance: string, defect: (id: string) => boolean) {
    this.#declaration = declaration;
    this.instance = instance;
    this.#defect = defect;
    this.deliveries = new Deliveries(declaration.config.name, this.#messages, defect, this.#onDone);
  }

  static restore(image: StreamImage, defect: (id: string) => boolean): Stream {
    const stream = new Stream(image.declaration, image.instance, defect);
    for (const message of image.messages) stream.#messages.keep(message);
    invariant(
      image.lastSequence >= stream.lastSequence,
      "a snapshot's last sequence is that of its last message or a later one",
    );
    stream.#messages.lastSequence = image.lastSequence;
    if (!defect("broker-ids-not-in-snapshot"))
      for (const [id, known] of image.ids) stream.#ids.set(id, known);
    for (const consumer of image.consumers) {
      const lost = defect("broker-delivery-count-lost");
      const outstanding = consumer.outstanding.map((one) => (lost ? { ...one, count: 1 } : one));
      stream.#consumers.set(consumer.config.name, Consumer.restore({ ...consumer, outstanding }));
    }
    return stream;
  }

  image(): StreamImage {
    return {
      declaration: this.#declaration,
      instance: this.instance,
      lastSequence: this.lastSequence,
      messages: [...this.#messages.values()],
      ids: [...this.#ids],
      consumers: [...this.#consumers.values()].map((consumer) => consumer.image()),
    };
  }

  get declaration(): Declaration {
    return this.#declaration;
  }

  get config(): StreamConfig {
    return this.#declaration.config;
  }

  /** What is beyond the new limits goes at once. */
  redeclare(declaration: Declaration, changes: Changes): void {
    invariant(declaration.id === this.#declaration.id, "a stream that was made anew is another stream");
    invariant(declaration.revision > this.#declaration.revision, "the revision of a stream only grows");
    this.#declaration = declaration;
    this.writeDeclaration(changes);
    if (this.#defect("broker-update-not-trimmed")) return;
    for (const subject of this.#messages.subjects()) this.#trim(subject, changes);
  }

  writeDeclaration(changes: Changes): void {
    const value = { config: this.config, instance: this.instance } as unknown as Json; // plain data
    changes.writes.push({ key: this.config.name, value });
  }

  /** How many messages went. */
  purge({ filter, below, keep = 0 }: PurgeCommand, changes: Changes): number {
    const found = [...this.#messages.values()].filter(
      ({ sequence, subject }) =>
        (matches(filter, subject) || this.#defect("broker-purge-ignores-filter")) &&
        sequence < (below ?? Number.MAX_SAFE_INTEGER),
    );
    const going = found.slice(0, Math.max(0, found.length - keep));
    for (const message of going) this.#remove(message, "purged", changes);
    return going.length;
  }

  get lastSequence(): number {
    return this.#messages.lastSequence;
  }

  state(): StreamState {
    return {
      messages: this.#messages.size,
      bytes: this.#messages.bytes,
      firstSequence: this.#messages.first,
      lastSequence: this.lastSequence,
      consumers: [...this.#consumers.keys()],
    };
  }

  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name);
  }

  /** Messages after a sequence, in order. */
  read(after: number, limit: number, filter: string): MessageData[] {
    return this.#messages.read(after, limit, filter);
  }

  /** The newest message of each subject, in order. */
  newestBySubject(filter: string): MessageData[] {
    return this.#messages.newestBySubject(filter);
  }

  createConsumer(config: ConsumerConfig, changes: Changes): BrokerRefusal | undefined {
    const known = this.#consumers.get(config.name);
    if (known !== undefined) {
      return JSON.stringify(known.config) === JSON.stringify(config) ? undefined : "exists";
    }
    if (this.config.retention === "work-queue") {
      for (const other of this.#consumers.values()) {
        if (compete(other.config, config)) return "filters-overlap";
      }
    }
    const { deliver = "all" } = config;
    const next =
      deliver === "all"
        ? this.#messages.first
        : deliver === "new"
          ? this.lastSequence + 1
          : deliver.fromSequence;
    this.#consumers.set(config.name, new Consumer(config, next));
    changes.writes.push({
      key: `${this.config.name}/c/${config.name}`,
      value: { config, next } as unknown as Json, // plain data
    });
    changes.ready.add(`${this.config.name}/${config.name}`);
    return undefined;
  }

  deleteConsumer(name: string, changes: Changes): BrokerRefusal | undefined {
    if (!this.#consumers.delete(name)) return "no-such-consumer";
    changes.writes.push({ key: `${this.config.name}/c/${name}`, value: null });
    for (const message of [...this.#messages.values()]) this.#removeIfUnwanted(message, changes);
    return undefined;
  }

  publish(
    command: PublishCommand,
    now: Micros,
    changes: Changes,
  ): { readonly sequence: number; readonly duplicate: boolean } | BrokerRefusal {
    const { config } = this;
    const { subject, headers, data, messageId } = command;
    if (messageId !== undefined) {
      const known = this.#ids.get(messageId);
      if (known !== undefined) return { sequence: known.sequence, duplicate: true };
    }
    const refusal = this.#unexpected(command);
    if (refusal !== undefined) return refusal;
    const texts = { headers: JSON.stringify(headers), data: JSON.stringify(data) };
    const bytes = encoder.encode(subject + texts.headers + texts.data).length;
    if (bytes > (config.maxMessageBytes ?? Number.MAX_SAFE_INTEGER)) return "message-too-large";
    if (bytes > (config.maxBytes ?? Number.MAX_SAFE_INTEGER)) return "message-too-large";
    if (config.discard === "new" && this.#messages.isFullFor(config, subject, bytes)) return "stream-full";

    const sequence = this.lastSequence + 1;
    const message: Stored = { sequence, subject, headers, data, publishedAt: now, bytes };
    this.#messages.keep(message);
    if (messageId !== undefined) this.#ids.set(messageId, { sequence, at: now });
    const value = {
      subject,
      id: messageId ?? "",
      at: now,
      bytes,
      digest: digestOfTexts(subject, texts.headers, texts.data),
      deletes: headers[OPERATION_HEADER] === DELETED,
    };
    changes.writes.push({ key: this.#keyOf(sequence), value });
    changes.published.add(config.name);
    this.#trim(subject, changes);
    if (this.#messages.get(sequence) !== undefined && !this.#removeIfUnwanted(message, changes)) {
      for (const consumer of this.#consumers.values()) {
        if (wants(consumer.config, subject)) changes.ready.add(`${config.name}/${consumer.config.name}`);
      }
    }
    return { sequence, duplicate: false };
  }

  /** Everything that time brings, up to now. */
  advance(now: Micros, changes: Changes): void {
    const { maxAge } = this.config;
    if (maxAge !== undefined) {
      for (const message of this.#messages.values()) {
        if (message.publishedAt + maxAge > now) break;
        this.#remove(message, "age", changes);
      }
    }
    const window = this.#window();
    for (const [id, { at }] of this.#ids) {
      if (at + window > now) break;
      this.#ids.delete(id);
    }
    for (const consumer of this.#consumers.values()) {
      for (const outstanding of consumer.dueBy(now)) {
        this.deliveries.again(consumer, outstanding, now, now, changes);
      }
    }
  }

  /** When time brings something next. */
  nextDue(): Micros | undefined {
    const { maxAge } = this.config;
    let next: Micros | undefined;
    if (maxAge !== undefined) {
      for (const { publishedAt } of this.#messages.values()) {
        next = publishedAt + maxAge;
        break;
      }
    }
    for (const { earliestDue } of this.#consumers.values()) {
      if (earliestDue !== undefined && (next === undefined || earliestDue < next)) next = earliestDue;
    }
    return next;
  }

  #window(): Micros {
    const window = this.config.duplicateWindow ?? DUPLICATE_WINDOW;
    return this.#defect("broker-duplicate-window-short") ? Math.floor(window / 20) : window;
  }

  #unexpected({
    subject,
    expectedLastSequence,
    expectedLastSubjectSequence,
    creates,
  }: PublishCommand): BrokerRefusal | undefined {
    if (this.#defect("broker-expectations-not-checked")) return undefined;
    if (expectedLastSequence !== undefined && expectedLastSequence !== this.lastSequence) {
      return "wrong-last-sequence";
    }
    const last = this.#messages.newestOf(subject);
    if (expectedLastSubjectSequence !== undefined && expectedLastSubjectSequence !== (last?.sequence ?? 0)) {
      return "wrong-last-sequence";
    }
    if (creates && last !== undefined && last.headers[OPERATION_HEADER] !== DELETED) return "key-exists";
    return undefined;
  }

  #trim(subject: string, changes: Changes): void {
    let message = this.#messages.beyond(this.config, subject);
    while (message !== undefined) {
      this.#remove(message, "limit", changes);
      message = this.#messages.beyond(this.config, subject);
    }
  }

  readonly #onDone = (sequence: number, changes: Changes): void => {
    const message = this.#messages.get(sequence);
    if (message === undefined || this.config.retention === "limits") return;
    if (this.#defect("broker-first-ack-removes")) this.#remove(message, "acked", changes);
    else this.#removeIfUnwanted(message, changes);
  };

  /** By retention: whether nobody wants it any more. */
  #removeIfUnwanted(message: Stored, changes: Changes): boolean {
    const { retention } = this.config;
    if (retention === "limits") return false;
    let isWanted = false;
    for (const consumer of this.#consumers.values()) {
      if (!wants(consumer.config, message.subject)) continue;
      if (!consumer.isDoneWith(message.sequence)) return false;
      isWanted = true;
    }
    if (!isWanted && retention === "work-queue") return false; // it waits for a consumer to come
    this.#remove(message, isWanted ? "acked" : "no-interest", changes);
    return true;
  }

  #remove(message: Stored, why: Removal, changes: Changes): void {
    if (!this.#messages.delete(message)) return;
    const { sequence } = message;
    for (const consumer of this.#consumers.values()) {
      if (consumer.get(sequence) !== undefined)
        changes.ready.add(`${this.config.name}/${consumer.config.name}`);
      consumer.settle(sequence);
    }
    changes.writes.push({ key: this.#keyOf(sequence), value: { removed: why, at: changes.now } });
  }

  #keyOf(sequence: number): string {
    return `${this.config.name}/m/${sequence}`;
  }
}

/** By which a message is known again. */
export function digestOf(subject: string, headers: Readonly<Record<string, string>>, data: Json): number {
  return digestOfTexts(subject, JSON.stringify(headers), JSON.stringify(data));
}

/** What a message takes of a stream's bytes. */
export function bytesOf(subject: string, headers: Readonly<Record<string, string>>, data: Json): number {
  return encoder.encode(subject + JSON.stringify(headers) + JSON.stringify(data)).length;
}

function digestOfTexts(subject: string, headers: string, data: string): number {
  return crc32(encoder.encode(`[${JSON.stringify(subject)},${headers},${data}]`));
}
