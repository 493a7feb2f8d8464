/**
 * A `Host` over a real process of a drill: messages over local sockets, facts in a journal, a disk in the drill's folder. The code
 * that runs on it is the one that runs in the simulation, unchanged. Its clocks count from the drill's begin.
 */
import { join } from "node:path";
import type { Fact } from "../sim/history.js";
import { type ExternalReply, type Message, type Rpc, TIMED_OUT, type TimedOut } from "../sim/host.js";
import type { HostSpec, Json, Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { JournalWriter } from "./journal.js";
import { ProcessHost } from "./process-host.js";
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

export class LiveHost extends ProcessHost {
  readonly #options: LiveHostOptions;
  readonly #peers: Peers;
  readonly #onMessage = new Map<string, (body: Json, from: string) => void>();
  readonly #onRequest = new Map<string, (body: Json, from: string) => Json | Promise<Json>>();
  readonly #waiting = new Map<number, (body: Json | TimedOut) => void>();
  #requests = 0;

  constructor(options: LiveHostOptions) {
    const { spec, incarnation, plan, folder, base } = options;
    const { knobs, defects } = plan;
    super({
      ...{ spec, incarnation, knobs, defects, base },
      seed: `${plan.seed}/${spec.id}#${incarnation}`,
      disk: join(folder, "disks", encodeURIComponent(spec.id)),
    });
    this.#options = options;
    this.#peers = new Peers(folder, (n, body) => this.#waiting.get(n)?.(body));
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

  record(fact: Fact): void {
    this.#options.journal.record(this.id, fact);
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
