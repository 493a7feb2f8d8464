/**
 * What the brokers hold, worked out from what they wrote: streams, messages and why they went, consumers and each message's
 * state with each of them.
 *
 * Every replica records what it applied at an index; the first one that does is believed, and that they all agree is what
 * the properties of replication check. What clients are told is compared with this.
 */
import type { EventOf, Json, Micros } from "seedstorm";
import { type Check, ensure, fields, text, type ViewKind, whole } from "seedstorm/check";
import type { ConsumerConfig, StreamConfig } from "../config.js";
import { isFor } from "./pattern.js";

export type DurableEvent = EventOf<"durable">;

export interface MessageState {
  readonly sequence: number;
  readonly subject: string;
  readonly id: string;
  readonly digest: number;
  readonly bytes: number;
  readonly deletes: boolean;
  /** By the broker's own time. */
  readonly at: Micros;
  readonly event: DurableEvent;
  removed: { readonly why: string; readonly event: DurableEvent } | undefined;
}

export interface DeliveryState {
  readonly sequence: number;
  readonly state: string;
  /** Deliveries so far. */
  readonly count: number;
  /** By the broker's own time: when this was written, and when it is due to be delivered again. */
  readonly at: Micros;
  readonly due: Micros;
  /** Who was given it: a client, or a member of a push consumer. Empty for what is no delivery. */
  readonly to: string;
  readonly event: DurableEvent;
}

export interface ConsumerModel {
  readonly stream: StreamModel;
  readonly config: ConsumerConfig;
  readonly from: number;
  readonly deliveries: Map<number, DeliveryState>;
  /** The last message that it was given for the first time. */
  highest: number;
  readonly event: DurableEvent;
}

export interface StreamModel {
  config: StreamConfig;
  readonly instance: string;
  readonly group: string;
  readonly messages: Map<number, MessageState>;
  readonly consumers: Map<string, ConsumerModel>;
  readonly event: DurableEvent;
  kept: number;
  bytes: number;
  last: number;
}

export type Change =
  | { readonly of: "stream"; readonly before: StreamModel | undefined; readonly after: StreamModel }
  /** Its configuration is another one. */
  | { readonly of: "update"; readonly stream: StreamModel; readonly event: DurableEvent }
  | { readonly of: "deletion"; readonly stream: StreamModel; readonly event: DurableEvent }
  | {
      readonly of: "message";
      readonly stream: StreamModel;
      /** What stood there before under the same sequence. */
      readonly before: MessageState | undefined;
      readonly message: MessageState;
    }
  | { readonly of: "removal"; readonly stream: StreamModel; readonly message: MessageState }
  /** It is there from now on, or no longer. */
  | { readonly of: "consumer"; readonly consumer: ConsumerModel }
  | DeliveryChange;

export interface DeliveryChange {
  readonly of: "delivery";
  readonly consumer: ConsumerModel;
  readonly before: DeliveryState | undefined;
  readonly after: DeliveryState;
}

export interface BrokerState extends Check {
  readonly streams: ReadonlyMap<string, StreamModel>;
  /** What the current event changed; empty when another replica wrote the same before. */
  readonly changes: readonly Change[];
  /** Of these, the deliveries that were made. */
  readonly made: readonly DeliveryChange[];
  /** The broker's time in a group, as of what was written there last. */
  now(group: string): Micros;
}

const DONE: ReadonlySet<string> = new Set(["acked", "terminated", "given-up"]);

/** No more deliveries will come. */
export function isOver({ state }: DeliveryState): boolean {
  return DONE.has(state);
}

/** Whether a consumer should be given a message. */
export function isWanted({ config, from }: ConsumerModel, { subject, sequence }: MessageState): boolean {
  return sequence >= from && isFor(config, subject);
}

/** What it has still to be given for the first time, in order. */
export function* stillToCome(consumer: ConsumerModel): Generator<MessageState> {
  const { stream, from, highest } = consumer;
  for (let at = Math.max(from, highest + 1); at <= stream.last; at++) {
    const message = stream.messages.get(at);
    if (message !== undefined && message.removed === undefined && isWanted(consumer, message)) yield message;
  }
}

