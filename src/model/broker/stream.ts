/**
 * A stream: messages in the order of their sequences, what their limits and their consumers leave of them, and the
 * consumers themselves.
 *
 * Nothing here waits or knows a clock: whoever applies commands says what time it is. What has changed is written into
 * `changes`, key by key, and says why a message went: that is what properties go by.
 */
import { crc32, type Json, MINUTE, type Micros, type Write } from "seedstorm";
import type { Advisory, BrokerRefusal, ConsumerState, StreamState } from "./api.js";
import {
  type AnswerCommand,
  DELETED,
  type Declaration,
  type DeliveredMessage,
  type MessageData,
  OPERATION_HEADER,
  type PublishCommand,
  type PurgeCommand,
} from "./commands.js";
import type { ConsumerConfig, StreamConfig } from "./config.js";
import { Consumer, type ConsumerImage, type Outstanding } from "./consumer.js";
import { matches } from "./subjects.js";
import { compete, wants } from "./validate.js";

const DUPLICATE_WINDOW: Micros = 2 * MINUTE;

/** Why a message is gone. */
export type Removal = "limit" | "age" | "acked" | "no-interest" | "purged";

/** What a command changes, beside the state itself. */
export interface Changes {
  readonly now: Micros;
  readonly writes: Write[];
  readonly advisories: { readonly kind: "maxDeliveries" | "terminated"; readonly advisory: Advisory }[];
  /** Consumers that may have something to deliver now, as `STREAM/CONSUMER`. */
  readonly ready: Set<string>;
  /** Streams that have got a message. */
  readonly published: Set<string>;
}

