/**
 * The webhook gateway: turns a delivery of a webhook into an accepted order, once, however often it is delivered.
 *
 * reserve the key → append under the same key → complete the key with the offset → answer. Success is answered only
 * when the offset is recorded, so that every later delivery of the webhook gets the same answer. A gateway may
 * fall silent anywhere in between: its reservation expires, another takes over, and its append under the same
 * producer key finds the record if there is one.
 */
import { type Host, type Json, MINUTE, type Micros } from "seedstorm";
import type { AppendedTo } from "../resources/queue-command.js";
import type { Outcome, Resources } from "../resources/resources.js";
import { canonical, type RefusalReason, SCHEMAS } from "../resources/types.js";
import { GOALS } from "./goals.js";
import type { PipelineKnobs } from "./knobs.js";
import { readWebhook, recordOf, type Webhook } from "./order.js";
import { DRAIN, ORDERS_STREAM, WEBHOOK, type WebhookAnswer } from "./wire.js";

const RETRY: WebhookAnswer = { status: "retry" };

/** A reservation that this gateway holds. */
interface Held {
  readonly key: string;
  readonly owner: string;
  readonly attempt: number;
}

export class Gateway {
  readonly #host: Host;
  readonly #resources: Resources;
  readonly #knobs: PipelineKnobs;
  #requests = 0;
  #drainedUntil: Micros = 0;
  /** The newest offset this gateway has seen; only a planted defect goes by it. */
  #newestOffset = -1;

  constructor(host: Host, resources: Resources, knobs: PipelineKnobs) {
    this.#host = host;
    this.#resources = resources;
    this.#knobs = knobs;
  }

  start(): void {
    this.#host.onRequest(WEBHOOK, (body) => this.#receive(body));
    this.#host.onMessage(DRAIN, ({ for: duration }) => {
      this.#drainedUntil = this.#host.clock.monotonic() + Math.min(duration, MINUTE);
      this.#host.reached(GOALS.drained);
    });
  }

  #receive(body: Json): WebhookAnswer | Promise<WebhookAnswer> {
    if (this.#host.clock.monotonic() < this.#drainedUntil) return RETRY;
    const webhook = readWebhook(body, this.#knobs.payloadLimit);
    if (typeof webhook !== "string") return this.#accept(webhook);
    this.#host.reached(GOALS.webhookRefused);
    return this.#refuse(webhook, "");
  }

  async #accept(webhook: Webhook): Promise<WebhookAnswer> {
    this.#requests += 1;
    const host = this.#host;
    const key = `accept:${webhook.key}`;
    const owner = `${host.id}#${host.incarnation}/${this.#requests}`;
    const requestHash = canonical(webhook.order).sha256;
    if (host.defect("publish-before-commit")) await this.#publish(webhook, webhook.key);
    const reserved = await this.#resources.effects({
      type: "reserve",
      key,
      requestHash,
      owner,
      schemaId: SCHEMAS.effect,
    });
    if (reserved.status === "refused") return this.#refuse(reserved.reason, webhook.key);
    if (reserved.status !== "ok") return RETRY;
    switch (reserved.value.state) {
      case "in-progress":
        return RETRY;
      case "completed":
        host.reached(GOALS.duplicateReplayed);
        return {
          ...(reserved.value.value as { offset: number; orderId: string }),
          status: "accepted",
          repeated: true,
        }; // as completed below
      case "new": {
        const { attempt } = reserved.value;
        if (attempt > 1) host.reached(GOALS.takenOver);
        if (attempt > 2) host.reached(GOALS.takenOverAgain);
        return this.#append(webhook, { key, owner, attempt });
      }
    }
  }

  async #append(webhook: Webhook, held: Held): Promise<WebhookAnswer> {
    const host = this.#host;
    if (host.defect("dedupe-without-stored-message")) {
      await this.#complete(webhook, held, this.#newestOffset + 1);
    }
    if (held.attempt > 1 && host.defect("outbox-row-forgotten-on-crash")) {
      return this.#complete(webhook, held, Math.max(0, this.#newestOffset));
    }
    const producerKey =
      held.attempt > 1 && host.defect("GW2") ? `${webhook.key}#${held.attempt}` : webhook.key;
    this.#recordPublish("publish", webhook.key, -1);
    const appended = await this.#publish(webhook, producerKey);
    switch (appended.status) {
      case "ok": {
        const { offset } = appended.value;
        this.#newestOffset = Math.max(this.#newestOffset, offset);
        this.#recordPublish("publish-ack", webhook.key, offset);
        return this.#complete(webhook, held, offset);
      }
      case "refused":
        await this.#resources.effects({ type: "release", ...held });
        return this.#refuse(appended.reason, webhook.key);
      case "unavailable":
        await this.#resources.effects({ type: "release", ...held });
        return RETRY;
      case "unknown":
        return RETRY; // perhaps appended: whoever takes over will find it
    }
  }

  #publish(webhook: Webhook, producerKey: string): Promise<Outcome<AppendedTo>> {
    return this.#resources.orders({ type: "append", record: recordOf(webhook), producerKey });
  }

  async #complete(webhook: Webhook, held: Held, offset: number): Promise<WebhookAnswer> {
    const { orderId } = webhook.order;
    const { key, owner, attempt } = held;
    const value = { offset, orderId };
    const completed = await this.#resources.effects({ type: "complete", key, owner, attempt, value });
    return completed.status === "ok" ? { status: "accepted", offset, orderId, repeated: false } : RETRY;
  }

  #refuse(reason: RefusalReason, key: string): WebhookAnswer {
    if (reason === "conflict") this.#host.reached(GOALS.conflictRefused);
    this.#host.record({ kind: "refusal", operation: "accept", reason, key, detail: {} });
    return { status: "refused", reason };
  }

  #recordPublish(kind: "publish" | "publish-ack", key: string, sequence: number): void {
    this.#host.record({
      kind,
      stream: ORDERS_STREAM,
      group: "",
      sequence,
      key,
      deliveryId: "",
      deliveryCount: 0,
      domain: "",
    });
  }
}
