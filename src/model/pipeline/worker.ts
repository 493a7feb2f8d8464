/**
 * A consumer: poll → reserve the effect → capture the payment → complete the effect → ack.
 *
 * The record is acked only when the effect is recorded, so a worker may fall silent anywhere: the record comes
 * back to somebody, who finds the effect done, or repeats the capture under the same token. Waiting for better
 * times never happens here: a record that failed is given back with a delay, and the worker takes the next.
 */
import { type Host, MINUTE, type Micros, ms, seconds, TIMED_OUT, type Timer } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Delivery } from "../resources/queue-command.js";
import type { Resources } from "../resources/resources.js";
import { canonical, domainPath, SCHEMAS } from "../resources/types.js";
import { GOALS } from "./goals.js";
import type { PipelineKnobs } from "./knobs.js";
import { type Order, orderIn } from "./order.js";
import { type Capture, PAYMENTS } from "./payments.js";
import { CHECKOUT_WORKERS, DRAIN, ORDERS_STREAM } from "./wire.js";

/** How the effect of a record came out: `never` means that no retry can help. */
type EffectOutcome = "done" | "later" | "never";

/** Pauses after a poll that was refused: a group may come into being, a placement will not change. */
const GROUP_PAUSE = ms(500);
const DENIED_PAUSE = seconds(5);
const LATE_BY = seconds(1);
const LONGEST_RETRY_FACTOR = 8;

export class Worker {
  readonly #host: Host;
  readonly #resources: Resources;
  readonly #knobs: PipelineKnobs;
  readonly #domain: string;
  #drainedUntil: Micros = 0;

  constructor(host: Host, resources: Resources, knobs: PipelineKnobs) {
    this.#host = host;
    this.#resources = resources;
    this.#knobs = knobs;
    this.#domain = domainPath(host.domain);
  }

