/**
 * The end of a channel at which messages come out: pulls the oldest message for whoever receives, and puts aside what is too old or
 * was delivered too often.
 *
 * A message that comes for a receiver who has gone meanwhile is given back. One that is to be put aside is left with the dead letters
 * first and done with only when they have it: a crash in between leaves it there twice, or once where they know it. While
 * nobody receives, each handle looks now and then whether the oldest message is too old.
 */
import { type Host, type Json, type Micros, ms, type RecordOutcome, SECOND, type Timer } from "seedstorm";
import type { Monitor, Supervised } from "../actors/actor.js";
import type { DeadLetter, DeadLetters, Delivery, Outlet, ReceiveResult } from "../actors/channel-api.js";
import type { Delivery as BrokerDelivery, BrokerOutcome } from "../broker/api.js";
import type { Broker } from "../broker/client-api.js";
import type { BrokerTime } from "./broker-time.js";
import type { BrokerChannelConfig, Source } from "./config.js";
import { OPERATION, recordBuried, recordChannelCall } from "./facts.js";
import { GOALS } from "./goals.js";
import type { Opened } from "./opening.js";

/** How long a broker is waited for before it is seen whether there is still anybody who waits. */
const PULL_WAIT: Micros = SECOND;
const RETRY: Micros = ms(200);
/** Before dead letters that could not be left are tried again. */
const DEAD_LETTER_RETRY: Micros = SECOND;
const SHORTEST_SWEEP: Micros = ms(500);

interface Waiting<M> {
  readonly until: Micros;
  isOver: boolean;
  timer: Timer | undefined;
  monitor: Monitor | undefined;
  readonly record: RecordOutcome;
  readonly resolve: (result: ReceiveResult<M>) => void;
}

/** What a sender's handle has published. */
interface Envelope {
  readonly key: string;
  readonly message: Json;
}

export interface OutletParts<M> {
  readonly source: Source;
  readonly config: BrokerChannelConfig;
  readonly deadLetters: DeadLetters<M>;
  readonly opened: Promise<Opened>;
  /** Needed where messages grow too old. */
  readonly time: BrokerTime;
}

export class BrokerOutlet<M extends Json> implements Outlet<M> {
  readonly #host: Host;
  readonly #broker: Broker;
  readonly #source: Source;
  readonly #config: BrokerChannelConfig;
  readonly #deadLetters: DeadLetters<M>;
  readonly #opened: Promise<Opened>;
  readonly #time: BrokerTime;
  readonly #waiting = new Set<Waiting<M>>();
  #closed = false;

  constructor(host: Host, broker: Broker, parts: OutletParts<M>) {
    this.#host = host;
    this.#broker = broker;
    this.#source = parts.source;
    this.#config = parts.config;
    this.#deadLetters = parts.deadLetters;
    this.#time = parts.time;
    this.#opened = parts.opened;
    const { messageTtl } = parts.config;
    if (messageTtl !== undefined) void this.#sweepForEver(messageTtl);
  }

  get name(): string {
    return this.#source.name;
  }

