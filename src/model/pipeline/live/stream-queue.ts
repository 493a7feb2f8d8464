/**
 * The queue of orders as a stream and its durable pull consumers. A producer's key is the id of a message, a record's offset is
 * its position less one, a delivery is what the consumer handed out.
 *
 * What a consumer does is not in any log. So what a worker was handed and what it said of it are recorded here, as states of
 * `consumer`, and put together with the rest when the drill is over. What JetStream has nothing for is answered and not done:
 * fences, trimming, and sending dead letters on their way again.
 */
import { type Host, type Json, type Micros, ms } from "seedstorm";
import type { Handed, Queue, Word } from "seedstorm/live";
import type { Progress } from "../../resources/protocol.js";
import type {
  AppendedTo,
  Counted,
  Delivery,
  Polled,
  QueueCommand,
  QueueRecord,
  RecordHeader,
} from "../../resources/queue-command.js";
import type { Outcome } from "../../resources/resources.js";
import { allows, canonical, SCHEMAS } from "../../resources/types.js";
import type { PipelineKnobs } from "../knobs.js";
import { type ConsumerStep, placeOf, stepFact } from "./consumer-history.js";
import type { DeadLetters } from "./dead-letters.js";

type Append = QueueCommand & { readonly type: "append" };
type CreateGroup = QueueCommand & { readonly type: "create-group" };
type Poll = QueueCommand & { readonly type: "poll" };
type Settlement = QueueCommand & { readonly type: "ack" | "nack" | "term" | "extend" };

/** What a group was created with, as it stands in its consumer's description. */
export interface GroupSettings {
  readonly placement: readonly string[];
  readonly semantics: string;
}

const PAUSE = ms(100);
const NANOS_PER_MICRO = 1000;
/** A pull that waits for less finds nothing. */
const SHORTEST_PULL = ms(10);
const NOTHING: Outcome<Polled> = { status: "ok", value: { ok: true, delivery: null } };
const UNKNOWN = { status: "unknown" } as const;
const UNAVAILABLE = { status: "unavailable" } as const;

export class StreamQueue {
  readonly #host: Host;
  readonly #queue: Queue;
  readonly #dead: DeadLetters;
  readonly #knobs: PipelineKnobs;
  readonly #groups = new Map<string, GroupSettings>();
  /** By delivery: what a word about it is sent to. Kept when it is settled: servers were seen to hand out one delivery twice. */
  readonly #replies = new Map<string, string>();
  #appends = 0;

  constructor(host: Host, queue: Queue, dead: DeadLetters, knobs: PipelineKnobs) {
    this.#host = host;
    this.#queue = queue;
    this.#dead = dead;
    this.#knobs = knobs;
  }

