/**
 * A channel in memory.
 *
 * Messages that were delivered and not done with come before all that were not delivered yet: they are older. Of the
 * time-outs that each message could have there is one timer for deliveries that go without an answer and one for messages
 * that grow old, as both come due in the order of the messages; senders and receivers have timers only while they wait.
 */
import { type Host, type Micros, SECOND, type Timer } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Monitor, Supervised } from "./actor.js";
import {
  type Channel,
  type ChannelConfig,
  channelFields,
  type DeadLetter,
  type DeadLetters,
  type Delivery,
  type ReceiveResult,
  type SendResult,
} from "./channel-api.js";
import { recordStream } from "./channel-facts.js";
import { checkConfig } from "./config.js";
import { ENTITY, recordState } from "./facts.js";
import { GOALS } from "./goals.js";
import { Queue } from "./queue.js";

/** How soon dead letters that could not be left are tried again. */
const DEAD_LETTER_RETRY: Micros = SECOND;

interface Entry<M> {
  readonly sequence: number;
  readonly key: string;
  readonly message: M;
  readonly expiresAt: Micros;
  /** Deliveries so far. */
  count: number;
  /** `out`: with a receiver. `dying`: on its way to the dead letters. */
  place: "waiting" | "out" | "dying" | "gone";
  /** Watches who has it. */
  monitor: Monitor | undefined;
}

interface Sender<M> {
  readonly name: string;
  readonly message: M;
  readonly key: string;
  readonly resolve: (result: SendResult) => void;
  timer: Timer | undefined;
}

interface Receiver<M> {
  readonly name: string;
  readonly holder: Supervised | undefined;
  readonly resolve: (result: ReceiveResult<M>) => void;
  timer: Timer | undefined;
  monitor: Monitor | undefined;
}

interface Unanswered<M> {
  readonly entry: Entry<M>;
  readonly count: number;
  readonly due: Micros;
}

export class MemoryChannel<M> implements Channel<M> {
  readonly #host: Host;
  readonly #config: ChannelConfig;
  readonly #deadLetters: DeadLetters<M>;
  /** Not delivered yet. */
  readonly #fresh = new Queue<Entry<M>>();
  /** To be delivered again, the oldest first. */
  readonly #again: Entry<M>[] = [];
  readonly #senders = new Queue<Sender<M>>();
  readonly #receivers = new Queue<Receiver<M>>();
  /** Deliveries in the order in which they were made. */
  readonly #unanswered = new Queue<Unanswered<M>>();
  #kept = 0;
  #sequence = 0;
  /** Senders that found it full. */
  #blocked = 0;
  #closed = false;
  #ackTimer: Timer | undefined = undefined;
  #ageTimer: Timer | undefined = undefined;
  #ageTimerAt: Micros = 0;

  /**
   * @param deadLetters where messages go that were delivered too often or grew too old.
   * @throws RangeError that names what is wrong with the configuration.
   */
  constructor(host: Host, config: ChannelConfig, deadLetters: DeadLetters<M>) {
    checkConfig(`channel ${config.name}`, channelFields(config));
    this.#host = host;
    this.#config = config;
    this.#deadLetters = deadLetters;
    const { name, detail, ...settings } = config;
    if (detail !== "lean") recordState(host, ENTITY.channel, name, "none", "open", { ...settings });
  }

  get name(): string {
    return this.#config.name;
  }

  /** Messages that are kept: those that are out with receivers or on their way to the dead letters included. */
  get kept(): number {
    return this.#kept;
  }

