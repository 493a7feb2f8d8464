/**
 * One consumer group of a queue: which records are ready, which are with a worker, which are done or dead.
 *
 * A record goes ready → in flight → acked; a time-out or a refusal by the worker brings it back to ready, with its
 * delivery count one higher, and past the limit it is dead until an operator redrives it. The cursor is the
 * contiguous acked prefix: a dead record holds it. Everything is found by offset in constant time; records that
 * come back wait in a short sorted list and go out before fresh ones.
 */
import type { Json, Micros } from "seedstorm";
import type { DeliverySemantics } from "./types.js";

/** A record that is with a worker. */
export interface LiveDelivery {
  readonly deliveryId: string;
  readonly count: number;
  readonly domain: string;
  readonly worker: string;
  /** Changes with each extension: an older time-out means nothing any more. */
  readonly generation: number;
}

/** A record that a worker gave back, to be ready again later. */
export interface Waiting {
  readonly generation: number;
  readonly delay: Micros;
}

interface GroupSnapshot {
  readonly name: string;
  readonly placement: readonly string[];
  readonly semantics: DeliverySemantics;
  readonly cursor: number;
  readonly fresh: number;
  readonly returned: readonly number[];
  readonly live: readonly (readonly [number, LiveDelivery])[];
  readonly waiting: readonly (readonly [number, Waiting])[];
  readonly counts: readonly (readonly [number, number])[];
  readonly acked: readonly (readonly [number, string])[];
  readonly dead: readonly (readonly [number, number])[];
}

export class ConsumerGroup {
  /** Next offset that is not acked yet. */
  cursor = 0;
  readonly live = new Map<number, LiveDelivery>();
  readonly waiting = new Map<number, Waiting>();
  /** How often each record that is not done was handed out. */
  readonly counts = new Map<number, number>();
  /** The delivery that each done record was acked by. */
  readonly acked = new Map<number, string>();
  readonly dead = new Map<number, number>();
  /** From here on nothing was ever handed out. */
  #fresh = 0;
  /** Handed out before and ready again; ascending. */
  #returned: number[] = [];

  constructor(
    readonly name: string,
    readonly placement: readonly string[],
    readonly semantics: DeliverySemantics,
  ) {}

  /** How many records of a queue with `tail` records are ready. */
  ready(tail: number): number {
    return this.#returned.length + tail - this.#fresh;
  }

  /** The lowest ready offset; undefined when nothing is ready. */
  first(tail: number): number | undefined {
    return this.#returned[0] ?? (this.#fresh < tail ? this.#fresh : undefined);
  }

  /** Takes the lowest ready offset out. */
  take(): void {
    if (this.#returned.length > 0) this.#returned.shift();
    else this.#fresh += 1;
  }

  /** The record is ready again. */
  comeBack(offset: number): void {
    let at = this.#returned.length;
    while (at > 0 && (this.#returned[at - 1] ?? 0) > offset) at -= 1;
    if (this.#returned[at - 1] !== offset) this.#returned.splice(at, 0, offset);
  }

  /** Forgets that a done record might be ready; only a late ack that was let through needs it. */
  withdraw(offset: number): void {
    const at = this.#returned.indexOf(offset);
    if (at >= 0) this.#returned.splice(at, 1);
    this.waiting.delete(offset);
  }

  /** Moves the cursor over what is acked; true when it moved. */
  advance(): boolean {
    const before = this.cursor;
    while (this.acked.has(this.cursor)) this.cursor += 1;
    return this.cursor !== before;
  }

  snapshot(): Json {
    const snapshot: GroupSnapshot = {
      name: this.name,
      placement: this.placement,
      semantics: this.semantics,
      cursor: this.cursor,
      fresh: this.#fresh,
      returned: [...this.#returned],
      live: [...this.live],
      waiting: [...this.waiting],
      counts: [...this.counts],
      acked: [...this.acked],
      dead: [...this.dead],
    };
    return snapshot as unknown as Json; // plain data throughout
  }

  static restore(json: Json): ConsumerGroup {
    const from = json as unknown as GroupSnapshot; // written by `snapshot`
    const group = new ConsumerGroup(from.name, from.placement, from.semantics);
    group.cursor = from.cursor;
    group.#fresh = from.fresh;
    group.#returned = [...from.returned];
    for (const [offset, live] of from.live) group.live.set(offset, live);
    for (const [offset, waiting] of from.waiting) group.waiting.set(offset, waiting);
    for (const [offset, count] of from.counts) group.counts.set(offset, count);
    for (const [offset, deliveryId] of from.acked) group.acked.set(offset, deliveryId);
    for (const [offset, count] of from.dead) group.dead.set(offset, count);
    return group;
  }
}
