/**
 * The one door: what code under test sees of the world, and all that it sees.
 *
 * A `Host` is one incarnation of one machine. When the machine crashes, its incarnation is over for good:
 * timers never fire, awaits never resume (no `finally` runs, as under `kill -9`), calls on the old object do
 * nothing. `boot` is then run again with a new `Host` and with what the disk kept.
 */
import type { CivilTime } from "./civil.js";
import { codeOf } from "./codes.js";
import type { Disk } from "./disk.js";
import type { Fact } from "./history.js";
import type { Random } from "./random.js";
import type { Domain, Json, KnobValue } from "./spec.js";
import type { Micros } from "./time.js";

/**
 * The answer to a request that got none in time, or whose connection was reset first. Whether the other side acted on it is unknown.
 */
export const TIMED_OUT: unique symbol = Symbol("timed out");
export type TimedOut = typeof TIMED_OUT;

declare const bodyType: unique symbol;
declare const replyType: unique symbol;

/** The name of a one-way message, and the type of its body. Made by `message`. */
export interface Message<B> {
  readonly name: string;
  readonly code: number;
  readonly [bodyType]?: B;
}

/** The name of a request, and the types of its body and of its reply. Made by `rpc`. */
export interface Rpc<Q, R> {
  readonly name: string;
  readonly code: number;
  readonly [bodyType]?: Q;
  readonly [replyType]?: R;
}

/** Declares a one-way message. Bodies are data; they are handed over by reference and must never be changed after. */
export function message<B>(name: string): Message<B> {
  return { name, code: codeOf(name) };
}

/** Declares a request. Bodies and replies are handed over by reference and must never be changed after. */
export function rpc<Q, R>(name: string): Rpc<Q, R> {
  return { name, code: codeOf(name) };
}

export interface Timer {
  /** The timer will not fire; harmless when it has. */
  cancel(): void;
}

export interface HostClock {
  /** Wall-clock time in microseconds since the universe began, as this host believes it: offset, drift, jumps and all. */
  now(): Micros;
  /** Microseconds since some point; never goes back, but drifts and may stand still. Timers run on it. */
  monotonic(): Micros;
  /** The wall clock in microseconds since 1970; wrong as `now` is. */
  unix(): Micros;
  /** What calendar and clock show in this host's time zone, by its wall clock. */
  local(): CivilTime;
}

/** What an external service answered. */
export type ExternalReply<R> = { readonly ok: true; readonly value: R } | ExternalError;

/** An external service refused a call, or the connection to it broke. */
export interface ExternalError {
  readonly ok: false;
  readonly error: string;
  /** An HTTP status, where the service answers with one: 400 to 499 is the caller's fault, from 500 on the service's. */
  readonly status?: number;
  /** With status 429: how long to wait before the next call. Microseconds. */
  readonly retryAfter?: Micros;
  /** The connection was reset: whether the call was applied is unknown, as after a time-out. */
  readonly unknown?: true;
}

export interface Host {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
  /** 1 on the first boot, one more after every crash. */
  readonly incarnation: number;
  readonly clock: HostClock;
  /** A stream of this host's own. */
  readonly random: Random;
  readonly disk: Disk;
  readonly knobs: Readonly<Record<string, KnobValue>>;

  /**
   * Sends and forgets. `bytes` is what it takes of the link's bandwidth, 256 by default; `connection` is for protocols that open
   * several between two machines.
   */
  send<B>(
    message: Message<B>,
    to: string,
    body: B,
    bytes?: number,
    connection?: { readonly id: number; readonly opens: boolean },
  ): void;
  onMessage<B>(message: Message<B>, handler: (body: B, from: string) => void): void;
  /** Asks and waits at most `timeout` by this host's clock. A time-out is a value, not an exception. */
  request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros, bytes?: number): Promise<R | TimedOut>;
  /** One handler a request name. An exception or a rejection in it is a defect: it fails the run and names this host. */
  onRequest<Q, R>(rpc: Rpc<Q, R>, handler: (body: Q, from: string) => R | Promise<R>): void;
  /** Calls an external service. The token is what the service may use to recognise a repeated call. */
  call<R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut>;

  /** Resumes after `duration` of this host's monotonic clock. */
  /** Whether names can be resolved: without, only machines can be reached to which there is a connection. */
  resolvesNames(): boolean;
  /** Called when connections with a machine were reset: for protocols that keep several of their own. */
  onConnectionReset(handler: (peer: string) => void): void;
  /**
   * Ends this process: nothing after it runs, what is written stays written, and it is started again where the plan says so
   * (`restarts`). Elsewhere that is a failure of the run.
   */
  exit(reason: string): never;

  sleep(duration: Micros): Promise<void>;
  after(delay: Micros, action: () => void): Timer;

  /** Writes a fact into the history. */
  record(fact: Fact): void;
  /** Counts a goal that campaigns should reach: short for `record({ kind: "goal", goal })`, once for each goal and host. */
  reached(goal: string): void;
  /** True now and then, at points where trouble is welcome: activated for a quarter of the runs, then a quarter of the time. */
  buggify(point: string): boolean;
  /** Whether a planted defect is switched on. Stands where the protection stands. */
  defect(id: string): boolean;
}
