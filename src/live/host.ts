/**
 * A `Host` over a real process of a drill: messages over local sockets, facts in a journal, a disk in the drill's folder. The
 * code that runs on it is the one that runs in the simulation, unchanged. Its clocks count from the start of the drill.
 */
import { join } from "node:path";
import type { Fact } from "../sim/history.js";
import { type ExternalReply, type Message, type Rpc, TIMED_OUT, type TimedOut } from "../sim/host.js";
import type { HostSpec, Json, Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { JournalWriter } from "./journal.js";
import { type ExternalCall, ProcessHost } from "./process-host.js";
import { listenAs, Peers, type WireMessage } from "./wire.js";

/** The process that stands for all services outside. */
export const OUTSIDE = "outside";
/** How a call of a service outside goes over the wire. */
export const CALL = "external call";

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

  async request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros): Promise<R | TimedOut> {
    return (await this.#ask(rpc.name, to, body as Json, timeout)) as R | TimedOut; // as the handler of this name answers
  }

  record(fact: Fact): void {
    this.#options.journal.record(this.id, fact);
  }

  protected async reach<R>(call: ExternalCall, timeout: Micros): Promise<ExternalReply<R> | TimedOut> {
    const answer = await this.#ask(CALL, OUTSIDE, call as unknown as Json, timeout); // plain data
    return answer as unknown as ExternalReply<R> | TimedOut; // as the outside answers
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
    if (message.kind === "send") this.messageHandlers.get(message.name)?.(message.body, message.from);
    else if (message.kind === "request") void this.#answer(message, reply);
  }

  /** What a handler throws is nobody's to catch: it ends the process, as it fails a run of the simulation. */
  async #answer(
    { name, body, from }: WireMessage & { readonly kind: "request" },
    reply: (body: Json) => void,
  ): Promise<void> {
    const handler = this.requestHandlers.get(name);
    if (handler !== undefined) reply(await handler(body, from));
  }
}