  send(message: M, key: string): Promise<SendResult> {
    return new Promise((resolve) => {
      if (this.#closed) resolve({ ok: false, error: "closed" });
      else if (this.#kept < this.#config.capacity) resolve(this.#take(message, key));
      else this.#whenFull(message, key, resolve);
    });
  }

  receive(receiver: string, holder?: Supervised): Promise<ReceiveResult<M>> {
    return new Promise((resolve) => {
      const entry = this.#next();
      if (entry !== undefined) {
        resolve({ ok: true, delivery: this.#deliver(entry, receiver, holder) });
        return;
      }
      if (this.#closed) {
        resolve({ ok: false, error: "closed" });
        return;
      }
      const waiting: Receiver<M> = {
        name: receiver,
        holder,
        resolve,
        timer: undefined,
        monitor: undefined,
      };
      this.#recordReceiver(receiver, "waiting");
      this.#receivers.push(waiting);
      waiting.timer = this.#host.after(this.#config.receiveTimeout, () => {
        this.#recordReceiver(receiver, "gone");
        waiting.monitor?.cancel();
        if (this.#host.defect("served-after-its-time-out")) resolve({ ok: false, error: "timed-out" });
        else if (this.#receivers.remove(waiting)) resolve({ ok: false, error: "timed-out" });
      });
      waiting.monitor = holder?.monitor(() => {
        this.#recordReceiver(receiver, "gone");
        waiting.timer?.cancel();
        if (this.#receivers.remove(waiting)) resolve({ ok: false, error: "timed-out" });
      });
    });
  }

  close(): void {
    this.#closed = true;
    for (const { name, timer, resolve } of this.#senders.drain()) {
      timer?.cancel();
      this.#recordSender(name, "closed");
      resolve({ ok: false, error: "closed" });
    }
    for (const { name, timer, monitor, resolve } of this.#receivers.drain()) {
      timer?.cancel();
      monitor?.cancel();
      this.#recordReceiver(name, "gone");
      resolve({ ok: false, error: "closed" });
    }
  }

  #take(message: M, key: string): SendResult {
    const { messageTtl, capacity } = this.#config;
    const now = this.#host.clock.monotonic();
    const entry: Entry<M> = {
      sequence: ++this.#sequence,
      key,
      message,
      expiresAt: messageTtl === undefined ? Number.POSITIVE_INFINITY : now + messageTtl,
      count: 0,
      place: "waiting",
      monitor: undefined,
    };
    this.#kept++;
    invariant(
      this.#kept <= capacity,
      `${this.name}: keeps ${this.#kept} messages, more than its ${capacity}`,
    );
    this.#record("publish", entry);
    this.#fresh.push(entry);
    this.#handOut();
    this.#watchAge();
    return { ok: true, sequence: entry.sequence };
  }

  #whenFull(message: M, key: string, resolve: (result: SendResult) => void): void {
    const { whenFull, sendTimeout } = this.#config;
    switch (whenFull) {
      case "drop":
        this.#host.reached(GOALS.channelDropped);
        resolve({ ok: false, error: "dropped" });
        return;
      case "error":
        this.#host.reached(GOALS.channelRefused);
        resolve({ ok: false, error: "full" });
        return;
      case "block": {
        const name = `${this.name}<${++this.#blocked}`;
        const sender: Sender<M> = { name, message, key, resolve, timer: undefined };
        this.#recordSender(name, "waiting");
        this.#senders.push(sender);
        sender.timer = this.#host.after(sendTimeout, () => {
          if (!this.#senders.remove(sender)) return;
          this.#recordSender(name, "timed-out");
          this.#host.reached(GOALS.channelSendTimedOut);
          resolve({ ok: false, error: "timed-out" });
        });
      }
    }
  }

  /** Takes the oldest message that is not out. */
  #next(): Entry<M> | undefined {
    this.#buryExpired();
    return this.#again.shift() ?? this.#fresh.shift();
  }

  /** Gives messages to receivers that wait. */
  #handOut(): void {
    this.#buryExpired(); // which may make room, and so hand out by itself
    while (this.#receivers.length > 0) {
      const entry = this.#again.shift() ?? this.#fresh.shift();
      const receiver = entry === undefined ? undefined : this.#receivers.shift();
      if (entry === undefined || receiver === undefined) return;
      receiver.timer?.cancel();
      receiver.monitor?.cancel();
      receiver.resolve({ ok: true, delivery: this.#deliver(entry, receiver.name, receiver.holder) });
    }
  }

  #deliver(entry: Entry<M>, receiver: string, holder: Supervised | undefined): Delivery<M> {
    invariant(entry.place === "waiting", `${this.name}: message ${entry.sequence} is ${entry.place}`);
    const count = ++entry.count;
    if (count > 1) this.#host.reached(GOALS.channelRedelivered);
    this.#record("deliver", entry, receiver);
    entry.place = "out";
    if (this.#config.delivery === "at-most-once") this.#remove(entry);
    else this.#expectAnswer(entry, count, receiver, holder);
    const { sequence, key, message } = entry;
    return {
      message,
      key,
      sequence,
      count,
      ack: async () => this.#answer(entry, count, "ack", receiver),
      nack: async () => this.#answer(entry, count, "nack", receiver),
    };
  }

  #answer(entry: Entry<M>, count: number, kind: "ack" | "nack", receiver: string): boolean {
    if (entry.place !== "out" || entry.count !== count) {
      this.#host.reached(GOALS.channelLateAck);
      return false;
    }
    entry.monitor?.cancel();
    this.#record(kind, entry, receiver);
    if (kind === "ack") this.#remove(entry);
    else this.#return(entry);
    return true;
  }

  /**
   * An answer comes in time, or not at all from a receiver that has ended. What that one had is given back once its supervisor has
   * seen to its end: others that end with it may still be waiting here, and must not use up the deliveries.
   */
  #expectAnswer(entry: Entry<M>, count: number, receiver: string, holder: Supervised | undefined): void {
    if (!this.#host.defect("holder-not-watched")) {
      entry.monitor = holder?.monitor(() => {
        void Promise.resolve().then(() => this.#answer(entry, count, "nack", receiver));
      });
    }
    const due = this.#host.clock.monotonic() + this.#config.ackTimeout;
    this.#unanswered.push({ entry, count, due });
    if (this.#ackTimer === undefined) this.#watchAnswers();
  }

  /** Takes back what went without an answer, and waits for the next. */
  #watchAnswers(): void {
    const now = this.#host.clock.monotonic();
    this.#ackTimer = undefined;
    for (let first = this.#unanswered.peek(); first !== undefined; first = this.#unanswered.peek()) {
      const { entry, count, due } = first;
      const isOpen = entry.place === "out" && entry.count === count;
      if (isOpen && due > now) {
        this.#ackTimer = this.#host.after(due - now, () => this.#watchAnswers());
        return;
      }
      this.#unanswered.shift();
      if (!isOpen) continue;
      entry.monitor?.cancel();
      this.#return(entry);
    }
  }

  /** A delivery came to nothing: the message is next, in the order of age, or has been delivered often enough. */
  #return(entry: Entry<M>): void {
    const isPoison = entry.count >= this.#config.maxDeliveries;
    if (isPoison && !this.#host.defect("poison-delivered-for-ever")) {
      this.#bury(entry, "too-many-deliveries");
      return;
    }
    entry.place = "waiting";
    const index = this.#again.findIndex(({ sequence }) => sequence > entry.sequence);
    if (this.#host.defect("returned-to-the-end")) this.#fresh.push(entry);
    else this.#again.splice(index < 0 ? this.#again.length : index, 0, entry);
    this.#handOut();
    this.#watchAge();
  }

  #remove(entry: Entry<M>): void {
    entry.place = "gone";
    this.#kept--;
    const sender = this.#closed ? undefined : this.#senders.shift();
    if (sender === undefined) return;
    sender.timer?.cancel();
    this.#host.reached(GOALS.channelBlocked);
    this.#recordSender(sender.name, "served");
    sender.resolve(this.#take(sender.message, sender.key));
  }

  /** The oldest message that waits is the first to expire; one that comes back may be older than that. */
  #watchAge(): void {
    const oldest = this.#again[0] ?? this.#fresh.peek();
    if (this.#config.messageTtl === undefined || oldest === undefined) return;
    if (this.#ageTimer !== undefined && this.#ageTimerAt <= oldest.expiresAt) return;
    this.#ageTimer?.cancel();
    this.#ageTimerAt = oldest.expiresAt;
    this.#ageTimer = this.#host.after(oldest.expiresAt - this.#host.clock.monotonic(), () => {
      this.#ageTimer = undefined;
      this.#buryExpired();
      this.#watchAge();
    });
  }

