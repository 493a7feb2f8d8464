/**
 * What a channel does, without promises and timers: one list of messages, and a clock that is set. Written from the promises of
 * `channel-api.ts`, for differential tests.
 */
import type { ChannelConfig } from "../../../src/model/actors/channel-api.js";

interface Kept {
  readonly sequence: number;
  readonly name: number;
  readonly expires: number;
  count: number;
  /** When its present delivery is over; undefined while it is not out. */
  outUntil: number | undefined;
}

interface Waiting {
  readonly name: number;
  readonly until: number;
}

export class ChannelModel {
  now = 0;
  kept: Kept[] = [];
  senders: Waiting[] = [];
  receivers: Waiting[] = [];
  /** What became of each send and of each receive: `sequence`, `sequence/count`, or an error. */
  readonly sent = new Map<number, string>();
  readonly received = new Map<number, string>();
  /** `sequence reason`, in order. */
  readonly dead: string[] = [];
  readonly #config: ChannelConfig;
  #sequence = 0;

  constructor(config: ChannelConfig) {
    this.#config = config;
  }

  send(name: number): void {
    const { whenFull, sendTimeout } = this.#config;
    if (this.kept.length < this.#config.capacity) this.#take(name);
    else if (whenFull === "block") this.senders.push({ name, until: this.now + sendTimeout });
    else this.sent.set(name, whenFull === "drop" ? "dropped" : "full");
    this.#settle();
  }

  receive(name: number): void {
    this.receivers.push({ name, until: this.now + this.#config.receiveTimeout });
    this.#settle();
  }

  /** An answer to the delivery that this receive led to. Whether it counts. */
  answer(name: number, kind: "ack" | "nack"): boolean {
    const [sequence, count] = (this.received.get(name) ?? "").split("/").map(Number);
    const message = this.kept.find((each) => each.sequence === sequence);
    if (message === undefined || message.count !== count || message.outUntil === undefined) return false;
    if (kind === "ack") this.#drop(message);
    else this.#back(message);
    this.#settle();
    return true;
  }

  advance(to: number): void {
    for (;;) {
      const due = Math.min(
        ...this.kept.map(({ expires, outUntil }) => outUntil ?? expires),
        ...[...this.senders, ...this.receivers].map(({ until }) => until),
      );
      if (due > to) break;
      this.now = due;
      for (const { name, until } of this.senders) if (until <= due) this.sent.set(name, "timed-out");
      for (const { name, until } of this.receivers) if (until <= due) this.received.set(name, "timed-out");
      this.senders = this.senders.filter(({ until }) => until > due);
      this.receivers = this.receivers.filter(({ until }) => until > due);
      for (const message of [...this.kept]) if ((message.outUntil ?? to + 1) <= due) this.#back(message);
      this.#settle();
    }
    this.now = to;
  }

  #take(name: number): void {
    const { messageTtl = Number.POSITIVE_INFINITY } = this.#config;
    const sequence = ++this.#sequence;
    this.kept.push({ sequence, name, expires: this.now + messageTtl, count: 0, outUntil: undefined });
    this.sent.set(name, `${sequence}`);
  }

  #back(message: Kept): void {
    message.outUntil = undefined;
    if (message.count < this.#config.maxDeliveries) return;
    this.dead.push(`${message.sequence} too-many-deliveries`);
    this.#drop(message);
  }

  #drop(message: Kept): void {
    this.kept = this.kept.filter((other) => other !== message);
  }

  /** What can be done at once is done: the old go, those who wait for room come in, receivers are served. */
  #settle(): void {
    for (const message of [...this.kept]) {
      if (message.outUntil !== undefined || message.expires > this.now) continue;
      this.dead.push(`${message.sequence} expired`);
      this.#drop(message);
    }
    for (;;) {
      const sender = this.kept.length < this.#config.capacity ? this.senders.shift() : undefined;
      if (sender !== undefined) this.#take(sender.name);
      const next = this.kept.find(({ outUntil }) => outUntil === undefined);
      const receiver = next === undefined ? undefined : this.receivers.shift();
      if (next === undefined || receiver === undefined) {
        if (sender === undefined) return;
        continue;
      }
      next.count++;
      this.received.set(receiver.name, `${next.sequence}/${next.count}`);
      if (this.#config.delivery === "at-most-once") this.#drop(next);
      else next.outUntil = this.now + this.#config.ackTimeout;
    }
  }
}