  /** Works for ever, on several deliveries at once. */
  async start(): Promise<void> {
    this.#host.onMessage(DRAIN, ({ for: duration }) => {
      this.#drainedUntil = this.#host.clock.monotonic() + Math.min(duration, MINUTE);
      this.#host.reached(GOALS.drained);
    });
    await Promise.all(Array.from({ length: this.#knobs.workerConcurrency }, () => this.#work()));
  }

  async #work(): Promise<never> {
    for (;;) {
      const drained = this.#drainedUntil - this.#host.clock.monotonic();
      if (drained > 0) await this.#host.sleep(drained);
      const delivery = await this.#poll();
      if (delivery !== null) await this.#process(delivery);
    }
  }

  /** The next delivery; null when there is none for now. */
  async #poll(): Promise<Delivery | null> {
    const host = this.#host;
    const polled = await this.#resources.orders(
      { type: "poll", group: CHECKOUT_WORKERS, domain: this.#domain, worker: host.id },
      this.#knobs.pollWait,
    );
    if (polled.status === "ok") return polled.value.delivery;
    if (polled.status === "refused") {
      this.#refused("poll", polled.reason, CHECKOUT_WORKERS);
      if (polled.reason === "placement-denied") host.reached(GOALS.placementDenied);
      await host.sleep(polled.reason === "placement-denied" ? DENIED_PAUSE : GROUP_PAUSE);
    }
    return null;
  }

  async #process(delivery: Delivery): Promise<void> {
    invariant(delivery.count > 0, "a delivery is counted from the first one on");
    this.#record("deliver", delivery);
    if (delivery.count > 1) this.#host.reached(GOALS.redelivery);
    const order = orderIn(delivery.record);
    if (order === undefined) return this.#giveUp(delivery);
    if (this.#host.defect("ack-before-effect")) await this.#ack(delivery);
    const heartbeat = this.#keepAlive(delivery);
    const effect = await this.#effect(delivery, order);
    heartbeat.cancel();
    switch (effect) {
      case "done":
        if (this.#host.buggify("worker/late-ack")) await this.#sleepPastTimeout();
        return this.#ack(delivery);
      case "later":
        return this.#giveBack(delivery);
      case "never":
        return this.#giveUp(delivery);
    }
  }

  /** Until about when the record is with somebody else. */
  #sleepPastTimeout(): Promise<void> {
    return this.#host.sleep(this.#knobs.visibility + this.#host.random.below(LATE_BY));
  }

  /** Says so at a third of the visibility time-out, for as long as the work takes. */
  #keepAlive(delivery: Delivery): Timer {
    let timer: Timer | undefined;
    const heartbeat = (): void => {
      this.#host.reached(GOALS.heartbeat);
      void this.#resources.orders({ type: "extend", ...ofDelivery(delivery) });
      timer = this.#host.after(Math.floor(this.#knobs.visibility / 3), heartbeat);
    };
    timer = this.#host.after(Math.floor(this.#knobs.visibility / 3), heartbeat);
    return { cancel: () => timer?.cancel() };
  }

  async #effect(delivery: Delivery, order: Order): Promise<EffectOutcome> {
    const host = this.#host;
    const key = `effect:${order.orderId}`;
    const owner = `${host.id}#${host.incarnation}/${delivery.deliveryId}`;
    const reserved = await this.#resources.effects({
      type: "reserve",
      key,
      requestHash: canonical(delivery.record.body as object).sha256, // it holds an order
      owner,
      schemaId: SCHEMAS.effect,
    });
    if (reserved.status === "refused") return this.#refused("reserve", reserved.reason, key);
    if (reserved.status !== "ok") return "later";
    const { value: reservation } = reserved;
    if (reservation.state === "completed") {
      host.reached(GOALS.effectFoundDone);
      return "done";
    }
    if (reservation.state === "in-progress") return "later";
    const { attempt } = reservation;
    if (attempt > 1) host.reached(GOALS.takenOver);
    if (attempt > 2) host.reached(GOALS.takenOverAgain);

    const capture = await this.#capture(order, delivery.deliveryId);
    if (capture === undefined) {
      await this.#resources.effects({ type: "release", key, owner, attempt });
      return "later";
    }
    const { status } = capture;
    if (status === "declined") host.reached(GOALS.paymentDeclined);
    const value = { orderId: order.orderId, status, offset: delivery.offset };
    const completed = await this.#resources.effects({ type: "complete", key, owner, attempt, value });
    return completed.status === "ok" ? "done" : "later";
  }

  /** What the payment service answered; undefined when it didn't, or couldn't. */
  async #capture({ orderId, cents, currency }: Order, deliveryId: string): Promise<Capture | undefined> {
    const token = this.#host.defect("GW3") ? `${orderId}:charge#${deliveryId}` : `${orderId}:charge`;
    const body = { orderId, cents, currency };
    const reply = await this.#host.call<Capture>(
      PAYMENTS,
      "capture",
      token,
      body,
      this.#knobs.paymentTimeout,
    );
    if (reply === TIMED_OUT || !reply.ok) return undefined;
    if (reply.value.replayed) this.#host.reached(GOALS.paymentRetried);
    return reply.value;
  }

  async #ack(delivery: Delivery): Promise<void> {
    this.#record("ack", delivery);
    const acked = await this.#resources.orders({ type: "ack", ...ofDelivery(delivery) });
    if (acked.status !== "refused") return;
    this.#refused("ack", acked.reason, delivery.deliveryId);
    if (acked.reason === "stale-delivery") this.#host.reached(GOALS.staleAckRefused);
  }

  async #giveBack(delivery: Delivery): Promise<void> {
    this.#record("nack", delivery);
    const longest =
      this.#knobs.retryDelay * Math.min(1 << Math.min(delivery.count - 1, 30), LONGEST_RETRY_FACTOR);
    const delay = this.#host.random.between(Math.floor(longest / 2), longest);
    if (delivery.count % this.#knobs.maxDeliver === 0) this.#host.reached(GOALS.deadLetter);
    await this.#resources.orders({ type: "nack", delay, ...ofDelivery(delivery) });
  }

  async #giveUp(delivery: Delivery): Promise<void> {
    this.#record("term", delivery);
    this.#host.reached(GOALS.deadLetter);
    await this.#resources.orders({ type: "term", ...ofDelivery(delivery) });
  }

  #refused(operation: string, reason: string, key: string): "never" {
    this.#host.record({ kind: "refusal", operation, reason, key, detail: { domain: this.#domain } });
    return "never";
  }

  #record(kind: "deliver" | "ack" | "nack" | "term", { offset, record, deliveryId, count }: Delivery): void {
    this.#host.record({
      kind,
      stream: ORDERS_STREAM,
      group: CHECKOUT_WORKERS,
      sequence: offset,
      key: record.key,
      deliveryId,
      deliveryCount: count,
      domain: this.#domain,
    });
  }
}

const ofDelivery = ({ offset, deliveryId }: Delivery) => ({ group: CHECKOUT_WORKERS, offset, deliveryId });