  #buryExpired(): void {
    const now = this.#host.clock.monotonic();
    for (;;) {
      const from = this.#again[0] === undefined ? this.#fresh : this.#again;
      const oldest = this.#again[0] ?? this.#fresh.peek();
      if (oldest === undefined || oldest.expiresAt > now) return;
      from.shift();
      this.#bury(oldest, "expired");
    }
  }

  /** To the dead letters; here until they have it. */
  #bury(entry: Entry<M>, reason: DeadLetter<M>["reason"]): void {
    this.#host.reached(reason === "expired" ? GOALS.channelExpired : GOALS.channelGivenUp);
    if (reason === "expired" && this.#host.defect("PW7")) {
      this.#remove(entry);
      return;
    }
    entry.place = "dying";
    const { sequence, key, message } = entry;
    const letter = { channel: this.name, message, key, sequence, reason };
    const left = this.#deadLetters(letter);
    if (left === true) this.#buried(entry);
    else void this.#buryLater(entry, letter, left);
  }

  async #buryLater(entry: Entry<M>, letter: DeadLetter<M>, first: boolean | Promise<boolean>): Promise<void> {
    for (let left = await first; !left; left = await this.#deadLetters(letter)) {
      this.#host.reached(GOALS.deadLettersAway);
      await this.#host.sleep(DEAD_LETTER_RETRY);
    }
    this.#buried(entry);
  }

  #buried(entry: Entry<M>): void {
    this.#record("term", entry);
    this.#remove(entry);
  }

  #recordReceiver(receiver: string, to: "waiting" | "gone"): void {
    if (this.#config.detail === "lean") return;
    recordState(this.#host, ENTITY.receiver, receiver, "", to, { channel: this.name });
  }

  #recordSender(sender: string, to: "waiting" | "served" | "timed-out" | "closed"): void {
    if (this.#config.detail === "lean") return;
    recordState(this.#host, ENTITY.sender, sender, "", to, { channel: this.name });
  }

  #record(kind: "publish" | "deliver" | "ack" | "nack" | "term", entry: Entry<M>, receiver = ""): void {
    if (this.#config.detail === "lean") return;
    recordStream(this.#host, kind, this.name, entry, kind === "publish" ? 0 : entry.count, receiver);
  }
}
