/**
 * The scheduler of the node's parts: publishes a reminder for each timer that is due by its part's time, and deletes the
 * timer once the broker has the reminder. The reminder's id is the timer's key, so that a repeat is recognised. Commands
 * whose effect is to be tried again wait in the same way, and go back into the stream of commands.
 */
import { MILLISECOND } from "seedstorm";
import type { StoredEntry } from "../storage/transaction.js";
import { isPublished, look, type NodeContext, transact } from "./context.js";
import { encodeEffectCommand, encodeEvent, HEADERS, headersOf } from "./envelope.js";
import { GOALS } from "./goals.js";
import { allOf, type Namespace } from "./keys.js";
import type { Ownership } from "./ownership.js";
import type { RetryRecord, ScheduleRecord } from "./records.js";
import { subjectOf } from "./subjects.js";

export class Scheduler {
  readonly #context: NodeContext;
  readonly #ownership: Ownership;
  #stopped = false;

  constructor(context: NodeContext, ownership: Ownership) {
    this.#context = context;
    this.#ownership = ownership;
  }

  async run(): Promise<void> {
    const { host, settings } = this.#context;
    while (!this.#stopped) {
      await this.#pass();
      await host.sleep(settings.scheduler.poll * MILLISECOND);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #pass(): Promise<void> {
    const { host, meters } = this.#context;
    const began = host.clock.monotonic();
    let due = 0;
    for (const part of this.#ownership.parts) {
      for (const { key, value, version } of await this.#due("schedule", part)) {
        due++;
        if (this.#stopped) return;
        await this.#remind(key, value as unknown as ScheduleRecord, version, part); // only such are put
      }
      for (const { key, value, version } of await this.#due("retry", part)) {
        if (this.#stopped) return;
        await this.#retry(key, value as unknown as RetryRecord, version); // only such are put
      }
    }
    meters.set("runner_schedule_due", due);
    meters.observe("runner_schedule_scan_seconds", host.clock.monotonic() - began);
  }

  async #due(
    namespace: Extract<Namespace, "schedule" | "retry">,
    part: number,
  ): Promise<readonly StoredEntry[]> {
    const { settings } = this.#context;
    const now = this.#ownership.timeOf(part);
    if (now === undefined) return [];
    const { batch } = settings.scheduler;
    const scanned = await look(this.#context, (transaction) =>
      transaction.scanDue(allOf(namespace), now, batch),
    );
    if (!scanned.ok) return [];
    return scanned.value.filter(({ value }) => (value as unknown as { readonly part: number }).part === part);
  }

  async #remind(key: string, record: ScheduleRecord, version: number, part: number): Promise<void> {
    const { broker, host, meters, settings, log } = this.#context;
    const { tenant, timer, metadata, due } = record;
    if (host.defect("timer-deleted-before-reminder")) await this.#delete(key, version);
    const type = `timer.${timer}`;
    const event = { tenantId: tenant, eventId: key, type, payload: { due, timer }, metadata };
    const subject = subjectOf("facts", tenant, metadata.correlationId, type, settings.spread);
    const published = await broker.publish(subject, encodeEvent(event), {
      headers: headersOf(tenant, metadata),
      messageId: key,
    });
    if (!isPublished(host, published)) return;
    log.write("info", `reminder ${timer}`, { tenantId: tenant, metadata });
    host.reached(GOALS.timerFired);
    const now = this.#ownership.timeOf(part);
    if (now !== undefined) meters.observe("runner_schedule_lag_seconds", now - due);
    await this.#delete(key, version);
  }

  async #retry(key: string, { command, round }: RetryRecord, version: number): Promise<void> {
    const { broker, host, settings } = this.#context;
    const { tenantId, metadata, effectName, commandId } = command;
    const subject = subjectOf("commands", tenantId, metadata.correlationId, effectName, settings.spread);
    const headers = {
      ...headersOf(tenantId, metadata),
      [HEADERS.command]: commandId,
      [HEADERS.effect]: effectName,
      [HEADERS.round]: String(round),
    };
    const messageId = `${commandId}#${round}`;
    if (host.defect("put-off-forgotten")) await this.#delete(key, version);
    const published = await broker.publish(subject, encodeEffectCommand(command), { headers, messageId });
    if (isPublished(host, published)) await this.#delete(key, version);
  }

  /** Unless it was put anew since. */
  async #delete(key: string, version: number): Promise<void> {
    await transact(this.#context, async (transaction) => {
      const [entry] = await transaction.scanPrefix(key, 1);
      if (entry?.key === key && entry.version === version) transaction.delete(key);
    });
  }
}