interface Stored extends MessageData {
  readonly bytes: number;
}

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
  readonly #defect: (id: string) => boolean;
  readonly #messages = new Map<number, Stored>();
  readonly #bySubject = new Map<string, number[]>();
  readonly #ids = new Map<string, KnownId>();
  readonly #consumers = new Map<string, Consumer>();
  #bytes = 0;
  #lastSequence = 0;

  constructor(declaration: Declaration, instance: string, defect: (id: string) => boolean) {
    this.#declaration = declaration;
    this.instance = instance;
    this.#defect = defect;
  }

  static restore(image: StreamImage, defect: (id: string) => boolean): Stream {
    const stream = new Stream(image.declaration, image.instance, defect);
    for (const message of image.messages) stream.#keep(message);
    stream.#lastSequence = image.lastSequence;
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
      lastSequence: this.#lastSequence,
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
    this.#declaration = declaration;
    this.writeDeclaration(changes);
    if (this.#defect("broker-update-not-trimmed")) return;
    for (const subject of [...this.#bySubject.keys()]) this.#trim(subject, changes);
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
    return this.#lastSequence;
  }

  state(): StreamState {
    return {
      messages: this.#messages.size,
      bytes: this.#bytes,
      firstSequence: this.#first(),
      lastSequence: this.#lastSequence,
      consumers: [...this.#consumers.keys()],
    };
  }

  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name);
  }

  consumerState(consumer: Consumer): ConsumerState {
    return {
      ackFloor: consumer.ackFloor,
      delivered: consumer.next - 1,
      ackPending: consumer.ackPending,
      pending: this.#pending(consumer),
      redelivered: consumer.redelivered,
    };
  }

  /** Messages after a sequence, in order. */
  read(after: number, limit: number, filter: string): MessageData[] {
    const found: MessageData[] = [];
    for (let sequence = Math.max(after + 1, this.#first()); sequence <= this.#lastSequence; sequence++) {
      if (found.length === limit) break;
      const message = this.#messages.get(sequence);
      if (message !== undefined && matches(filter, message.subject)) found.push(message);
    }
    return found;
  }

  /** The newest message of each subject, in order. */
  newestBySubject(filter: string): MessageData[] {
    const found: MessageData[] = [];
    for (const [subject, sequences] of this.#bySubject) {
      const message = this.#messages.get(sequences[sequences.length - 1] ?? 0);
      if (message !== undefined && matches(filter, subject)) found.push(message);
    }
    return found.sort((a, b) => a.sequence - b.sequence);
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
      deliver === "all" ? this.#first() : deliver === "new" ? this.#lastSequence + 1 : deliver.fromSequence;
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
    if (config.discard === "new" && this.#isFullFor(subject, bytes)) return "stream-full";

    const sequence = this.#lastSequence + 1;
    const message: Stored = { sequence, subject, headers, data, publishedAt: now, bytes };
    this.#keep(message);
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
    if (this.#messages.has(sequence) && !this.#removeIfUnwanted(message, changes)) {
      for (const consumer of this.#consumers.values()) {
        if (wants(consumer.config, subject)) changes.ready.add(`${config.name}/${consumer.config.name}`);
      }
    }
    return { sequence, duplicate: false };
  }

  deliver(consumer: Consumer, batch: number, to: string, now: Micros, changes: Changes): DeliveredMessage[] {
    const taken: Outstanding[] = [];
    const take = (sequence: number, count: number): void => {
      const due = now + consumer.waitAfter(count);
      const outstanding: Outstanding = { sequence, count, due, ready: false };
      consumer.set(outstanding);
      taken.push(outstanding);
      this.#wrote(consumer, sequence, { state: "delivered", count, due, at: now, to }, changes);
    };
    for (const sequence of [...consumer.ready]) {
      if (taken.length === batch) break;
      take(sequence, (consumer.get(sequence)?.count ?? 0) + 1);
    }
    consumer.next = Math.max(consumer.next, this.#first());
    while (taken.length < batch && this.#mayTakeMore(consumer) && consumer.next <= this.#lastSequence) {
      const message = this.#messages.get(consumer.next);
      const sequence = consumer.next++;
      if (message !== undefined && wants(consumer.config, message.subject)) take(sequence, 1);
    }
    if (taken.length === 0) return [];
    const pending = this.#pending(consumer);
    return taken.flatMap(({ sequence, count }, at) => {
      const message = this.#messages.get(sequence);
      if (message === undefined) return [];
      const { subject, headers, data, publishedAt } = message;
      const left = pending + taken.length - 1 - at;
      return { sequence, subject, headers, data, publishedAt, deliveryCount: count, pending: left };
    });
  }

  /** How many messages could be delivered now. */
  available(consumer: Consumer): number {
    const room = this.#defect("broker-ack-pending-not-counted")
      ? Number.MAX_SAFE_INTEGER
      : consumer.maxAckPending - consumer.ackPending;
    return consumer.ready.size + this.#pending(consumer, Math.max(0, room));
  }

  answer(
    consumer: Consumer,
    { sequence, deliveryCount, answer }: AnswerCommand,
    now: Micros,
    changes: Changes,
  ): BrokerRefusal | undefined {
    const outstanding = consumer.get(sequence);
    const isCurrent = outstanding?.count === deliveryCount && !outstanding.ready;
    if (sequence >= consumer.next) return "not-current"; // never delivered
    switch (answer.kind) {
      case "ack":
        // Done is done, whoever did it; of a message that was given up too, and of one that is no longer kept.
        if (outstanding !== undefined || !consumer.isDoneWith(sequence)) {
          this.#settle(consumer, sequence, { state: "acked", at: now }, changes);
        }
        return undefined;
      case "term":
        if (!isCurrent) return "not-current";
        if (this.#defect("broker-term-is-nak")) {
          this.#again(consumer, outstanding, now, now, changes);
          return undefined;
        }
        this.#settle(consumer, sequence, { state: "terminated", at: now }, changes);
        this.#advise("terminated", consumer, outstanding, answer.reason, changes);
        return undefined;
      case "progress": {
        if (!isCurrent) return "not-current";
        if (this.#defect("broker-progress-ignored")) return undefined;
        const due = now + consumer.waitAfter(outstanding.count);
        consumer.set({ ...outstanding, due });
        this.#wrote(consumer, sequence, { state: "progress", due, at: now }, changes);
        return undefined;
      }
      case "nak": {
        if (!isCurrent) return "not-current";
        const delay = this.#defect("broker-nak-delay-ignored") ? 0 : answer.delay;
        this.#again(consumer, outstanding, now + delay, now, changes);
        return undefined;
      }
    }
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
        this.#again(consumer, outstanding, now, now, changes);
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

  #mayTakeMore(consumer: Consumer): boolean {
    return this.#defect("broker-ack-pending-not-counted") || consumer.ackPending < consumer.maxAckPending;
  }

  #unexpected({
    subject,
    expectedLastSequence,
    expectedLastSubjectSequence,
    creates,
  }: PublishCommand): BrokerRefusal | undefined {
    if (this.#defect("broker-expectations-not-checked")) return undefined;
    if (expectedLastSequence !== undefined && expectedLastSequence !== this.#lastSequence) {
      return "wrong-last-sequence";
    }
    const sequences = this.#bySubject.get(subject) ?? [];
    const last = this.#messages.get(sequences[sequences.length - 1] ?? 0);
    if (expectedLastSubjectSequence !== undefined && expectedLastSubjectSequence !== (last?.sequence ?? 0)) {
      return "wrong-last-sequence";
    }
    if (creates && last !== undefined && last.headers[OPERATION_HEADER] !== DELETED) return "key-exists";
    return undefined;
  }

  /** With what gives way by the limit of its subject already gone. */
  #isFullFor(subject: string, bytes: number): boolean {
    const { maxMessages, maxBytes, maxMessagesPerSubject } = this.config;
    const sequences = this.#bySubject.get(subject) ?? [];
    const gives = maxMessagesPerSubject !== undefined && sequences.length >= maxMessagesPerSubject;
    const given = gives ? this.#messages.get(sequences[0] ?? 0) : undefined;
    const messages = this.#messages.size - (given === undefined ? 0 : 1);
    const kept = this.#bytes - (given?.bytes ?? 0);
    return (
      messages >= (maxMessages ?? Number.MAX_SAFE_INTEGER) ||
      kept + bytes > (maxBytes ?? Number.MAX_SAFE_INTEGER)
    );
  }

  #trim(subject: string, changes: Changes): void {
    const { maxMessages, maxBytes, maxMessagesPerSubject } = this.config;
    const sequences = this.#bySubject.get(subject) ?? [];
    while (maxMessagesPerSubject !== undefined && sequences.length > maxMessagesPerSubject) {
      const oldest = this.#messages.get(sequences[0] ?? 0);
      if (oldest === undefined) break;
      this.#remove(oldest, "limit", changes);
    }
    for (const message of this.#messages.values()) {
      const isOver =
        this.#messages.size > (maxMessages ?? Number.MAX_SAFE_INTEGER) ||
        this.#bytes > (maxBytes ?? Number.MAX_SAFE_INTEGER);
      if (!isOver) break;
      this.#remove(message, "limit", changes);
    }
  }

  /** Deliveries of it go on at `from`, or it is given up. */
  #again(consumer: Consumer, outstanding: Outstanding, from: Micros, now: Micros, changes: Changes): void {
    const { sequence, count } = outstanding;
    const most = this.#defect("broker-max-deliver-plus-one") ? consumer.maxDeliver + 1 : consumer.maxDeliver;
    if (count >= most) {
      consumer.abandon(sequence);
      this.#wrote(consumer, sequence, { state: "given-up", at: now }, changes);
      this.#advise("maxDeliveries", consumer, outstanding, "", changes);
    } else if (from > now) {
      consumer.set({ ...outstanding, due: from, ready: false });
      this.#wrote(consumer, sequence, { state: "delayed", due: from, at: now }, changes);
      return;
    } else {
      consumer.set({ ...outstanding, ready: true });
      this.#wrote(consumer, sequence, { state: "ready", at: now }, changes);
    }
    changes.ready.add(`${this.config.name}/${consumer.config.name}`);
  }

  #settle(consumer: Consumer, sequence: number, value: Json, changes: Changes): void {
    consumer.settle(sequence);
    this.#wrote(consumer, sequence, value, changes);
    changes.ready.add(`${this.config.name}/${consumer.config.name}`);
    const message = this.#messages.get(sequence);
    if (message === undefined || this.config.retention === "limits") return;
    if (this.#defect("broker-first-ack-removes")) this.#remove(message, "acked", changes);
    else this.#removeIfUnwanted(message, changes);
  }

  #advise(
    kind: "maxDeliveries" | "terminated",
    consumer: Consumer,
    { sequence, count }: Outstanding,
    reason: string,
    changes: Changes,
  ): void {
    const advisory = {
      stream: this.config.name,
      consumer: consumer.config.name,
      sequence,
      deliveryCount: count,
      reason,
    };
    if (!this.#defect("broker-advisory-missing")) changes.advisories.push({ kind, advisory });
  }

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

  #keep(message: Stored): void {
    const { sequence, subject, bytes } = message;
    this.#messages.set(sequence, message);
    this.#bytes += bytes;
    this.#lastSequence = sequence;
    const sequences = this.#bySubject.get(subject);
    if (sequences === undefined) this.#bySubject.set(subject, [sequence]);
    else sequences.push(sequence);
  }

  #remove(message: Stored, why: Removal, changes: Changes): void {
    const { sequence, subject, bytes } = message;
    if (!this.#messages.delete(sequence)) return;
    this.#bytes -= bytes;
    const sequences = this.#bySubject.get(subject) ?? [];
    sequences.splice(sequences.indexOf(sequence), 1);
    if (sequences.length === 0) this.#bySubject.delete(subject);
    for (const consumer of this.#consumers.values()) {
      if (consumer.get(sequence) !== undefined)
        changes.ready.add(`${this.config.name}/${consumer.config.name}`);
      consumer.settle(sequence);
    }
    changes.writes.push({ key: this.#keyOf(sequence), value: { removed: why, at: changes.now } });
  }

  #first(): number {
    for (const sequence of this.#messages.keys()) return sequence;
    return this.#lastSequence + 1;
  }

  /** Messages that it was not given yet, counted up to `most`. */
  #pending(consumer: Consumer, most = Number.MAX_SAFE_INTEGER): number {
    let pending = 0;
    for (let at = Math.max(consumer.next, this.#first()); at <= this.#lastSequence && pending < most; at++) {
      const message = this.#messages.get(at);
      if (message !== undefined && wants(consumer.config, message.subject)) pending++;
    }
    return pending;
  }

  #keyOf(sequence: number): string {
    return `${this.config.name}/m/${sequence}`;
  }

  #wrote(consumer: Consumer, sequence: number, value: Json, changes: Changes): void {
    changes.writes.push({ key: `${this.config.name}/c/${consumer.config.name}/${sequence}`, value });
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