  async append({ record, producerKey }: Append): Promise<Outcome<AppendedTo>> {
    if (record.schemaId !== SCHEMAS.order) return { status: "refused", reason: "unknown-schema" };
    if (canonical(record).size > this.#knobs.payloadLimit) return { status: "refused", reason: "oversized" };
    let certain = true;
    const appended = await this.#tried(async () => {
      const published = await this.#queue.publish(record as unknown as Json, this.#idFor(producerKey)); // plain data
      if (published.status === "unknown") certain = false;
      if (published.status !== "stored") return undefined;
      const { position, duplicate } = published;
      return duplicate ? this.#repeated(record, position) : appendedAt(position, false);
    });
    return appended ?? (certain ? UNAVAILABLE : UNKNOWN);
  }

  /** The id under which a repeat is recognised; a planted defect takes a new one each time. */
  #idFor(producerKey: string): string {
    if (!this.#host.defect("retry-under-a-fresh-message-id")) return producerKey;
    this.#appends += 1;
    return `${producerKey} ${this.#host.id}#${this.#host.incarnation} ${this.#appends}`;
  }

  /** JetStream compares ids, never contents. */
  async #repeated(record: QueueRecord, position: number): Promise<Outcome<AppendedTo> | undefined> {
    const stored = await this.#queue.read(position);
    if (stored === undefined) return undefined;
    if (stored === null) {
      const detail = { position, key: record.key };
      this.#host.record({
        kind: "state",
        entity: "log",
        name: "orders",
        from: "acknowledged",
        to: "gone",
        detail,
      });
      return UNKNOWN;
    }
    const same = canonical(stored as object).sha256 === canonical(record).sha256; // a record, as `append` publishes
    if (!same && !this.#host.defect("GW5")) return { status: "refused", reason: "conflict" };
    return appendedAt(position, true);
  }

  async createGroup({ group, placement, semantics }: CreateGroup): Promise<Outcome<Counted>> {
    const settings: GroupSettings = { placement, semantics };
    const { visibility, maxDeliver } = this.#knobs;
    const description = JSON.stringify(settings);
    const created = await this.#tried(async (): Promise<Outcome<Counted> | undefined> => {
      const known = await this.#settingsOf(group);
      if (known === undefined) return undefined;
      if (known !== null)
        return JSON.stringify(known) === description ? counted(0) : { status: "refused", reason: "conflict" };
      const isCreated = await this.#queue.createConsumer({
        name: group,
        ackWait: visibility,
        maxDeliver,
        description,
      });
      return isCreated ? counted(1) : undefined;
    });
    return created ?? UNKNOWN;
  }

  async poll({ group, domain, worker }: Poll, wait: Micros): Promise<Outcome<Polled>> {
    const settings = this.#groups.get(group) ?? (await this.#settingsOf(group));
    if (settings === undefined) return UNAVAILABLE;
    if (settings === null) return { status: "refused", reason: "unknown-group" };
    if (!allows(settings.placement, domain)) return { status: "refused", reason: "placement-denied" };
    const pulled = await this.#queue.pull(group, Math.max(SHORTEST_PULL, wait));
    if (pulled.status === "no-consumer") this.#groups.delete(group);
    // What was handed out to somebody who hears nothing comes back to somebody.
    if (pulled.status === "silent") return UNKNOWN;
    if (pulled.status !== "handed") return NOTHING;
    const delivery = deliveryOf(group, pulled);
    this.#replies.set(delivery.deliveryId, pulled.reply);
    const { deliveryId, count, offset } = delivery;
    this.#step(placeOf(group, offset), { to: "delivered", deliveryId, count, domain, worker });
    return { status: "ok", value: { ok: true, delivery } };
  }

  async settle(settlement: Settlement): Promise<Outcome<Counted>> {
    const { type, deliveryId } = settlement;
    const reply = this.#replies.get(deliveryId);
    if (reply === undefined) throw new RangeError(`${deliveryId} was handed to nobody here`);
    if (type !== "extend") this.#said(settlement, "asked");
    const taken = await this.#tried(async () =>
      (await this.#queue.say(reply, wordOf(settlement))) ? true : undefined,
    );
    if (taken === undefined) return UNKNOWN;
    if (type !== "extend") this.#said(settlement, "taken");
    return counted(1);
  }

  /** Records as far as they can be found; undefined where nobody answers. */
  async headers(offsets: readonly number[]): Promise<readonly (RecordHeader | null)[] | undefined> {
    const records = await Promise.all(offsets.map((offset) => this.#queue.read(offset + 1)));
    const found: (RecordHeader | null)[] = [];
    for (const record of records) {
      if (record === undefined) return undefined;
      const { key } = (record ?? {}) as { readonly key?: string }; // a record, as `append` publishes
      found.push(
        record === null || key === undefined ? null : { key, sha256: canonical(record as object).sha256 },
      );
    }
    return found;
  }

  /** Null where there is no such group, undefined where nobody answers. */
  async progress(group: string): Promise<Progress | null | undefined> {
    const consumer = await this.#queue.consumer(group);
    if (consumer === null || consumer === undefined) return consumer;
    const [tail, dead] = await Promise.all([this.#queue.last(), this.#dead.of(group)]);
    if (tail === undefined || dead === undefined) return undefined;
    const { ack_floor: floor, delivered, num_ack_pending: pending } = consumer;
    // JetStream's floor moves over dead letters, which hold a cursor.
    const cursor = Math.min(floor.stream_seq, ...dead);
    return { tail, cursor, acked: delivered.stream_seq - pending - dead.length, dead: dead.length };
  }

  async #settingsOf(group: string): Promise<GroupSettings | null | undefined> {
    const consumer = await this.#queue.consumer(group);
    if (consumer === null || consumer === undefined) return consumer;
    const settings = settingsIn(consumer.config.description);
    this.#groups.set(group, settings);
    return settings;
  }

  /** Does it until it comes to something, or a command's time is over. */
  async #tried<T>(action: () => Promise<T | undefined>): Promise<T | undefined> {
    const until = this.#host.clock.monotonic() + this.#knobs.operationTimeout;
    for (;;) {
      const outcome = await action();
      if (outcome !== undefined || this.#host.clock.monotonic() >= until) return outcome;
      await this.#host.sleep(PAUSE);
    }
  }

  #said({ type, group, offset, deliveryId }: Settlement, how: "asked" | "taken"): void {
    this.#step(placeOf(group, offset), {
      to: `${type} ${how}` as ConsumerStep["to"],
      deliveryId,
    } as ConsumerStep);
  }

  #step(name: string, step: ConsumerStep): void {
    this.#host.record(stepFact(name, step));
  }
}

const counted = (count: number): Outcome<Counted> => ({ status: "ok", value: { ok: true, count } });

const appendedAt = (position: number, repeated: boolean): Outcome<AppendedTo> => ({
  status: "ok",
  value: { ok: true, offset: position - 1, repeated },
});

function deliveryOf(group: string, { position, count, content }: Handed): Delivery {
  const offset = position - 1;
  return {
    offset,
    deliveryId: `${group}/${offset}/${count}`,
    count,
    record: content as unknown as QueueRecord,
  }; // as `append` publishes
}

/** A group's settings, as its consumer's description has them. */
export function settingsIn(description: string | undefined): GroupSettings {
  return JSON.parse(description ?? "") as GroupSettings; // as `createGroup` wrote it
}

function wordOf(settlement: Settlement): Word {
  switch (settlement.type) {
    case "ack":
      return "+ACK";
    case "nack":
      return `-NAK ${JSON.stringify({ delay: Math.max(1, settlement.delay) * NANOS_PER_MICRO })}`;
    case "term":
      return "+TERM";
    case "extend":
      return "+WPI";
  }
}
