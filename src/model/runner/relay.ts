/**
 * The outbox relay of the node's parts: dispatches what sagas have emitted and deletes it once it is confirmed.
 *
 * Work of one instance for one target goes in its order, the next when the one before is confirmed. A 2xx of the gateway
 * or the broker's ack confirms; a 4xx makes a dead letter and tells the saga, in one transaction; a 5xx and a time-out say
 * nothing, and the same is tried again under the same id, up to a limit, after which it is a dead letter too. What goes
 * to the broker is tried until it is taken.
 */
import { type Json, MILLISECOND, type Micros, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import { backoff, isPublished, look, type NodeContext, transact } from "./context.js";
import { encodeEffectCommand, encodeEvent, HEADERS, headersOf } from "./envelope.js";
import { GOALS } from "./goals.js";
import { allOf } from "./keys.js";
import type { Ownership } from "./ownership.js";
import type { OutboxItem } from "./records.js";
import { subjectOf } from "./subjects.js";
import { SUBMIT } from "./wire.js";

type Dispatched =
  | { readonly end: "confirmed" }
  | { readonly end: "refused"; readonly reason: string }
  | { readonly end: "unknown" };

export class Relay {
  readonly #context: NodeContext;
  readonly #ownership: Ownership;
  readonly #targets = new Set<string>();
  readonly #perTenant = new Map<string, number>();
  /** When an item may be tried again, by the monotonic clock. */
  readonly #notBefore = new Map<string, Micros>();
  readonly #firstSeen = new Map<string, Micros>();
  #stopped = false;
  #depth = 0;

  constructor(context: NodeContext, ownership: Ownership) {
    this.#context = context;
    this.#ownership = ownership;
  }

  /** Items of this node's parts at the last scan, and dispatches under way. */
  get depth(): number {
    return this.#depth + this.#targets.size;
  }

  /** Gauges are read when somebody asks for them: who has no parts has nothing that waits, also after a drain. */
  measure(): void {
    const { meters } = this.#context;
    const parts = this.#ownership.parts.length;
    meters.set("runner_parts", parts);
    meters.set("runner_outbox_depth", parts === 0 ? 0 : this.#depth);
  }

  async run(): Promise<void> {
    const { host, settings } = this.#context;
    while (!this.#stopped) {
      await this.pass();
      await host.sleep(settings.relay.poll * MILLISECOND);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** One bounded batch. False: the store did not answer. */
  async pass(): Promise<boolean> {
    const { settings, host } = this.#context;
    const parts = this.#ownership.parts;
    if (parts.length === 0) {
      this.#depth = 0;
      return true;
    }
    const scanned = await look(this.#context, (transaction) => transaction.scanPrefix(allOf("outbox")));
    if (!scanned.ok) return false;
    const items = scanned.value.map(({ value }) => value as unknown as OutboxItem); // only such are put
    const mine = items.filter(({ part }) => parts.includes(part)).sort((a, b) => a.ordinal - b.ordinal);
    this.#depth = mine.length;
    const now = host.clock.monotonic();
    for (const { workId } of mine) if (!this.#firstSeen.has(workId)) this.#firstSeen.set(workId, now);
    const heads = new Set<string>();
    let started = 0;
    for (const item of mine) {
      if (started === settings.relay.batch) break;
      const target = targetOf(item);
      const isBehind = heads.has(target) || this.#targets.has(target);
      heads.add(target);
      if (isBehind && !host.defect("NW11")) continue;
      if ((this.#notBefore.get(item.workId) ?? 0) > now || this.#isFull(item.tenant)) continue;
      if (host.defect("NW11") && this.#targets.has(`${target} ${item.workId}`)) continue;
      started++;
      void this.#dispatchOne(item, host.defect("NW11") ? `${target} ${item.workId}` : target);
    }
    return true;
  }

  #isFull(tenant: string): boolean {
    return (this.#perTenant.get(tenant) ?? 0) >= this.#context.settings.relay.maxInFlightPerTenant;
  }

  async #dispatchOne(item: OutboxItem, target: string): Promise<void> {
    const { host, meters, log, settings } = this.#context;
    this.#targets.add(target);
    this.#perTenant.set(item.tenant, (this.#perTenant.get(item.tenant) ?? 0) + 1);
    log.write("info", `dispatch ${item.kind} ${item.workId}`, {
      tenantId: item.tenant,
      metadata: item.metadata,
    });
    if (host.defect("delete-before-confirmation")) await this.#delete(item);
    const dispatched = await this.#dispatch(item);
    if (host.buggify("runner: slow to delete")) await host.sleep(2 * settings.lease.ttl * MILLISECOND);
    const isLast = item.kind === "command" && item.tries + 1 >= settings.relay.tries && !host.defect("NW12");
    switch (dispatched.end) {
      case "confirmed":
        await this.#delete(item);
        break;
      case "refused":
        await this.#deadLetter(item, dispatched.reason);
        break;
      case "unknown":
        meters.count("runner_dispatch_failures_total", { kind: item.kind });
        if (isLast) await this.#deadLetter(item, "no answer");
        else await this.#tryLater(item);
    }
    this.#targets.delete(target);
    const inFlight = (this.#perTenant.get(item.tenant) ?? 0) - 1;
    invariant(inFlight >= 0, "a dispatch that ends was counted when it began");
    this.#perTenant.set(item.tenant, inFlight);
  }

  #dispatch(item: OutboxItem): Promise<Dispatched> {
    switch (item.kind) {
      case "command":
        return this.#submit(item);
      case "effect": {
        const { tenant, workId, metadata, body } = item;
        const command = {
          tenantId: tenant,
          commandId: workId,
          effectName: body.effect,
          payload: body.payload,
          metadata,
        };
        const headers = {
          ...headersOf(tenant, metadata),
          [HEADERS.command]: workId,
          [HEADERS.effect]: body.effect,
        };
        return this.#publish("commands", item, body.effect, encodeEffectCommand(command), headers, workId);
      }
      case "fact": {
        const { tenant, metadata, body } = item;
        const event = {
          tenantId: tenant,
          eventId: body.eventId,
          type: body.type,
          payload: body.payload,
          metadata,
        };
        return this.#publish(
          "facts",
          item,
          body.type,
          encodeEvent(event),
          headersOf(tenant, metadata),
          body.eventId,
        );
      }
    }
  }

  async #submit(item: OutboxItem & { readonly kind: "command" }): Promise<Dispatched> {
    const { host, settings } = this.#context;
    const { tenant, metadata, workId, body } = item;
    const submission = { headers: headersOf(tenant, metadata), commandId: workId, ...body };
    const timeout = settings.relay.timeout * MILLISECOND;
    if (host.buggify("runner: slow to submit")) await host.sleep(host.random.below(timeout));
    const reply = await host.request(SUBMIT, settings.gateway, submission, timeout);
    if (reply === TIMED_OUT) return { end: "unknown" };
    if (reply.status < 300 || host.defect("NW14")) return { end: "confirmed" };
    const isRefused = reply.status < 500 || (reply.status === 500 && host.defect("server-error-refused"));
    if (isRefused) return { end: "refused", reason: String(reply.body.reason ?? reply.status) };
    return { end: "unknown" };
  }

  async #publish(
    role: "commands" | "facts",
    { tenant, metadata }: OutboxItem,
    type: string,
    data: Json,
    headers: Readonly<Record<string, string>>,
    messageId: string,
  ): Promise<Dispatched> {
    const { broker, settings } = this.#context;
    const subject = subjectOf(role, tenant, metadata.correlationId, type, settings.spread);
    const published = await broker.publish(subject, data, { headers, messageId });
    return isPublished(this.#context.host, published) ? { end: "confirmed" } : { end: "unknown" };
  }

  async #delete(item: OutboxItem): Promise<void> {
    const { keys, host, meters } = this.#context;
    const key = keys.outbox(item.tenant, item.kind, item.workId);
    const deleted = await transact(this.#context, async (transaction) => {
      const isThere = (await transaction.get(key)) !== undefined;
      if (isThere) transaction.delete(key);
      return isThere;
    });
    if (!deleted.ok) return;
    if (!deleted.value) host.reached(GOALS.confirmedTwice);
    const since = this.#firstSeen.get(item.workId);
    if (since !== undefined) meters.observe("runner_dispatch_seconds", host.clock.monotonic() - since);
    this.#forget(item);
  }

  /** Either it is given up and its saga is told, or neither. */
  async #deadLetter(item: OutboxItem, reason: string): Promise<void> {
    const { keys, host, meters } = this.#context;
    const { tenant, workId, kind, saga, metadata, part } = item;
    invariant(kind === "command", "what goes to the broker is never given up");
    const key = keys.outbox(tenant, kind, workId);
    const noticeId = `${workId}/rejected`;
    const done = await transact(this.#context, async (transaction) => {
      if ((await transaction.get(key)) === undefined) return false;
      transaction.delete(key);
      transaction.put(keys.deadLetter(tenant, kind, workId), { item: item as unknown as Json, reason });
      const notice: OutboxItem = {
        kind: "fact",
        body: {
          type: "command.rejected",
          eventId: noticeId,
          payload: { commandId: workId, command: item.body.command, reason },
        },
        workId: noticeId,
        tenant,
        saga,
        metadata,
        eventId: item.eventId,
        ordinal: item.ordinal,
        part,
        tries: 0,
      };
      if (!host.defect("dead-letter-without-notice"))
        transaction.put(keys.outbox(tenant, "fact", noticeId), notice as unknown as Json);
      return true;
    });
    if (!done.ok) return;
    if (done.value) {
      host.reached(GOALS.deadLettered);
      meters.count("runner_dead_letters_total");
    }
    this.#forget(item);
  }

  async #tryLater(item: OutboxItem): Promise<void> {
    const { keys, host, settings } = this.#context;
    const { firstPause, longestPause } = settings.relay;
    const key = keys.outbox(item.tenant, item.kind, item.workId);
    host.reached(GOALS.dispatchRetried);
    await transact(this.#context, async (transaction) => {
      if ((await transaction.get(key)) === undefined) return;
      const again: OutboxItem = { ...item, tries: item.tries + 1 };
      if (host.defect("NW12") && again.tries >= RETRIES_WITHOUT_RULE) return;
      transaction.put(key, again as unknown as Json);
    });
    const pause = backoff(firstPause * MILLISECOND, longestPause * MILLISECOND, item.tries + 1);
    const jitter = host.random.below(pause);
    const isStuck = host.defect("NW12") && item.tries + 1 >= RETRIES_WITHOUT_RULE;
    this.#notBefore.set(
      item.workId,
      isStuck ? Number.MAX_SAFE_INTEGER : host.clock.monotonic() + pause + jitter,
    );
  }

  #forget({ workId }: OutboxItem): void {
    this.#notBefore.delete(workId);
    this.#firstSeen.delete(workId);
  }
}

/** Of the weakness `NW12`. */
const RETRIES_WITHOUT_RULE = 3;

/** What has an order of its own. */
function targetOf(item: OutboxItem): string {
  const to = item.kind === "command" ? `${item.body.aggregate}/${item.body.id}` : item.kind;
  return JSON.stringify([item.tenant, item.saga, item.metadata.correlationId, to]);
}