export const brokerState: ViewKind<BrokerState> = {
  subscribes: ["durable"],
  start() {
    const streams = new Map<string, StreamModel>();
    const applied = new Map<string, number>();
    const times = new Map<string, Micros>();
    let changes: Change[] = [];
    let made: DeliveryChange[] = [];

    function deleteStream(name: string, event: DurableEvent): void {
      const stream = streams.get(name);
      if (stream === undefined) return;
      streams.delete(name);
      changes.push({ of: "deletion", stream, event });
    }

    function createStream(name: string, group: string, value: Json, event: DurableEvent): void {
      const content = value as unknown as { readonly config: StreamConfig; readonly instance: string }; // as written
      const before = streams.get(name);
      if (before?.instance === content.instance) {
        before.config = content.config;
        changes.push({ of: "update", stream: before, event });
        return;
      }
      const after: StreamModel = {
        ...content,
        group,
        messages: new Map(),
        consumers: new Map(),
        event,
        kept: 0,
        bytes: 0,
        last: 0,
      };
      streams.set(name, after);
      changes.push({ of: "stream", before, after });
    }

    function message(stream: StreamModel, sequence: number, value: Json, event: DurableEvent): void {
      const removed = text(value, "removed");
      const before = stream.messages.get(sequence);
      if (removed !== "") {
        if (before === undefined || before.removed !== undefined) return;
        before.removed = { why: removed, event };
        stream.kept--;
        stream.bytes -= before.bytes;
        changes.push({ of: "removal", stream, message: before });
        return;
      }
      const content = {
        sequence,
        subject: text(value, "subject"),
        id: text(value, "id"),
        digest: whole(value, "digest") ?? 0,
        bytes: whole(value, "bytes") ?? 0,
        deletes: fields(value)?.deletes === true,
        at: whole(value, "at") ?? 0,
        event,
        removed: undefined,
      };
      stream.messages.set(sequence, content);
      stream.kept++;
      stream.bytes += content.bytes;
      stream.last = Math.max(stream.last, sequence);
      changes.push({ of: "message", stream, before, message: content });
    }

    function delivery(consumer: ConsumerModel, sequence: number, value: Json, event: DurableEvent): void {
      const before = consumer.deliveries.get(sequence);
      const after: DeliveryState = {
        sequence,
        state: text(value, "state"),
        count: whole(value, "count") ?? before?.count ?? 0,
        at: whole(value, "at") ?? 0,
        due: whole(value, "due") ?? 0,
        to: text(value, "to"),
        event,
      };
      consumer.deliveries.set(sequence, after);
      consumer.highest = Math.max(consumer.highest, sequence);
      const change: DeliveryChange = { of: "delivery", consumer, before, after };
      changes.push(change);
      if (after.state === "delivered") made.push(change);
    }

    function write(group: string, key: string, value: Json, event: DurableEvent): void {
      const [name = "", kind, third = "", fourth] = key.split("/");
      if (kind === undefined) {
        if (value === null) deleteStream(name, event);
        else createStream(name, group, value, event);
        return;
      }
      const stream = streams.get(name);
      if (stream === undefined || stream.group !== group) return;
      times.set(group, Math.max(times.get(group) ?? 0, whole(value, "at") ?? 0));
      if (kind === "m") {
        message(stream, Number(third), value, event);
        return;
      }
      if (fourth === undefined) {
        const before = stream.consumers.get(third);
        if (value === null) {
          stream.consumers.delete(third);
          if (before !== undefined) changes.push({ of: "consumer", consumer: before });
          return;
        }
        const content = value as unknown as { readonly config: ConsumerConfig; readonly next: number }; // as written
        const { config, next: from } = content;
        const consumer: ConsumerModel = { stream, config, from, deliveries: new Map(), highest: 0, event };
        stream.consumers.set(third, consumer);
        changes.push({ of: "consumer", consumer });
        return;
      }
      const consumer = stream.consumers.get(third);
      if (consumer !== undefined) delivery(consumer, Number(fourth), value, event);
    }

    return {
      streams,
      get changes() {
        return changes;
      },
      get made() {
        return made;
      },
      now: (group) => times.get(group) ?? 0,
      on(event) {
        changes = [];
        made = [];
        if (event.kind !== "durable") return;
        const at = event.store.indexOf("@");
        const group = event.store.slice(0, at);
        // What a snapshot brought was applied elsewhere before.
        if (!(group === "broker" || group.startsWith("broker.")) || event.writes[0]?.key === "snapshot")
          return;
        if (event.txn <= ensure(applied, group, () => 0)) return;
        applied.set(group, event.txn);
        for (const { key, value } of event.writes) write(group, key, value, event);
      },
    };
  },
};
