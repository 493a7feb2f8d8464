/**
 * The saga consumer: takes the events of its lanes as a member of the deliver group, passes each through the sagas that it
 * triggers, and acks it once all of that is durable.
 *
 * A lane has one event under way in the whole group, so that an instance's events are processed in the order
 * of the stream. What fails because the store or the broker is unavailable is tried again in place, and the
 * broker is told that work on it continues; what can never succeed is quarantined. An exception that nobody
 * foresaw ends the handler, not the node: the event comes again, and at its last delivery it is quarantined
 * unread.
 */
import { MILLISECOND, type Micros, type Timer } from "seedstorm";
import type { Delivery, Subscription } from "../broker/api.js";
import { BrokenInvariant } from "../invariant.js";
import type { NodeContext } from "./context.js";
import { decodeEvent, type EventEnvelope } from "./envelope.js";
import { type RunnerError, RunnerFailure } from "./errors.js";
import { GOALS } from "./goals.js";
import type { Manifests, SagaManifest } from "./manifest.js";
import { NOTHING_KNOWN, quarantine } from "./quarantine.js";
import { addressOf } from "./subjects.js";
import { transition } from "./transition.js";

/** The streams whose messages trigger sagas. */
export const TRIGGER_ROLES = ["events", "facts"] as const;
export type TriggerRole = (typeof TRIGGER_ROLES)[number];

const RETRY: Micros = 150 * MILLISECOND;

export class SagaWorker {
  readonly #context: NodeContext;
  readonly #manifests: () => Manifests;
  /** By range. */
  readonly #subscriptions = new Map<number, Subscription[]>();
  #inFlight = 0;
  #stopped = false;

