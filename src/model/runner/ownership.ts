/**
 * Who dispatches and schedules for a part of all instances: one node at a time, by a lease in the store.
 *
 * A holder writes a higher heartbeat every so often; another takes a lease over when it has not seen that change for the
 * lease's time by its own monotonic clock, so that no wall clock is trusted. That two nodes have a part for a moment is
 * harmless: what they do is repeated under the same ids. The heartbeat carries the part's own time, which goes on by what
 * passed on its holder's monotonic clock and stands still between holders and while
 * the store is away: timers are due by it, and may be late for that, not early.
 *
 * A node with at least two parts less than another asks for one of its, and is given it at the holder's next heartbeat.
 */
import { type Json, MILLISECOND, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Transaction } from "../storage/transaction.js";
import { look, type NodeContext, transact } from "./context.js";
import { GOALS } from "./goals.js";
import type { LeaseRecord } from "./records.js";

interface Held {
  readonly epoch: number;
  /** As it was last committed. */
  time: Micros;
  /** The monotonic clock when `time` was so much. */
  at: Micros;
}

interface Seen {
  readonly epoch: number;
  readonly heartbeat: number;
  /** By the monotonic clock, when it was first seen so. */
  readonly since: Micros;
}

export class Ownership {
  readonly #context: NodeContext;
  readonly #holder: string;
  readonly #held = new Map<number, Held>();
  readonly #seen = new Map<number, Seen>();
  #stopped = false;
  #releasing = false;

  constructor(context: NodeContext) {
    this.#context = context;
    this.#holder = context.life;
  }

  get parts(): readonly number[] {
    return [...this.#held.keys()];
  }

  /** The time of a part of this node's, as it is durable; undefined for another's. */
  timeOf(part: number): Micros | undefined {
    if (this.#context.host.defect("schedule-by-wall-clock") && this.#held.has(part))
      return Math.max(0, this.#context.host.clock.now());
    return this.#held.get(part)?.time;
  }

  async run(): Promise<void> {
    const { host, settings } = this.#context;
    while (!this.#stopped) {
      await this.#tick();
      await host.sleep(settings.lease.heartbeat * MILLISECOND);
    }
  }

  /** Lets go of everything, and takes nothing more. */
  async release(): Promise<void> {
    this.#releasing = true;
    for (const part of this.parts) await this.#heartbeat(part);
    this.#stopped = true;
  }

  stop(): void {
    this.#stopped = true;
    this.#held.clear();
  }

  async #tick(): Promise<void> {
    const { settings } = this.#context;
    for (const part of this.parts) await this.#heartbeat(part);
    if (this.#stopped || this.#releasing) return;
    const leases = await this.#look();
    if (leases === undefined || this.#stopped || this.#releasing) return;
    for (let part = 0; part < settings.spread.parts; part++) {
      if (!this.#held.has(part) && this.#isFree(part, leases.get(part))) await this.#take(part);
    }
    this.#askFor(leases);
  }

  async #look(): Promise<ReadonlyMap<number, LeaseRecord> | undefined> {
    const { keys, settings } = this.#context;
    const leases = new Map<number, LeaseRecord>();
    const looked = await look(this.#context, async (transaction) => {
      for (let part = 0; part < settings.spread.parts; part++) {
        const found = await transaction.get(keys.lease(part));
        if (found !== undefined) leases.set(part, found as unknown as LeaseRecord); // only such are put
      }
    });
    return looked.ok ? leases : undefined;
  }

  #isFree(part: number, lease: LeaseRecord | undefined): boolean {
    const { host, settings } = this.#context;
    if (lease === undefined || lease.holder === "")
      return lease?.wanted === undefined || this.#mayTake(lease);
    const seen = this.#seen.get(part);
    const now = host.clock.monotonic();
    if (seen === undefined || seen.epoch !== lease.epoch || seen.heartbeat !== lease.heartbeat) {
      this.#seen.set(part, { epoch: lease.epoch, heartbeat: lease.heartbeat, since: now });
      return false;
    }
    return now - seen.since >= settings.lease.ttl * MILLISECOND;
  }

  /** A part that was let go for somebody is his, unless he does not come for it. */
  #mayTake({ wanted }: LeaseRecord): boolean {
    return wanted === "" || wanted === this.#holder || this.#context.host.random.chance(0.2);
  }

  async #take(part: number): Promise<void> {
    const { keys, host } = this.#context;
    const key = keys.lease(part);
    const seen = this.#seen.get(part);
    const taken = await transact(this.#context, async (transaction) => {
      const lease = (await transaction.get(key)) as unknown as LeaseRecord | undefined; // only such are put
      const isAsSeen =
        lease === undefined ||
        lease.holder === "" ||
        (lease.epoch === seen?.epoch && lease.heartbeat === seen.heartbeat);
      if (!isAsSeen) return undefined;
      const record: LeaseRecord = {
        holder: this.#holder,
        epoch: (lease?.epoch ?? 0) + 1,
        heartbeat: 1,
        time: lease?.time ?? 0,
        wanted: host.defect("part-let-go-for-ever") ? (lease?.wanted ?? "") : "",
      };
      putLease(transaction, key, lease, record);
      return { record, tookOver: lease !== undefined && lease.holder !== "" };
    });
    if (!taken.ok || taken.value === undefined || this.#stopped || this.#releasing) return;
    if (taken.value.tookOver) host.reached(GOALS.partTakenOver);
    const { epoch, time } = taken.value.record;
    this.#held.set(part, { epoch, time, at: host.clock.monotonic() });
    this.#seen.delete(part);
  }

