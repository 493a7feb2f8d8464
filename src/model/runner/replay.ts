/**
 * Controlled replay: an operator has a saga of a tenant fed once more with what stands above a checkpoint. What was
 * processed is skipped by its markers; what was quarantined gets another chance, with the programs as they are by now.
 *
 * Guards against an accident: the request names tenant, saga and stream, the checkpoint that the operator believes is
 * there, and an intent in words; one that goes back further than so many messages must say that it means all of them. The
 * reset of the checkpoint and the order to replay are one transaction; any node carries it out, and goes on where another
 * stopped.
 */
import { type Json, MILLISECOND, type Micros } from "seedstorm";
import { prefixOf } from "../storage/keys.js";
import { look, type NodeContext, transact } from "./context.js";
import { decodeEvent } from "./envelope.js";
import { RunnerFailure } from "./errors.js";
import { GOALS } from "./goals.js";
import { allOf } from "./keys.js";
import type { Manifests } from "./manifest.js";
import type { Ownership } from "./ownership.js";
import { partOf, type ReplayRecord } from "./records.js";
import type { TriggerRole } from "./saga-worker.js";
import { addressOf, tenantFilter } from "./subjects.js";
import { transition } from "./transition.js";
import type { AdminReply } from "./wire.js";

export interface ReplayRequest {
  readonly tenant: string;
  readonly saga: string;
  readonly stream: TriggerRole;
  /** Everything above this sequence is fed again. */
  readonly after: number;
  /** The highest checkpoint, as the operator read it. */
  readonly expected: number;
  readonly intent: string;
  /** Said by somebody who means more than `MOST_WITHOUT_SAYING` messages. */
  readonly all?: boolean;
}

const MOST_WITHOUT_SAYING = 50;
const POLL: Micros = 700 * MILLISECOND;
const BATCH = 8;

/** Highest checkpoint of a tenant's saga in a stream. */
export async function checkpointOf(
  context: NodeContext,
  tenant: string,
  saga: string,
  stream: string,
): Promise<{ readonly keys: readonly string[]; readonly highest: number } | undefined> {
  const prefix = prefixOf("checkpoint", tenant, saga, stream);
  const found = await look(context, (transaction) => transaction.scanPrefix(prefix));
  if (!found.ok) return undefined;
  const highest = found.value.reduce((most, { value }) => Math.max(most, Number(value)), 0);
  return { keys: found.value.map(({ key }) => key), highest };
}

export async function requestReplay(
  context: NodeContext,
  manifests: Manifests,
  request: ReplayRequest,
): Promise<AdminReply> {
  const { keys, settings, host, broker } = context;
  const { tenant, saga, stream: role, after, expected, intent, all = false } = request;
  const refuse = (reason: string, body: { readonly [name: string]: Json } = {}): AdminReply => {
    host.reached(GOALS.replayRefused);
    return { status: 409, body: { reason, ...body } };
  };
  if (intent.trim() === "") return refuse("say what it is for");
  if (!manifests.sagas.some(({ name }) => name === saga)) return refuse(`there is no saga "${saga}"`);
  const stream = settings.streams[role];
  const found = await checkpointOf(context, tenant, saga, stream);
  const state = await broker.streamState(stream);
  if (found === undefined || state.status !== "ok") return { status: 503, body: { reason: "unavailable" } };
  if (found.highest !== expected && !host.defect("replay-unguarded"))
    return refuse(`the checkpoint is ${found.highest}, not ${expected}`, { checkpoint: found.highest });
  if (found.highest - after > MOST_WITHOUT_SAYING && !all && !host.defect("replay-unguarded"))
    return refuse(`that is more than ${MOST_WITHOUT_SAYING} messages; say so if you mean it`);
  const record: ReplayRecord = {
    tenant,
    saga,
    stream: role,
    after,
    upTo: state.value.lastSequence,
    intent,
    expected,
    found: found.highest,
    all,
    part: partOf(tenant, saga, settings.spread.parts),
  };
  const asked = await transact(context, async (transaction) => {
    for (const key of found.keys) if (Number(await transaction.get(key)) > after) transaction.put(key, after);
    transaction.put(keys.replay(tenant, saga, role), record as unknown as Json);
  });
  if (!asked.ok) return { status: 503, body: { reason: asked.error.reason } };
  host.record({ kind: "operator", operation: "replay", detail: { tenant, saga, stream, after, intent } });
  return { status: 202, body: { upTo: record.upTo } };
}