  constructor(context: NodeContext, manifests: () => Manifests) {
    this.#context = context;
    this.#manifests = manifests;
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Takes exactly these ranges from now on. */
  serve(ranges: ReadonlySet<number>): void {
    const { host } = this.#context;
    if (this.#stopped) return;
    for (const [range, subscriptions] of this.#subscriptions) {
      if (ranges.has(range)) continue;
      for (const each of subscriptions) each.stop();
      if (!host.defect("range-not-served-again")) this.#subscriptions.delete(range);
      this.#recordServed(range, false);
    }
    for (const range of ranges) if (!this.#subscriptions.has(range)) this.#subscribe(range);
  }

  /** Nothing new is acquired from now on. */
  stop(): void {
    this.#stopped = true;
    for (const subscriptions of this.#subscriptions.values()) for (const each of subscriptions) each.stop();
    this.#subscriptions.clear();
  }

  #subscribe(range: number): void {
    const { broker, settings } = this.#context;
    const { streams, consumers, spread } = settings;
    const subscriptions: Subscription[] = [];
    for (const role of TRIGGER_ROLES) {
      for (let lane = 0; lane < spread.lanes; lane++) {
        const consumer = sagaConsumer(consumers.durablePrefix, range, lane);
        const onDelivery = (delivery: Delivery): void => {
          void this.#take(role, `${range}.${lane}`, delivery);
        };
        subscriptions.push(broker.subscribe(streams[role], consumer, onDelivery, consumers.deliverGroup));
      }
    }
    this.#subscriptions.set(range, subscriptions);
    this.#recordServed(range, true);
  }

  #recordServed(range: number, isServed: boolean): void {
    const { host } = this.#context;
    const [from, to] = isServed ? ["left", "served"] : ["served", "left"];
    host.record({
      kind: "state",
      entity: "range",
      name: `${host.id}/${range}`,
      from,
      to,
      detail: {},
    } as const);
  }

  async #take(role: TriggerRole, lane: string, delivery: Delivery): Promise<void> {
    const { host, meters, log } = this.#context;
    // What was on its way when the node began to drain is left to others.
    if (this.#stopped && !host.defect("drain-keeps-acquiring")) return;
    const began = host.clock.monotonic();
    recordAcquired(this.#context, delivery);
    this.#inFlight++;
    const heartbeat = new AckHeartbeat(this.#context, delivery);
    try {
      if (host.defect("ack-before-commit")) await delivery.ack();
      await this.#process(role, lane, delivery);
    } catch (error) {
      if (error instanceof BrokenInvariant) throw error;
      log.write("error", `the handler of ${delivery.stream}/${delivery.sequence} died: ${String(error)}`);
      host.reached(GOALS.handlerDied);
    } finally {
      heartbeat.stop();
      this.#inFlight--;
      recordLeft(this.#context, delivery);
    }
    meters.observe("runner_processing_seconds", host.clock.monotonic() - began, { stream: delivery.stream });
    meters.set("runner_consumer_lag", delivery.pending, {
      consumer: `${delivery.stream}/${delivery.consumer}`,
    });
  }

  async #process(role: TriggerRole, lane: string, delivery: Delivery): Promise<void> {
    const { host, settings } = this.#context;
    const most = settings.consumers.maxDeliver - (host.defect("quarantined-too-soon") ? 1 : 0);
    if (delivery.deliveryCount >= most && !host.defect("NW7")) {
      host.reached(GOALS.quarantinedAtLastDelivery);
      const reason = `delivered ${delivery.deliveryCount} times`;
      await this.#untilDone(() => quarantine(this.#context, delivery, { kind: "policy", reason }));
      return;
    }
    const event = this.#read(delivery);
    if ("kind" in event) {
      await this.#untilDone(() => quarantine(this.#context, delivery, event));
      return;
    }
    const note = noteOf(event);
    if (note !== undefined) {
      const { tenantId, metadata } = event;
      this.#context.log.write("info", `note of ${event.eventId}: ${note}`, { tenantId, metadata });
    }
    const failed: SagaManifest[] = [];
    let failure: RunnerError | undefined;
    for (const saga of this.#triggered(role, event.type)) {
      const error = await this.#transition(saga, event, lane, delivery);
      if (error === "stopped") return;
      if (error === undefined) continue;
      failed.push(saga);
      failure = error;
    }
    if (failure !== undefined) {
      const { kind } = failure;
      if (kind === "program") host.reached(GOALS.programFailed);
      const reason = failure;
      const about = {
        ...NOTHING_KNOWN,
        sagas: failed.map(({ name }) => name),
        eventId: event.eventId,
        correlation: event.metadata.correlationId,
      };
      await this.#untilDone(() => quarantine(this.#context, delivery, reason, about));
      return;
    }
    await this.#untilDone(async () => (await delivery.ack()).status === "ok");
  }

  #read(delivery: Delivery): EventEnvelope | RunnerError {
    const { settings, host } = this.#context;
    const { defaultTenant, enabled } = settings.tenancy;
    const address = addressOf(delivery.subject);
    if (address === undefined)
      return { kind: "decode", path: "subject", reason: `no runner makes the subject ${delivery.subject}` };
    if (!enabled && address.tenant !== defaultTenant)
      return { kind: "tenant", expected: defaultTenant, found: address.tenant };
    const claimed = (delivery.data as { readonly tenantId?: unknown } | null)?.tenantId;
    const tenant =
      host.defect("tenant-from-payload") && typeof claimed === "string" ? claimed : address.tenant;
    try {
      return decodeEvent(delivery.data, delivery.headers, tenant);
    } catch (error) {
      if (error instanceof RunnerFailure) return error.error;
      throw error;
    }
  }

  #triggered(role: TriggerRole, type: string): readonly SagaManifest[] {
    return this.#manifests().sagas.filter(({ triggers }) =>
      triggers.some(({ stream, types }) => stream === role && types.includes(type)),
    );
  }

  /** Undefined when it is durable. */
  async #transition(
    saga: SagaManifest,
    event: EventEnvelope,
    lane: string,
    delivery: Delivery,
  ): Promise<RunnerError | "stopped" | undefined> {
    const { stream, sequence } = delivery;
    let failure: RunnerError | undefined;
    const isDone = await this.#untilDone(async () => {
      try {
        const watermark = await this.#watermark(delivery);
        if (watermark === undefined) return false;
        const position = { stream, lane, sequence, watermark, by: "delivery" } as const;
        const result = await transition(this.#context, this.#manifests(), saga, event, position);
        // an ack does no harm: whoever quarantined it has terminated it, or is about to
        const times = this.#context.host.defect("transition-counted-twice") ? 2 : 1;
        for (let n = 0; result.ok && result.value === "done" && n < times; n++)
          this.#context.meters.count("runner_transitions_total");
        return result.ok || this.#context.host.defect("ack-on-failed-commit");
      } catch (error) {
        if (!(error instanceof RunnerFailure)) throw error;
        failure = error.error;
        return true;
      }
    });
    return isDone ? failure : "stopped";
  }

  /**
   * How far the lane is processed once this event is: up to it where order is kept. Else others before it may be under way, and
   * the broker knows what is done with. Undefined: it did not say.
   */
  async #watermark({ stream, consumer, sequence }: Delivery): Promise<number | undefined> {
    const { broker, settings, host } = this.#context;
    if (settings.consumers.perKeyOrder) return sequence;
    const found = await broker.consumerState(stream, consumer);
    if (found.status !== "ok") return undefined;
    if (found.value.ackFloor < sequence - 1) host.reached(GOALS.checkpointHeldBack);
    return Math.min(sequence, found.value.ackFloor);
  }

  /** Tries again until it is done; false when a forced end came first. */
  async #untilDone(step: () => Promise<boolean>): Promise<boolean> {
    for (;;) {
      if (this.#forced) return false;
      if (await step()) return true;
      await this.#context.host.sleep(RETRY);
    }
  }

  #forced = false;

  /** Gives up what is under way: it comes again elsewhere. */
  abandon(): void {
    this.#forced = true;
  }
}

