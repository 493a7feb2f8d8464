/**
 * What every `Host` over a real process has in common: its clocks, its timers, its disk, its facts. How it reaches others, and
 * is reached, is for its kinds to say.
 *
 * Its monotonic clock is the machine's, so that nobody's wall clock is believed. Its disk is a folder that outlives the
 * process. What it leaves out: buggify points, which never fire here, and a network's view of names and connections.
 */
import { civilTime } from "../sim/civil.js";
import type { Disk } from "../sim/disk.js";
import type { Fact } from "../sim/history.js";
import {
  type ExternalReply,
  type Host,
  type HostClock,
  type Message,
  type Rpc,
  TIMED_OUT,
  type TimedOut,
  type Timer,
} from "../sim/host.js";
import type { Domain, HostSpec, Json, Plan } from "../sim/plan.js";
import { Random } from "../sim/random.js";
import type { Micros } from "../sim/time.js";
import { FolderDisk } from "./folder-disk.js";

const MICROS_PER_MS = 1000;

export interface ProcessHostOptions {
  readonly spec: HostSpec;
  /** Tells the lives of a host apart. */
  readonly incarnation: number;
  /** Of its random numbers. */
  readonly seed: string;
  readonly knobs: Plan["knobs"];
  readonly defects: readonly string[];
  /** Where its disk's files are. */
  readonly disk: string;
  /** When its clock began, on the machine's monotonic clock, in nanoseconds. */
  readonly base: bigint;
}

/** A call of a service outside. */
export interface ExternalCall {
  readonly service: string;
  readonly operation: string;
  readonly token: string;
  readonly body: Json;
}

export abstract class ProcessHost implements Host {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
  readonly incarnation: number;
  readonly clock: HostClock;
  protected readonly messageHandlers = new Map<string, (body: Json, from: string) => void>();
  protected readonly requestHandlers = new Map<string, (body: Json, from: string) => Json | Promise<Json>>();
  readonly random: Random;
  readonly knobs: Plan["knobs"];
  readonly #defects: ReadonlySet<string>;
  readonly #folder: string;
  readonly #goals = new Set<string>();
  #disk: FolderDisk | undefined;

  constructor({ spec, incarnation, seed, knobs, defects, disk, base }: ProcessHostOptions) {
    this.id = spec.id;
    this.domain = spec.domain;
    this.role = spec.role;
    this.incarnation = incarnation;
    this.knobs = knobs;
    this.random = new Random(seed);
    this.#defects = new Set(defects);
    this.#folder = disk;
    const now = (): Micros => Number((process.hrtime.bigint() - base) / 1000n);
    const unix = (): Micros => Date.now() * MICROS_PER_MS;
    this.clock = { now, monotonic: now, unix, local: () => civilTime(unix(), "UTC") };
  }

  get disk(): Disk {
    this.#disk ??= new FolderDisk(this.#folder);
    return this.#disk;
  }

  abstract send<B>(message: Message<B>, to: string, body: B): void;
  abstract request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros): Promise<R | TimedOut>;
  abstract record(fact: Fact): void;

  /** Asks a service outside, and waits for it for so long. */
  protected abstract reach<R>(call: ExternalCall, timeout: Micros): Promise<ExternalReply<R> | TimedOut>;

  onMessage<B>(message: Message<B>, handler: (body: B, from: string) => void): void {
    this.messageHandlers.set(message.name, (body, from) => handler(body as B, from)); // as `send` of this name sent it
  }

  onRequest<Q, R>(rpc: Rpc<Q, R>, handler: (body: Q, from: string) => R | Promise<R>): void {
    this.requestHandlers.set(rpc.name, (body, from) => handler(body as Q, from) as Json | Promise<Json>); // plain data, both ways
  }

  async call<R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> {
    this.record({ kind: "external", phase: "attempt", service, operation, token, value: body });
    const reply = await this.reach<R>({ service, operation, token, body }, timeout);
    if (reply === TIMED_OUT) return TIMED_OUT;
    const value = reply.ok ? (reply.value as Json) : { error: reply.error };
    this.record({ kind: "external", phase: "reply", service, operation, token, value });
    return reply;
  }

  resolvesNames(): boolean {
    return true;
  }

  /** Nobody keeps connections of his own here: those of this host are made anew when they break. */
  onConnectionReset(): void {}

  /** Whoever started the process sees how it ended. */
  exit(reason: string): never {
    process.stderr.write(`${reason}\n`);
    process.exit(1);
  }

  sleep(duration: Micros): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, duration / MICROS_PER_MS));
    });
  }

  after(delay: Micros, action: () => void): Timer {
    const timer = setTimeout(action, Math.max(0, delay / MICROS_PER_MS));
    return { cancel: () => clearTimeout(timer) };
  }

  reached(goal: string): void {
    if (this.#goals.has(goal)) return;
    this.#goals.add(goal);
    this.record({ kind: "goal", goal });
  }

  buggify(): boolean {
    return false;
  }

  defect(id: string): boolean {
    return this.#defects.has(id);
  }
}
