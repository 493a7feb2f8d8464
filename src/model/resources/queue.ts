/**
 * The replicated queue: records in the order of their append, handed to consumer groups under leases of their own.
 *
 * Promises: offsets are dense; one producer key is one record for ever, and another content under it is a
 * conflict; a record is with one worker at a time; a poll is served only where the group's placement allows
 * it, checked on every poll; an ack counts only for the delivery that is live; what is handed out and not acked comes back
 * when its visibility time-out passes, and after `maxDeliver` deliveries is a dead letter. Trimming lets go of the
 * bodies of records that every group is done with; their headers stay, so that repeats and read-backs are answered.
 *
 * Leaves out: order within a key, and delivery in order across redeliveries.
 */
import type { Json, Micros, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Applied, Deadline, LogPosition, StateMachine } from "../replication/machine.js";
import { ConsumerGroup, type LiveDelivery } from "./consumer-group.js";
import { Deadlines } from "./deadlines.js";
import { Fence } from "./fence.js";
import type {
  OfDelivery,
  QueueCommand,
  QueueOptions,
  QueueRecord,
  QueueResult,
  RecordHeader,
} from "./queue-command.js";
import {
  allows,
  canonical,
  type Defects,
  type DeliverySemantics,
  type Refused,
  refused,
  SCHEMAS,
} from "./types.js";

interface Stored {
  readonly header: RecordHeader;
  /** Undefined once trimmed. */
  record: QueueRecord | undefined;
}

interface QueueSnapshot {
  readonly records: readonly (readonly [RecordHeader, QueueRecord | null])[];
  readonly producers: readonly (readonly [string, number])[];
  readonly groups: readonly Json[];
  readonly fence: number;
  readonly trimmed: number;
  readonly term: number;
}

type Result = Applied<QueueResult>;
const NO_WRITES: readonly Write[] = [];
const refuse = (reason: Refused["reason"]): Result => ({ result: refused(reason), writes: NO_WRITES });
const touched = (count: number, writes: readonly Write[]): Result => ({
  result: { ok: true, count },
  writes,
});

export class QueueMachine implements StateMachine<QueueCommand, QueueResult> {
  /** Called when a record became ready in a group; not part of the state. */
  onReady: ((group: string) => void) | undefined;
  readonly #options: QueueOptions;
  readonly #defects: Defects;
  readonly #fence: Fence;
  readonly #deadlines = new Deadlines<QueueCommand>();
  readonly #producers = new Map<string, number>();
  readonly #groups = new Map<string, ConsumerGroup>();
  #records: Stored[] = [];
  #trimmed = 0;
  #term = 0;

  constructor(options: QueueOptions, defects: Defects) {
    this.#options = options;
    this.#defects = defects;
    this.#fence = new Fence(defects);
  }

  /** How many records were ever appended: the next offset. */
  get tail(): number {
    return this.#records.length;
  }

  /** How many records are ready; undefined when there is no such group. */
  ready(group: string): number | undefined {
    return this.#groups.get(group)?.ready(this.#records.length);
  }

  /** Whether a poll from this domain can be answered with a delivery. */
  serves(group: string, domain: string): boolean {
    const found = this.#groups.get(group);
    return found !== undefined && allows(found.placement, domain);
  }

  header(offset: number): RecordHeader | undefined {
    return this.#records[offset]?.header;
  }

  /** Where a group stands; undefined when there is no such group. */
  progress(
    group: string,
  ): { readonly cursor: number; readonly acked: number; readonly dead: number } | undefined {
    const found = this.#groups.get(group);
    return found && { cursor: found.cursor, acked: found.acked.size, dead: found.dead.size };
  }

