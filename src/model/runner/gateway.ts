/**
 * The gateway and the aggregates behind it: takes commands, carries each out once, and publishes what happened.
 *
 * A command's effect on its aggregate, the answer under its id and the events are one transaction; a repeated command is
 * answered as the first time. Events leave through an outbox of the gateway's own, in their order, under ids that the
 * broker recognises. It answers 2xx for done, 4xx for what can never be, 5xx for what it could not do now.
 */
import { type Host, type Json, MILLISECOND, type Micros } from "seedstorm";
import { keyOf, prefixOf } from "../storage/keys.js";
import type { Store } from "../storage/store.js";
import type { Transaction } from "../storage/transaction.js";
import type { RunnerBroker } from "./broker-port.js";
import { type Aggregate, decide } from "./business/aggregates.js";
import { isPublished, transact } from "./context.js";
import { encodeEvent, HEADERS, headersOf, metadataOf } from "./envelope.js";
import { GOALS } from "./goals.js";
import { type Spread, subjectOf } from "./subjects.js";
import { type GatewayReply, SUBMIT, type Submission } from "./wire.js";

const POLL: Micros = 60 * MILLISECOND;

interface PendingEvent {
  readonly tenantId: string;
  readonly eventId: string;
  readonly type: string;
  readonly payload: { readonly [name: string]: Json };
  readonly correlationId: string;
  readonly traceparent: string;
}

export class Gateway {
  readonly #host: Host;
  readonly #store: Store;
  readonly #broker: RunnerBroker;
  readonly #spread: Spread;

  constructor(host: Host, store: Store, broker: RunnerBroker, spread: Spread) {
    this.#host = host;
    this.#store = store;
    this.#broker = broker;
    this.#spread = spread;
  }

  async start(): Promise<void> {
    await this.#store.open();
    this.#host.onRequest(SUBMIT, (submission) => this.#submit(submission));
    void this.#publishForEver();
  }

  async #submit(submission: Submission): Promise<GatewayReply> {
    const { headers, commandId } = submission;
    const tenant = headers[HEADERS.tenant];
    if (tenant === undefined) return { status: 400, body: { reason: "no-tenant" } };
    this.#recordSubmitted(submission, tenant);
    if (this.#host.buggify("gateway: overloaded")) return { status: 503, body: { reason: "overloaded" } };
    const done = await transact({ host: this.#host, store: this.#store }, (transaction) =>
      this.#carryOut(transaction, tenant, submission),
    );
    if (!done.ok) return { status: 503, body: { reason: done.error.reason } };
    const reply = done.value;
    if (this.#host.buggify("gateway: fails after the commit"))
      return { status: 500, body: { reason: "internal" } };
    this.#host.record({
      kind: "state",
      entity: "command",
      name: keyOf(tenant, commandId),
      from: "submitted",
      to: reply.status < 300 ? "done" : "refused",
      detail: { status: reply.status },
    });
    return reply;
  }

  async #carryOut(
    transaction: Transaction,
    tenant: string,
    { headers, commandId, aggregate, id, command, payload }: Submission,
  ): Promise<GatewayReply> {
    const answer = keyOf("command", tenant, commandId);
    const before = await transaction.get(answer);
    if (before !== undefined && !this.#host.defect("gateway-forgets-commands")) {
      this.#host.reached(GOALS.commandReplayed);
      return before as unknown as GatewayReply; // only replies are put there
    }
    const key = keyOf("aggregate", tenant, aggregate, id);
    const state = ((await transaction.get(key)) ?? null) as Aggregate;
    const decision = decide(aggregate, state, id, command, payload);
    if ("refused" in decision) {
      const reply: GatewayReply = { status: 422, body: { reason: decision.refused } };
      transaction.put(answer, reply as unknown as Json);
      return reply;
    }
    transaction.put(key, decision.state);
    const correlationId = headers[HEADERS.correlation] ?? commandId;
    const counter = keyOf("events");
    let number = Number((await transaction.get(counter)) ?? 0);
    for (const { type, payload: details } of decision.events) {
      number++;
      const event: PendingEvent = {
        tenantId: tenant,
        eventId: `${tenant}/${commandId}/${type}`,
        type,
        payload: details,
        correlationId,
        traceparent: metadataOf(correlationId, headers).traceparent,
      };
      transaction.put(keyOf("event", String(number).padStart(12, "0")), event as unknown as Json);
    }
    if (decision.events.length > 0) transaction.put(counter, number);
    const reply: GatewayReply = { status: 200, body: {} };
    transaction.put(answer, reply as unknown as Json);
    return reply;
  }

  async #publishForEver(): Promise<void> {
    for (;;) {
      const published = await this.#publishNext();
      if (!published) await this.#host.sleep(POLL);
    }
  }

  async #publishNext(): Promise<boolean> {
    const transaction = this.#store.begin();
    const [first] = await transaction.scanPrefix(prefixOf("event"), 1);
    if (first === undefined) return false;
    const { tenantId, eventId, type, payload, correlationId, traceparent } =
      first.value as unknown as PendingEvent;
    const metadata = { correlationId, traceparent };
    const subject = subjectOf("events", tenantId, correlationId, type, this.#spread);
    const data = encodeEvent({ tenantId, eventId, type, payload, metadata });
    const headers = headersOf(tenantId, metadata);
    const published = await this.#broker.publish(subject, data, { headers, messageId: eventId });
    if (!isPublished(this.#host, published)) return false;
    transaction.delete(first.key);
    return (await transaction.commit()).status === "committed";
  }

  /** What came, with the headers that it came with. */
  #recordSubmitted({ commandId, headers, aggregate, id, command }: Submission, tenant: string): void {
    this.#host.record({
      kind: "state",
      entity: "command",
      name: keyOf(tenant, commandId),
      from: "none",
      to: "submitted",
      detail: { headers, aggregate, id, command },
    });
  }
}