  receive(receiver: string, holder?: Supervised): Promise<ReceiveResult<M>> {
    const record = recordChannelCall(this.#host, OPERATION.receive, this.name, { receiver });
    return new Promise((resolve) => {
      const until = this.#host.clock.monotonic() + this.#config.receiveTimeout;
      const waiting: Waiting<M> = {
        until,
        isOver: false,
        timer: undefined,
        monitor: undefined,
        record,
        resolve,
      };
      this.#waiting.add(waiting);
      this.#keepTime(waiting);
      waiting.monitor = holder?.monitor(() => this.#end(waiting, "timed-out"));
      void this.#serve(waiting);
    });
  }

  #keepTime(waiting: Waiting<M>): void {
    const left = Math.max(0, waiting.until - this.#host.clock.monotonic());
    waiting.timer = this.#host.after(left, () => this.#end(waiting, "timed-out"));
  }

  close(): void {
    this.#closed = true;
    for (const waiting of [...this.#waiting]) this.#end(waiting, "closed");
  }

  #end(waiting: Waiting<M>, error: "timed-out" | "closed"): void {
    if (!this.#leave(waiting)) return;
    waiting.record("fail", { error });
    waiting.resolve({ ok: false, error });
  }

  /** Takes the receiver out of those that wait; false when it is not among them. */
  #leave(waiting: Waiting<M>): boolean {
    if (waiting.isOver) return false;
    waiting.isOver = true;
    waiting.timer?.cancel();
    waiting.monitor?.cancel();
    return this.#waiting.delete(waiting);
  }

  async #serve(waiting: Waiting<M>): Promise<void> {
    if (!(await this.#opened).ok) this.#end(waiting, "closed");
    while (!waiting.isOver) {
      // No longer than the receiver, who may have slept over its time: what came after it had gone would count as a delivery.
      const left = Math.max(0, waiting.until - this.#host.clock.monotonic());
      const pulled = await this.#pull(this.#closed ? 0 : Math.min(PULL_WAIT, left));
      if (pulled.status === "refused") {
        this.#end(waiting, "closed"); // a subscription that has ended
      } else if (pulled.status !== "ok") {
        await this.#host.sleep(RETRY);
      } else if (pulled.value === undefined) {
        if (this.#closed) this.#end(waiting, "closed");
      } else if (!(await this.#putAside(pulled.value))) {
        await this.#deliver(pulled.value, waiting);
      }
    }
  }

  async #pull(wait: Micros): Promise<BrokerOutcome<BrokerDelivery | undefined>> {
    const { stream, consumer } = this.#source;
    const outcome = await this.#broker.pull(stream, consumer, { batch: 1, wait });
    return outcome.status === "ok" ? { status: "ok", value: outcome.value[0] } : outcome;
  }

  async #deliver(delivery: BrokerDelivery, waiting: Waiting<M>): Promise<void> {
    const isForgotten = this.#config.delivery === "at-most-once";
    if (waiting.isOver) {
      this.#host.reached(GOALS.cameTooLate);
      await delivery.nak();
      return;
    }
    if (isForgotten) {
      // Who is about to get a message waits until it is certain that nobody else will.
      waiting.timer?.cancel();
      // Of two that have the same message, only one may end it: an ack would be good for both.
      const isOurs = (await delivery.term("delivered")).status === "ok";
      if (!isOurs) {
        this.#keepTime(waiting);
        return;
      }
    }
    if (this.#host.defect("channel-acked-on-receipt")) void delivery.ack();
    if (!this.#leave(waiting)) return; // its holder ended
    const { sequence, deliveryCount: count } = delivery;
    const { key, message } = envelopeOf(delivery);
    if (count > 1) this.#host.reached(GOALS.redelivered);
    waiting.record("ok", { sequence, count, key });
    waiting.resolve({
      ok: true,
      delivery: {
        message: message as M, // a channel has messages of one type, by its name
        key,
        sequence,
        count,
        ...(isForgotten ? FORGOTTEN : this.#answers(delivery)),
      },
    });
  }

  #answers(delivery: BrokerDelivery): Pick<Delivery<M>, "ack" | "nack"> {
    const { sequence, deliveryCount: count } = delivery;
    const { key } = envelopeOf(delivery);
    const until = this.#host.clock.monotonic() + this.#config.ackTimeout;
    let isAnswered = false;
    const answer = async (kind: "ack" | "nack", give: () => Promise<boolean>): Promise<boolean> => {
      if (isAnswered) return false;
      isAnswered = true;
      const record = recordChannelCall(this.#host, OPERATION[kind], key, {
        channel: this.name,
        sequence,
        count,
      });
      const isTaken = await give();
      record(isTaken ? "ok" : "info", null);
      return isTaken;
    };
    return {
      ack: () => answer("ack", () => this.#untilTaken(() => delivery.ack(), until)),
      nack: () =>
        answer("nack", async () => {
          if (count < this.#config.maxDeliveries) return this.#untilTaken(() => delivery.nak(), until);
          return this.#bury(delivery, "too-many-deliveries");
        }),
    };
  }

  /** Answers the broker until it has taken the answer, or refused it, or delivers the message again anyway. */
  async #untilTaken(answer: () => Promise<BrokerOutcome<void>>, until: Micros): Promise<boolean> {
    for (;;) {
      const { status } = await answer();
      if (status === "ok") return true;
      if (status === "refused") this.#host.reached(GOALS.lateAnswer);
      if (status === "refused" || this.#host.clock.monotonic() >= until) return false;
      await this.#host.sleep(RETRY);
    }
  }

  /** Whether this message is not for receivers now; it is seen to then. */
  async #putAside(delivery: BrokerDelivery): Promise<boolean> {
    const { deliveryCount, publishedAt } = delivery;
    const isTooOld = await this.#isTooOld(publishedAt);
    if (isTooOld === undefined) await delivery.nak(RETRY);
    else if (isTooOld) await this.#bury(delivery, "expired");
    else if (deliveryCount > this.#config.maxDeliveries) await this.#bury(delivery, "too-many-deliveries");
    else return false;
    return true;
  }

  /** Undefined when it may be, and the broker can't be asked. */
  async #isTooOld(publishedAt: Micros): Promise<boolean | undefined> {
    const { messageTtl } = this.#config;
    if (messageTtl === undefined) return false;
    return this.#time.hasCome(publishedAt + messageTtl);
  }

  async #bury(delivery: BrokerDelivery, reason: DeadLetter<M>["reason"]): Promise<boolean> {
    const { sequence } = delivery;
    const { key, message } = envelopeOf(delivery);
    const until = this.#host.clock.monotonic() + this.#config.ackTimeout;
    const letter: DeadLetter<M> = { channel: this.name, message: message as M, key, sequence, reason };
    this.#host.reached(reason === "expired" ? GOALS.expired : GOALS.givenUp);
    if (this.#host.defect("channel-done-before-buried")) await delivery.ack();
    const isDropped = reason === "expired" && this.#host.defect("channel-expired-dropped");
    if (!isDropped && !(await this.#deadLetters(letter))) {
      this.#host.reached(GOALS.deadLettersAway);
      await delivery.nak(DEAD_LETTER_RETRY);
      return true;
    }
    const isDone = await this.#untilTaken(() => delivery.ack(), until);
    if (isDone) recordBuried(this.#host, letter, delivery.deliveryCount);
    return isDone;
  }

  async #sweepForEver(ttl: Micros): Promise<void> {
    const every = Math.max(SHORTEST_SWEEP, Math.floor(ttl / 4));
    if (!(await this.#opened).ok) return;
    while (!this.#closed) {
      await this.#host.sleep(every);
      while (!this.#closed && (await this.#nextIsTooOld())) {
        const pulled = await this.#pull(0);
        if (pulled.status !== "ok" || pulled.value === undefined) break;
        if (!(await this.#putAside(pulled.value))) await pulled.value.nak();
      }
    }
  }

  /**
   * Whether every message that a pull could bring is too old. It brings one that was delivered before, or else the first that
   * was not; the newest of these is the one to look at.
   */
  async #nextIsTooOld(): Promise<boolean> {
    const { stream, consumer } = this.#source;
    const state = await this.#broker.consumerState(stream, consumer);
    if (state.status !== "ok") return false;
    const kept = await this.#broker.readStream(stream, { after: 0, limit: this.#config.capacity });
    if (kept.status !== "ok") return false;
    const { delivered } = state.value;
    const newest = kept.value.find(({ sequence }) => sequence > delivered) ?? kept.value.at(-1);
    return newest !== undefined && (await this.#isTooOld(newest.publishedAt)) === true;
  }
}

/** Answers to a delivery that was over when it was made. */
const FORGOTTEN: Pick<Delivery<never>, "ack" | "nack"> = { ack: async () => false, nack: async () => false };

function envelopeOf({ data }: BrokerDelivery): Envelope {
  return data as unknown as Envelope; // nobody but channels publishes to their subjects
}