  apply(command: QueueCommand, position: LogPosition): Result {
    if (position.term !== this.#term) {
      this.#term = position.term;
      if (this.#defects("delivery-count-lost-on-leader-change")) {
        for (const group of this.#groups.values()) group.counts.clear();
      }
    }
    switch (command.type) {
      case "append":
        return this.#append(command.record, command.producerKey, command.epoch, position);
      case "create-group":
        return this.#createGroup(command.group, command.placement, command.semantics, command.epoch);
      case "poll":
        return this.#poll(command.group, command.domain, command.worker, position);
      case "ack":
        return this.#ack(command);
      case "nack":
        return this.#giveBack(command, command.delay, position);
      case "term":
        return this.#giveUp(command);
      case "extend":
        return this.#extend(command, position);
      case "expire":
        return this.#expire(command.group, command.offset, command.generation);
      case "return":
        return this.#return(command.group, command.offset, command.generation);
      case "redrive":
        return this.#redrive(command.group, command.epoch);
      case "trim":
        return this.#trim(command.epoch);
      case "raise-fence": {
        if (!this.#fence.admits(command.epoch)) return refuse("fenced");
        const writes: Write[] = [];
        this.#fence.accept(command.epoch, writes);
        return touched(0, writes);
      }
    }
  }

  #append(
    record: QueueRecord,
    producerKey: string,
    epoch: number | undefined,
    position: LogPosition,
  ): Result {
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    if (record.schemaId !== SCHEMAS.order) return refuse("unknown-schema");
    const { sha256, size } = canonical(record);
    if (size > this.#options.payloadLimit) return refuse("oversized");
    const known = this.#producers.get(producerKey);
    if (known !== undefined) {
      if (this.#records[known]?.header.sha256 !== sha256 && !this.#defects("GW5")) return refuse("conflict");
      return { result: { ok: true, offset: known, repeated: true }, writes: NO_WRITES };
    }
    const offset = this.#records.length;
    this.#records.push({ header: { key: record.key, sha256 }, record });
    this.#producers.set(producerKey, offset);
    invariant(this.#producers.size <= this.tail, "each producer key stands for a record of its own");
    const { key, schemaId, generation, orderId } = record;
    const writes: Write[] = [
      { key: `record/${offset}`, value: { key, sha256, schemaId, generation, orderId } },
    ];
    this.#fence.accept(epoch, writes);
    for (const group of this.#groups.values()) {
      if (this.#defects("visibility-timer-started-at-append"))
        this.#watch(group.name, offset, position.index);
      this.onReady?.(group.name);
    }
    return { result: { ok: true, offset, repeated: false }, writes };
  }

  #createGroup(
    name: string,
    placement: readonly string[],
    semantics: DeliverySemantics,
    epoch: number | undefined,
  ): Result {
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    const known = this.#groups.get(name);
    const writes: Write[] = [];
    if (known !== undefined) {
      const same = known.semantics === semantics && known.placement.join() === placement.join();
      if (same) return touched(0, NO_WRITES);
      if (!this.#defects("placement-widened-by-observation")) return refuse("conflict");
    }
    const group =
      known === undefined ? new ConsumerGroup(name, placement, semantics) : widened(known, placement);
    this.#groups.set(name, group);
    this.#fence.accept(epoch, writes);
    writes.push({ key: `group/${name}`, value: { placement, semantics } });
    if (group.ready(this.tail) > 0) this.onReady?.(name);
    return touched(1, writes);
  }

  #poll(name: string, domain: string, worker: string, position: LogPosition): Result {
    const group = this.#groups.get(name);
    if (group === undefined) return refuse("unknown-group");
    if (!allows(group.placement, domain) && !this.#defects("placement-checked-at-group-creation-only")) {
      return refuse("placement-denied");
    }
    const offset = group.first(this.tail);
    const record = offset === undefined ? undefined : this.#records[offset]?.record;
    if (offset === undefined || record === undefined) {
      return { result: { ok: true, delivery: null }, writes: NO_WRITES };
    }
    if (group.live.has(offset) || !this.#defects("redelivery-while-held")) group.take();
    const count = (group.counts.get(offset) ?? 0) + 1;
    group.counts.set(offset, count);
    const deliveryId = `${name}/${offset}/${count}`;
    const generation = this.#defects("visibility-timer-started-at-append")
      ? (this.#deadlines.get(`delivery/${name}/${offset}`)?.generation ?? position.index)
      : this.#watch(name, offset, position.index);
    const live: LiveDelivery = { deliveryId, count, domain, worker, generation };
    group.live.set(offset, live);
    return {
      result: { ok: true, delivery: { offset, deliveryId, count, record } },
      writes: [{ key: `delivery/${name}/${offset}`, value: { deliveryId, count, domain, worker } }],
    };
  }

  /** Starts the visibility time-out of a delivery anew. */
  #watch(group: string, offset: number, generation: number): number {
    if (this.#defects("delivery-never-expires")) return generation;
    this.#deadlines.set({
      key: `delivery/${group}/${offset}`,
      generation,
      after: this.#options.visibility,
      command: { type: "expire", group, offset, generation },
    });
    return generation;
  }

  /** The group and the live delivery that a worker speaks of, or why it may not speak. */
  #held(of: OfDelivery): { readonly group: ConsumerGroup; readonly live: LiveDelivery } | Refused {
    const group = this.#groups.get(of.group);
    if (group === undefined) return refused("unknown-group");
    const live = group.live.get(of.offset);
    return live?.deliveryId === of.deliveryId ? { group, live } : refused("stale-delivery");
  }

  /** The record is with nobody any more. */
  #letGo(group: ConsumerGroup, offset: number): Write {
    group.live.delete(offset);
    this.#deadlines.drop(`delivery/${group.name}/${offset}`);
    return { key: `delivery/${group.name}/${offset}`, value: null };
  }

  #ack(of: OfDelivery): Result {
    const group = this.#groups.get(of.group);
    if (group === undefined) return refuse("unknown-group");
    const { offset, deliveryId } = of;
    const acked = group.acked.get(offset);
    if (acked === deliveryId) return touched(0, NO_WRITES);
    if (acked !== undefined || offset >= this.tail) return refuse("stale-delivery");
    if (group.live.get(offset)?.deliveryId !== deliveryId && !this.#defects("GW6"))
      return refuse("stale-delivery");
    const writes = [this.#letGo(group, offset)];
    group.withdraw(offset);
    group.counts.delete(offset);
    group.acked.set(offset, deliveryId);
    writes.push({ key: `ack/${group.name}/${offset}`, value: { deliveryId } });
    if (this.#defects("cursor-skips") && offset >= group.cursor) group.cursor = offset + 1;
    else if (!group.advance()) return touched(1, writes);
    invariant(group.cursor <= this.tail, "no cursor is behind the end of the queue");
    writes.push({ key: `cursor/${group.name}`, value: group.cursor });
    return touched(1, writes);
  }

  #giveBack(of: OfDelivery, delay: Micros, position: LogPosition): Result {
    const held = this.#held(of);
    if ("reason" in held) return refuse(held.reason);
    if (this.#exhausted(held.live)) return this.#bury(held.group, of.offset);
    const writes = [this.#letGo(held.group, of.offset)];
    if (delay <= 0) {
      held.group.comeBack(of.offset);
      this.onReady?.(of.group);
    } else {
      held.group.waiting.set(of.offset, { generation: position.index, delay });
      this.#waitFor(of.group, of.offset, position.index, delay);
    }
    return touched(1, writes);
  }

  #waitFor(group: string, offset: number, generation: number, delay: Micros): void {
    this.#deadlines.set({
      key: `waiting/${group}/${offset}`,
      generation,
      after: delay,
      command: { type: "return", group, offset, generation },
    });
  }

  #giveUp(of: OfDelivery): Result {
    const held = this.#held(of);
    return "reason" in held ? refuse(held.reason) : this.#bury(held.group, of.offset);
  }

  /** Counts go on after a redrive, so that delivery ids stay unique: each redrive allows one more round. */
  #exhausted(live: LiveDelivery): boolean {
    return live.count % this.#options.maxDeliver === 0 && !this.#defects("poison-loops-for-ever");
  }

