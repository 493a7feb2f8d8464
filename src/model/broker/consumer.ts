/**
 * A consumer: how far it has come in its stream, and what was delivered and is not done with.
 *
 * Everything below `next` that is not outstanding is done with (acked or terminated), was given up, or was not wanted. A
 * message that was given up after its last delivery stays in the stream, as far as this consumer is concerned.
 */
import { type Micros, SECOND } from "seedstorm";
import { invariant } from "../invariant.js";
import type { ConsumerConfig } from "./config.js";

const ACK_WAIT: Micros = 30 * SECOND;
const MAX_ACK_PENDING = 1000;

export interface Outstanding {
  readonly sequence: number;
  /** Deliveries so far. */
  readonly count: number;
  /** When it is to be delivered again, unless it is answered before. */
  readonly due: Micros;
  /** It may be delivered now. */
  readonly ready: boolean;
}

export interface ConsumerImage {
  readonly config: ConsumerConfig;
  readonly next: number;
  readonly outstanding: readonly Outstanding[];
  readonly abandoned: readonly number[];
}

export class Consumer {
  readonly config: ConsumerConfig;
  /** The first sequence that has not been looked at. */
  next: number;
  readonly #outstanding = new Map<number, Outstanding>();
  /** Given up: no more deliveries, and not done. */
  readonly #abandoned = new Set<number>();
  /** In the order in which they became ready. */
  readonly #ready = new Set<number>();
  #earliestDue: Micros | undefined;
  #dueIsKnown = true;

  constructor(config: ConsumerConfig, next: number) {
    this.config = config;
    this.next = next;
  }

  static restore(image: ConsumerImage): Consumer {
    const consumer = new Consumer(image.config, image.next);
    for (const outstanding of image.outstanding) consumer.set(outstanding);
    for (const sequence of image.abandoned) consumer.#abandoned.add(sequence);
    return consumer;
  }

  image(): ConsumerImage {
    // Those that are ready come in their order, and last: when they are restored they become ready in this order.
    const waiting = [...this.#outstanding.values()].filter(({ ready }) => !ready);
    const ready = [...this.#ready].flatMap((sequence) => this.#outstanding.get(sequence) ?? []);
    invariant(
      waiting.length + ready.length === this.#outstanding.size,
      "what is outstanding waits for an answer or is ready, and nothing else is",
    );
    return {
      config: this.config,
      next: this.next,
      outstanding: [...waiting, ...ready],
      abandoned: [...this.#abandoned],
    };
  }

  get maxDeliver(): number {
    return this.config.maxDeliver ?? Number.MAX_SAFE_INTEGER;
  }

  get maxAckPending(): number {
    return this.config.maxAckPending ?? MAX_ACK_PENDING;
  }

  get ackPending(): number {
    return this.#outstanding.size;
  }

  get redelivered(): number {
    let redelivered = 0;
    for (const { count } of this.#outstanding.values()) if (count > 1) redelivered++;
    return redelivered;
  }

  /** Messages that are to be delivered again, now. */
  get ready(): ReadonlySet<number> {
    return this.#ready;
  }

  /** How long the `count`-th delivery may go without an answer. */
  waitAfter(count: number): Micros {
    const { backOff, ackWait = ACK_WAIT } = this.config;
    if (backOff === undefined) return ackWait;
    return backOff[Math.min(count, backOff.length) - 1] ?? ackWait;
  }

  get(sequence: number): Outstanding | undefined {
    return this.#outstanding.get(sequence);
  }

  set(outstanding: Outstanding): void {
    const { sequence, count, ready } = outstanding;
    invariant(sequence < this.next, "nothing is outstanding that was not looked at");
    invariant(!this.#abandoned.has(sequence), "what was given up is not delivered again");
    invariant(
      count >= (this.#outstanding.get(sequence)?.count ?? 1),
      "deliveries are counted upwards from one",
    );
    this.#outstanding.set(sequence, outstanding);
    if (ready) this.#ready.add(sequence);
    else this.#ready.delete(sequence);
    this.#dueIsKnown = false;
  }

  /** It is done with, or is no longer in the stream. */
  settle(sequence: number): void {
    this.#outstanding.delete(sequence);
    this.#ready.delete(sequence);
    this.#abandoned.delete(sequence);
    this.#dueIsKnown = false;
  }

  abandon(sequence: number): void {
    invariant(this.#outstanding.has(sequence), "only what is outstanding is given up");
    this.settle(sequence);
    this.#abandoned.add(sequence);
  }

  /** Whether, for all that this consumer cares, the message may go. */
  isDoneWith(sequence: number): boolean {
    return sequence < this.next && !this.#outstanding.has(sequence) && !this.#abandoned.has(sequence);
  }

  /** Everything up to here is settled. */
  get ackFloor(): number {
    let lowest = this.next;
    for (const sequence of this.#outstanding.keys()) if (sequence < lowest) lowest = sequence;
    return lowest - 1;
  }

  /** The earliest time at which something becomes due. */
  get earliestDue(): Micros | undefined {
    if (this.#dueIsKnown) return this.#earliestDue;
    let earliest: Micros | undefined;
    for (const { due, ready } of this.#outstanding.values()) {
      if (!ready && (earliest === undefined || due < earliest)) earliest = due;
    }
    this.#earliestDue = earliest;
    this.#dueIsKnown = true;
    return earliest;
  }

  /** What has become due by now, in the order of sequences. */
  dueBy(now: Micros): Outstanding[] {
    if ((this.earliestDue ?? Number.MAX_SAFE_INTEGER) > now) return [];
    const due = [...this.#outstanding.values()].filter(
      (outstanding) => !outstanding.ready && outstanding.due <= now,
    );
    return due.sort((a, b) => a.sequence - b.sequence);
  }
}
