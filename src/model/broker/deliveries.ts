/**
 * What a stream's consumers are given, and what they answer: deliveries that go out and wait for an answer, that come back
 * when none comes in time, and that are given up after too many. Which messages are kept is the stream's business: it hears
 * which one a consumer is done with.
 */
import type { Json, Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { BrokerRefusal, ConsumerState } from "./api.js";
import type { AnswerCommand, Changes, DeliveredMessage } from "./commands.js";
import type { Consumer, Outstanding } from "./consumer.js";
import type { StoredMessages } from "./stored-messages.js";
import { wants } from "./validate.js";

export class Deliveries {
  readonly #stream: string;
  readonly #messages: StoredMessages;
  readonly #defect: (id: string) => boolean;
  readonly #onDone: (sequence: number, changes: Changes) => void;

  /**
   * @param stream its name.
   * @param onDone a consumer is done with a message.
   */
  constructor(
    stream: string,
    messages: StoredMessages,
    defect: (id: string) => boolean,
    onDone: (sequence: number, changes: Changes) => void,
  ) {
    this.#stream = stream;
    this.#messages = messages;
    this.#defect = defect;
    this.#onDone = onDone;
  }

  state(consumer: Consumer): ConsumerState {
    return {
      ackFloor: consumer.ackFloor,
      delivered: consumer.next - 1,
      ackPending: consumer.ackPending,
      pending: this.#pending(consumer),
      redelivered: consumer.redelivered,
    };
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
    consumer.next = Math.max(consumer.next, this.#messages.first);
    while (
      taken.length < batch &&
      this.#mayTakeMore(consumer) &&
      consumer.next <= this.#messages.lastSequence
    ) {
      const message = this.#messages.get(consumer.next);
      const sequence = consumer.next++;
      if (message !== undefined && wants(consumer.config, message.subject)) take(sequence, 1);
    }
    if (taken.length === 0) return [];
    const pending = this.#pending(consumer);
    return taken.map(({ sequence, count }, at) => {
      const message = this.#messages.get(sequence);
      invariant(message !== undefined, "what is outstanding is in the stream");
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
          this.again(consumer, outstanding, now, now, changes);
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
        this.again(consumer, outstanding, now + delay, now, changes);
        return undefined;
      }
    }
  }

  /** Deliveries of it go on at `from`, or it is given up. */
  again(consumer: Consumer, outstanding: Outstanding, from: Micros, now: Micros, changes: Changes): void {
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
    changes.ready.add(`${this.#stream}/${consumer.config.name}`);
  }

  #mayTakeMore(consumer: Consumer): boolean {
    return this.#defect("broker-ack-pending-not-counted") || consumer.ackPending < consumer.maxAckPending;
  }

  #settle(consumer: Consumer, sequence: number, value: Json, changes: Changes): void {
    consumer.settle(sequence);
    this.#wrote(consumer, sequence, value, changes);
    changes.ready.add(`${this.#stream}/${consumer.config.name}`);
    this.#onDone(sequence, changes);
  }

  #advise(
    kind: "maxDeliveries" | "terminated",
    consumer: Consumer,
    { sequence, count }: Outstanding,
    reason: string,
    changes: Changes,
  ): void {
    const advisory = {
      stream: this.#stream,
      consumer: consumer.config.name,
      sequence,
      deliveryCount: count,
      reason,
    };
    if (!this.#defect("broker-advisory-missing")) changes.advisories.push({ kind, advisory });
  }

  /** Messages that it was not given yet, counted up to `most`. */
  #pending(consumer: Consumer, most = Number.MAX_SAFE_INTEGER): number {
    let pending = 0;
    for (
      let at = Math.max(consumer.next, this.#messages.first);
      at <= this.#messages.lastSequence && pending < most;
      at++
    ) {
      const message = this.#messages.get(at);
      if (message !== undefined && wants(consumer.config, message.subject)) pending++;
    }
    return pending;
  }

  #wrote(consumer: Consumer, sequence: number, value: Json, changes: Changes): void {
    changes.writes.push({ key: `${this.#stream}/c/${consumer.config.name}/${sequence}`, value });
  }
}