  #bury(group: ConsumerGroup, offset: number): Result {
    const count = group.counts.get(offset) ?? 0;
    const writes = [this.#letGo(group, offset)];
    group.dead.set(offset, count);
    writes.push({ key: `dead/${group.name}/${offset}`, value: { count } });
    return touched(1, writes);
  }

  #extend(of: OfDelivery, position: LogPosition): Result {
    const held = this.#held(of);
    if ("reason" in held) return refuse(held.reason);
    held.group.live.set(of.offset, { ...held.live, generation: position.index });
    this.#watch(of.group, of.offset, position.index);
    return touched(1, NO_WRITES);
  }

  #expire(name: string, offset: number, generation: number): Result {
    const group = this.#groups.get(name);
    const live = group?.live.get(offset);
    if (group === undefined || live === undefined || live.generation !== generation) {
      const deadline = this.#deadlines.get(`delivery/${name}/${offset}`);
      if (deadline?.generation === generation) this.#deadlines.drop(deadline.key);
      return touched(0, NO_WRITES);
    }
    if (this.#exhausted(live)) return this.#bury(group, offset);
    const writes = [this.#letGo(group, offset)];
    group.comeBack(offset);
    this.onReady?.(name);
    return touched(1, writes);
  }

  #return(name: string, offset: number, generation: number): Result {
    const group = this.#groups.get(name);
    if (group?.waiting.get(offset)?.generation !== generation) return touched(0, NO_WRITES);
    group.waiting.delete(offset);
    this.#deadlines.drop(`waiting/${name}/${offset}`);
    group.comeBack(offset);
    this.onReady?.(name);
    return touched(1, NO_WRITES);
  }

  #redrive(name: string, epoch: number | undefined): Result {
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    const group = this.#groups.get(name);
    if (group === undefined) return refuse("unknown-group");
    const writes: Write[] = [];
    this.#fence.accept(epoch, writes);
    const count = group.dead.size;
    for (const offset of group.dead.keys()) {
      group.comeBack(offset);
      writes.push({ key: `dead/${name}/${offset}`, value: null });
    }
    group.dead.clear();
    if (count > 0) this.onReady?.(name);
    return touched(count, writes);
  }

  #trim(epoch: number | undefined): Result {
    if (!this.#fence.admits(epoch)) return refuse("fenced");
    const writes: Write[] = [];
    this.#fence.accept(epoch, writes);
    let until = this.#groups.size === 0 ? this.#trimmed : this.tail;
    for (const group of this.#groups.values()) until = Math.min(until, group.cursor);
    const count = until - this.#trimmed;
    if (count <= 0) return touched(0, writes);
    for (; this.#trimmed < until; this.#trimmed++) {
      const stored = this.#records[this.#trimmed];
      if (stored !== undefined) stored.record = undefined;
    }
    writes.push({ key: "trimmed", value: until });
    return touched(count, writes);
  }

  deadlines(): readonly Deadline<QueueCommand>[] {
    return this.#deadlines.list();
  }

  snapshot(): Json {
    const snapshot: QueueSnapshot = {
      records: this.#records.map(({ header, record }) => [header, record ?? null] as const),
      producers: [...this.#producers],
      groups: [...this.#groups.values()].map((group) => group.snapshot()),
      fence: this.#fence.highest,
      trimmed: this.#trimmed,
      term: this.#term,
    };
    return snapshot as unknown as Json; // plain data throughout
  }

  restore(json: Json): void {
    const from = json as unknown as QueueSnapshot; // written by `snapshot`
    this.#records = from.records.map(([header, record]) => ({ header, record: record ?? undefined }));
    this.#producers.clear();
    if (!this.#defects("dedupe-lost-on-restart")) {
      for (const [key, offset] of from.producers) this.#producers.set(key, offset);
    }
    this.#groups.clear();
    this.#deadlines.clear();
    for (const json of from.groups) {
      const group = ConsumerGroup.restore(json);
      invariant(group.cursor <= this.tail, "no cursor is behind the end of the queue");
      this.#groups.set(group.name, group);
      for (const [offset, live] of group.live) this.#watch(group.name, offset, live.generation);
      for (const [offset, { generation, delay }] of group.waiting) {
        this.#waitFor(group.name, offset, generation, delay);
      }
    }
    this.#fence.highest = from.fence;
    this.#trimmed = from.trimmed;
    invariant(this.#trimmed <= this.tail, "no more is trimmed than was appended");
    this.#term = from.term;
  }
}

/** The same group with another placement. */
function widened(group: ConsumerGroup, placement: readonly string[]): ConsumerGroup {
  const snapshot = group.snapshot() as { readonly [key: string]: Json }; // a group's snapshot is an object
  return ConsumerGroup.restore({ ...snapshot, placement });
}