/** Carries out the replays of this node's parts. */
export class Replayer {
  readonly #context: NodeContext;
  readonly #ownership: Ownership;
  readonly #manifests: () => Manifests;
  #stopped = false;

  constructor(context: NodeContext, ownership: Ownership, manifests: () => Manifests) {
    this.#context = context;
    this.#ownership = ownership;
    this.#manifests = manifests;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    const { host } = this.#context;
    while (!this.#stopped) {
      await host.sleep(POLL);
      const found = await look(this.#context, (transaction) => transaction.scanPrefix(allOf("replay")));
      const records = found.ok ? found.value.map(({ value }) => value as unknown as ReplayRecord) : []; // only such are put
      for (const record of records) {
        if (this.#ownership.parts.includes(record.part) && !this.#stopped) await this.#replay(record);
      }
    }
  }

  /** One batch of it. */
  async #replay(record: ReplayRecord): Promise<void> {
    const { broker, host, settings, keys } = this.#context;
    const { tenant, saga, stream: role, after, upTo } = record;
    const stream = settings.streams[role];
    const filter = tenantFilter(role, tenant, settings.spread);
    const read = await broker.readStream(stream, { after, limit: BATCH, filter });
    if (read.status !== "ok") return;
    const messages = read.value.filter(({ sequence }) => sequence <= upTo);
    for (const { subject, data, headers, sequence } of messages) {
      const address = addressOf(subject);
      if (address === undefined) continue;
      const name = `${stream}/${sequence}`;
      host.record({
        kind: "state",
        entity: "replay",
        name,
        from: "read",
        to: "fed",
        detail: { tenant, saga },
      });
      if (!(await this.#feed(record, address.range, address.lane, { data, headers, sequence, stream })))
        return;
    }
    const last = messages[messages.length - 1]?.sequence ?? upTo;
    const key = keys.replay(tenant, saga, role);
    await transact(this.#context, async (transaction) => {
      const found = (await transaction.get(key)) as unknown as ReplayRecord | undefined; // only such are put
      // an operator has asked anew meanwhile
      if (JSON.stringify(found) !== JSON.stringify(record)) return;
      if (messages.length < BATCH || last >= upTo) transaction.delete(key);
      else {
        const next = host.defect("replay-skips-a-message") ? last + 1 : last;
        transaction.put(key, { ...record, after: next } as unknown as Json);
      }
    });
  }

  /** False: to be tried again. */
  async #feed(
    { tenant, saga: name, stream: role }: ReplayRecord,
    range: number,
    lane: number,
    message: {
      readonly data: Json;
      readonly headers: Readonly<Record<string, string>>;
      readonly sequence: number;
      readonly stream: string;
    },
  ): Promise<boolean> {
    const { host, keys } = this.#context;
    const saga = this.#manifests().sagas.find((each) => each.name === name);
    if (saga === undefined) return true;
    const { sequence, stream } = message;
    try {
      const event = decodeEvent(message.data, message.headers, tenant);
      const triggers = saga.triggers.some((each) => each.stream === role && each.types.includes(event.type));
      if (!triggers) return true;
      const at = { stream, lane: `${range}.${lane}`, sequence };
      // it goes through the stream in order, whatever others have under way
      const position = { ...at, watermark: sequence, by: "replay" } as const;
      const done = await transition(this.#context, this.#manifests(), saga, event, position);
      if (!done.ok) return false;
      if (done.value === "skipped") return true;
      const key = keys.quarantine(tenant, stream, sequence);
      const released = await transact(this.#context, async (transaction) => {
        const wasThere = (await transaction.get(key)) !== undefined;
        if (wasThere) transaction.delete(key);
        return wasThere;
      });
      if (released.ok && released.value) host.reached(GOALS.replayed);
      return released.ok;
    } catch (error) {
      if (error instanceof RunnerFailure) return true; // it stays in quarantine
      throw error;
    }
  }
}
