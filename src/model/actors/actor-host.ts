/**
 * The world as an actor has it: the host's, for as long as the actor lives.
 *
 * A handler can't be taken off the stack when its actor is killed in the midst of it. So it is made deaf and mute instead, as a
 * crashed host's code is: what it awaits never resumes, what it sends is not sent, what it records is not recorded. What
 * it had asked of others before may be done all the same.
 */
import type {
  Disk,
  Domain,
  ExternalReply,
  Fact,
  Host,
  HostClock,
  Json,
  KnobValue,
  Message,
  Micros,
  Random,
  Rpc,
  TimedOut,
  Timer,
} from "seedstorm";

const NEVER: Promise<never> = new Promise(() => {});
const DEAD_TIMER: Timer = { cancel: () => {} };

export class ActorHost implements Host {
  /** Set once the actor has ended. */
  ended = false;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get id(): string {
    return this.#host.id;
  }

  get domain(): Domain {
    return this.#host.domain;
  }

  get role(): string {
    return this.#host.role;
  }

  get incarnation(): number {
    return this.#host.incarnation;
  }

  get clock(): HostClock {
    return this.#host.clock;
  }

  get random(): Random {
    return this.#host.random;
  }

  get disk(): Disk {
    return this.#host.disk;
  }

  get knobs(): Readonly<Record<string, KnobValue>> {
    return this.#host.knobs;
  }

  /** What the promise comes to, if the actor lives to hear of it; pending for ever otherwise. */
  whileAlive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          if (!this.ended || this.#host.defect("killed-handler-goes-on")) resolve(value);
        },
        (error) => {
          if (!this.ended) reject(error);
        },
      );
    });
  }

  send<B>(message: Message<B>, to: string, body: B, bytes?: number): void {
    if (!this.ended) this.#host.send(message, to, body, bytes);
  }

  onMessage<B>(message: Message<B>, handler: (body: B, from: string) => void): void {
    if (this.ended) return;
    this.#host.onMessage(message, (body, from) => {
      if (!this.ended) handler(body, from);
    });
  }

  request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros, bytes?: number): Promise<R | TimedOut> {
    if (this.ended) return NEVER;
    return this.whileAlive(this.#host.request(rpc, to, body, timeout, bytes));
  }

  onRequest<Q, R>(rpc: Rpc<Q, R>, handler: (body: Q, from: string) => R | Promise<R>): void {
    if (this.ended) return;
    this.#host.onRequest(rpc, (body, from) => {
      if (this.ended) return NEVER;
      const reply = handler(body, from);
      return reply instanceof Promise ? this.whileAlive(reply) : reply;
    });
  }

  call<R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> {
    if (this.ended && !this.#host.defect("killed-handler-goes-on")) return NEVER;
    return this.whileAlive(this.#host.call<R>(service, operation, token, body, timeout));
  }

  resolvesNames(): boolean {
    return this.#host.resolvesNames();
  }

  onConnectionReset(handler: (peer: string) => void): void {
    this.#host.onConnectionReset((peer) => {
      if (!this.ended) handler(peer);
    });
  }

  exit(reason: string): never {
    return this.#host.exit(reason);
  }

  sleep(duration: Micros): Promise<void> {
    return this.ended ? NEVER : this.whileAlive(this.#host.sleep(duration));
  }

  after(delay: Micros, action: () => void): Timer {
    if (this.ended) return DEAD_TIMER;
    return this.#host.after(delay, () => {
      if (!this.ended) action();
    });
  }

  record(fact: Fact): void {
    if (!this.ended) this.#host.record(fact);
  }

  reached(goal: string): void {
    if (!this.ended) this.#host.reached(goal);
  }

  buggify(point: string): boolean {
    return !this.ended && this.#host.buggify(point);
  }

  defect(id: string): boolean {
    return this.#host.defect(id);
  }
}
