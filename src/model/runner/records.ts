/** What the runner keeps in the store, by namespace, and what identifies it. */
import { type Json, type Micros, sha256 } from "seedstorm";
import type { EffectCommand, Metadata } from "./envelope.js";
import { hashOf } from "./subjects.js";

/** The names of the nodes' store and of the gateway's in the history, before the `@` and the host. */
export const RUNNER_STORE = "runner";
export const GATEWAY_STORE = "aggregates";

type Fields = { readonly [name: string]: Json };

/** What a saga's own program says that its state is; the runner knows when it has ended. */
export type SagaStatus = "running" | "completed" | "compensated";

/** Whose record it is. The key says so too; that they agree is what keeps tenants apart. */
interface InstanceId {
  readonly tenant: string;
  readonly saga: string;
  readonly correlation: string;
}

export interface SagaRecord extends InstanceId {
  readonly state: Fields;
  readonly status: SagaStatus;
  /** Work items so far: their order. */
  readonly emitted: number;
  readonly transitions: number;
}

export interface CommandBody {
  readonly aggregate: string;
  readonly id: string;
  readonly command: string;
  readonly payload: Fields;
}
export interface EffectBody {
  readonly effect: string;
  readonly payload: Fields;
}
export interface FactBody {
  readonly type: string;
  readonly eventId: string;
  readonly payload: Fields;
}

export type Work =
  | { readonly kind: "command"; readonly body: CommandBody }
  | { readonly kind: "effect"; readonly body: EffectBody }
  /** Something that sagas are told. */
  | { readonly kind: "fact"; readonly body: FactBody };

export type OutboxItem = Work & {
  readonly workId: string;
  readonly tenant: string;
  readonly saga: string;
  readonly metadata: Metadata;
  /** The event whose transition emitted it. */
  readonly eventId: string;
  /** Place among the work of its instance: what goes to one target goes in this order. */
  readonly ordinal: number;
  readonly part: number;
  readonly tries: number;
};

export interface ScheduleRecord {
  readonly tenant: string;
  readonly saga: string;
  readonly timer: string;
  readonly due: Micros;
  readonly after: Micros;
  readonly metadata: Metadata;
  readonly part: number;
}

export interface DedupeRecord extends InstanceId {
  readonly eventId: string;
  readonly stream: string;
  readonly lane: string;
  readonly sequence: number;
  readonly node: string;
  readonly by: "delivery" | "replay";
  /** Which program moved the saga, and why the one in whose place it ran has failed: empty for most. */
  readonly program: string;
  readonly programDigest: string;
  readonly failed: string;
  /** How many timers its transition has set. */
  readonly timers: number;
  /** The names of the timers that it has cancelled. */
  readonly cancels: readonly string[];
  /** A digest of what went in and of what came out. */
  readonly input: string;
  readonly output: string;
}

/**
 * The gate of one effect command. Each time that it is put off it comes back in a message of the next round; `tries` counts
 * the calls of its provider.
 */
export type EffectRecord =
  /** A worker is at it. `heartbeat` goes up while that worker lives. */
  | {
      readonly phase: "running";
      readonly round: number;
      readonly tries: number;
      readonly holder: string;
      readonly heartbeat: number;
    }
  /** It failed, or its provider is being spared, and this round comes at its due time. */
  | { readonly phase: "waiting"; readonly round: number; readonly tries: number }
  | {
      readonly phase: "done";
      readonly round: number;
      readonly resultType: string;
      readonly payload: Fields;
      readonly timestamp: Micros;
    };

export interface RetryRecord {
  readonly command: EffectCommand;
  readonly round: number;
  readonly part: number;
}

export interface QuarantineRecord {
  readonly stream: string;
  readonly consumer: string;
  readonly sequence: number;
  readonly subject: string;
  readonly reason: string;
  readonly deliveries: number;
  /** Which sagas could not process it; empty for all. */
  readonly sagas: readonly string[];
  /** As far as it could be read. */
  readonly eventId: string;
  readonly correlation: string;
}

export interface LeaseRecord {
  /** Empty when nobody has it. */
  readonly holder: string;
  readonly epoch: number;
  /** Goes up while the holder lives. */
  readonly heartbeat: number;
  /** The part's own time: what has passed on the holders' monotonic clocks, one after the other. */
  readonly time: Micros;
  /** Who asks for it, having less to do. */
  readonly wanted: string;
}

/** An event that sagas are fed once more, by an operator's intent. */
export interface ReplayRecord {
  readonly tenant: string;
  readonly saga: string;
  readonly stream: "events" | "facts";
  /** Everything above this … */
  readonly after: number;
  /** … up to this. */
  readonly upTo: number;
  readonly intent: string;
  /** The checkpoint as the operator believed it to be, and as it was. */
  readonly expected: number;
  readonly found: number;
  /** Whether the operator said that he meant all of them. */
  readonly all: boolean;
  readonly part: number;
}

/** A part of all instances. */
export const partOf = (tenant: string, correlation: string, parts: number): number =>
  hashOf("part", tenant, correlation) % parts;

export const digest = (value: Json): string => sha256(JSON.stringify(value)).slice(0, 16);

/** The same event gives the same work ids, however often and wherever it is processed. */
export const workIdOf = (tenant: string, saga: string, eventId: string, index: number): string =>
  sha256(JSON.stringify([tenant, saga, eventId, index])).slice(0, 24);