  /** Says that this node is there; loses the part when somebody else has it. */
  async #heartbeat(part: number): Promise<void> {
    const { keys, host, settings } = this.#context;
    const held = this.#held.get(part);
    if (held === undefined) return;
    const key = keys.lease(part);
    const at = host.clock.monotonic();
    const mostAtOnce = 2 * settings.lease.heartbeat * MILLISECOND;
    const written = await transact(this.#context, async (transaction) => {
      const lease = (await transaction.get(key)) as unknown as LeaseRecord | undefined; // only such are put
      if (lease?.holder !== this.#holder || lease.epoch !== held.epoch) return "lost";
      const gives = this.#releasing || lease.wanted !== "";
      const record: LeaseRecord = {
        ...lease,
        holder: gives ? "" : this.#holder,
        heartbeat: lease.heartbeat + 1,
        // Time never leaps: whoever sets a timer goes by the last heartbeat, however long ago that was. It may be late.
        time: Math.max(lease.time, held.time + Math.min(Math.max(0, at - held.at), mostAtOnce)),
      };
      putLease(transaction, key, lease, record);
      return record;
    });
    if (!written.ok) return;
    if (written.value === "lost") {
      this.#held.delete(part);
      return;
    }
    if (written.value.holder === "") {
      if (!this.#releasing) host.reached(GOALS.partHandedOver);
      this.#held.delete(part);
      return;
    }
    held.time = written.value.time;
    held.at = at;
  }

  /** Wants a part of whoever has two more than this node. */
  #askFor(leases: ReadonlyMap<number, LeaseRecord>): void {
    const counts = new Map<string, number[]>();
    for (const [part, { holder, wanted }] of leases) {
      if (wanted === this.#holder) return;
      if (holder !== "" && holder !== this.#holder) counts.set(holder, [...(counts.get(holder) ?? []), part]);
    }
    for (const parts of counts.values()) {
      const [first] = parts;
      if (first === undefined || parts.length < this.#held.size + 2) continue;
      void this.#want(first);
      return;
    }
  }

  async #want(part: number): Promise<void> {
    const { keys } = this.#context;
    const key = keys.lease(part);
    await transact(this.#context, async (transaction) => {
      const lease = (await transaction.get(key)) as unknown as LeaseRecord | undefined; // only such are put
      if (lease === undefined || lease.wanted !== "") return;
      putLease(transaction, key, lease, { ...lease, wanted: this.#holder });
    });
  }
}

/** @param before what the transaction has found there. */
export function putLease(
  transaction: Transaction,
  key: string,
  before: LeaseRecord | undefined,
  record: LeaseRecord,
): void {
  invariant(record.epoch >= (before?.epoch ?? 1), "the epoch of a part only grows");
  invariant(record.time >= (before?.time ?? 0), "the time of a part never goes back");
  invariant(
    record.epoch !== before?.epoch || record.holder === before.holder || record.holder === "",
    "whoever takes a part over begins an epoch",
  );
  transaction.put(key, record as unknown as Json);
}