/** The attachment's text, for the log. Nobody here foresaw that it might be no such text. */
function noteOf({ payload }: EventEnvelope): string | undefined {
  const { note } = payload;
  return typeof note === "string" ? decodeURIComponent(note) : undefined;
}

export const sagaConsumer = (prefix: string, range: number, lane: number): string =>
  `${prefix}-saga-${range}-${lane}`;

/** A worker has taken a message on. */
export function recordAcquired({ host, meters }: NodeContext, delivery: Delivery): void {
  if (delivery.deliveryCount > 1) meters.count("runner_redeliveries_total", { stream: delivery.stream });
  const { headers, data, deliveryCount, subject } = delivery;
  host.record({
    kind: "state",
    entity: "work",
    name: `${delivery.stream}/${delivery.sequence}`,
    from: "delivered",
    to: "acquired",
    detail: { subject, headers, data, deliveryCount, consumer: delivery.consumer },
  });
}

/** It is done with the message, or has given it up: nothing of it is under way here any more. */
export function recordLeft({ host }: NodeContext, { stream, sequence }: Delivery): void {
  const name = `${stream}/${sequence}`;
  host.record({ kind: "state", entity: "work", name, from: "acquired", to: "left", detail: {} });
}

/** Tells the broker, while a message is being worked on, that it is. */
export class AckHeartbeat {
  readonly #context: NodeContext;
  readonly #delivery: Delivery;
  #timer: Timer;

  constructor(context: NodeContext, delivery: Delivery) {
    this.#context = context;
    this.#delivery = delivery;
    this.#timer = this.#later();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #later(): Timer {
    const { host, settings } = this.#context;
    const every = Math.floor((settings.consumers.ackWait * MILLISECOND) / 3);
    return host.after(every, () => {
      void this.#delivery.inProgress();
      this.#timer = this.#later();
    });
  }
}
