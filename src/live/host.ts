/**
 * A `Host` over a real process: real clocks, real timers, messages over local sockets. The code that runs on it is the one
 * that runs in the simulation, unchanged.
 *
 * Its clocks count from the drill's begin and are the machine's monotonic clock, so that nobody's wall clock is believed. Its disk
 * is a folder of the drill's, and outlives its processes. What it leaves out: points where trouble is welcome, which stay quiet.
 */
import { join } from "node:path";
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
import type { JournalWriter } from "./journal.js";
import { listenAs, Peers, type WireMessage } from "./wire.js";

/** The process that stands for all services outside. */
export const OUTSIDE = "outside";
/** How a call of a service outside goes over the wire. */
export const CALL = "external call";

/** A call as it goes over the wire. */
export interface WireCall {
  readonly service: string;
  readonly operation: string;
  readonly token: string;
  readonly body: Json;
}

export interface LiveHostOptions {
  readonly spec: HostSpec;
  readonly incarnation: number;
  readonly plan: Plan;
  /** The drill's folder. */
  readonly folder: string;
  /** When the drill began, on the machine's monotonic clock, in nanoseconds. */
  readonly base: bigint;
  readonly journal: JournalWriter;
}

const MICROS_PER_MS = 1000;

export class LiveHost implements Host {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
  readonly incarnation: number;
  readonly clock: HostClock;
  readonly random: Random;
  readonly knobs: Plan["knobs"];
  readonly #options: LiveHostOptions;
  readonly #defects: ReadonlySet<string>;
  readonly #peers: Peers;
  readonly #onMessage = new Map<string, (body: Json, from: string) => void>();
  readonly #onRequest = new Map<string, (body: Json, from: string) => Json | Promise<Json>>();
  readonly #waiting = new Map<number, (body: Json | TimedOut) => void>();
  readonly #goals = new Set<string>();
  #requests = 0;
  #disk: FolderDisk | undefined;

  constructor(options: LiveHostOptions) {
    const { spec, incarnation, plan, folder, base } = options;
    this.#options = options;
    this.id = spec.id;
    this.domain = spec.domain;
    this.role = spec.role;
    this.incarnation = incarnation;
    this.knobs = plan.knobs;
    this.random = new Random(`${plan.seed}/${spec.id}#${incarnation}`);
    this.#defects = new Set(plan.defects);
    const now = (): Micros => Number((process.hrtime.bigint() - base) / 1000n);
    const unix = (): Micros => Date.now() * MICROS_PER_MS;
    this.clock = { now, monotonic: now, unix, local: () => civilTime(unix(), "UTC") };
    this.#peers = new Peers(folder, (n, body) => this.#waiting.get(n)?.(body));
  }

  get disk(): Disk {
    const { folder } = this.#options;
    this.#disk ??= new FolderDisk(join(folder, "disks", encodeURIComponent(this.id)));
    return this.#disk;
  }

  /** From now on others are heard. */
  listen(): Promise<void> {
    return listenAs(this.#options.folder, this.id, (message, reply) => this.#receive(message, reply));
  }

  send<B>(message: Message<B>, to: string, body: B): void {
    this.#peers.write(to, { kind: "send", name: message.name, from: this.id, body: body as Json }); // bodies are plain data
  }

  onMessage<B>(message: Message<B>, handler: (body: B, from: string) => void): void {
    this.#onMessage.set(message.name, (body, from) => handler(body as B, from)); // as `send` of this name sent it
  }

  async request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros): Promise<R | TimedOut> {
    return (await this.#ask(rpc.name, to, body as Json, timeout)) as R | TimedOut; // as the handler of this name answers
  }

  onRequest<Q, R>(rpc: Rpc<Q, R>, handler: (body: Q, from: string) => R | Promise<R>): void {
    this.#onRequest.set(rpc.name, (body, from) => handler(body as Q, from) as Json | Promise<Json>); // plain data, both ways
  }

  async call<R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> {
    this.record({ kind: "external", phase: "attempt", service, operation, token, value: body });
    const call: WireCall = { service, operation, token, body };
    const answer = await this.#ask(CALL, OUTSIDE, call as unknown as Json, timeout); // plain data
    if (answer === TIMED_OUT) return TIMED_OUT;
    const reply = answer as unknown as ExternalReply<R>; // as the outside answers
    const value = reply.ok ? (reply.value as Json) : { error: reply.error };
    this.record({ kind: "external", phase: "reply", service, operation, token, value });
    return reply;
  }

  resolvesNames(): boolean {
    return true;
  }

  /** Nobody keeps connections of his own here: those of this host are made anew when they break. */
  onConnectionReset(): void {}

  /** Nobody starts it again: a process that ends by itself fails the drill. */
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

  record(fact: Fact): void {
    this.#options.journal.record(this.id, fact);
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

  #ask(name: string, to: string, body: Json, timeout: Micros): Promise<Json | TimedOut> {
    this.#requests += 1;
    const n = this.#requests;
    return new Promise((resolve) => {
      const settle = (answer: Json | TimedOut): void => {
        clearTimeout(timer);
        this.#waiting.delete(n);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(TIMED_OUT), Math.max(0, timeout / MICROS_PER_MS));
      this.#waiting.set(n, settle);
      this.#peers.write(to, { kind: "request", n, name, from: this.id, body });
    });
  }

  #receive(message: WireMessage, reply: (body: Json) => void): void {
    if (message.kind === "send") this.#onMessage.get(message.name)?.(message.body, message.from);
    else if (message.kind === "request") void this.#answer(message, reply);
  }

  /** What a handler throws is nobody's to catch: it ends the process, as it fails a run of the simulation. */
  async #answer(
    { name, body, from }: WireMessage & { readonly kind: "request" },
    reply: (body: Json) => void,
  ): Promise<void> {
    const handler = this.#onRequest.get(name);
    if (handler !== undefined) reply(await handler(body, from));
  }
}
