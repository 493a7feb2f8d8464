/**
 * The actors of one host: mailboxes, calls and casts, links and ends.
 *
 * A message is handled in a microtask of the event in which it was sent, or in which the one before it was
 * done: mailboxes cost no events. A call costs the timer of its time-out. The history gets starts and ends,
 * not messages.
 */
import type { Host, Micros, Timer } from "seedstorm";
import { invariant } from "../invariant.js";
import {
  type ActorContext,
  type ActorOptions,
  type ActorRef,
  type ActorSystem,
  type Behaviour,
  type CallError,
  type CallResult,
  type Detail,
  type Down,
  type ExitReason,
  Failure,
  inOrder,
  type Monitor,
  type Start,
  type Supervised,
} from "./actor.js";
import { ActorHost } from "./actor-host.js";
import { ENTITY, reasonAsJson, recordState } from "./facts.js";
import { GOALS } from "./goals.js";
import { Monitors } from "./monitors.js";
import { Queue } from "./queue.js";

export class Actors implements ActorSystem {
  readonly host: Host;
  readonly detail: Detail;
  readonly #started = new Map<string, number>();
  readonly #links = new Map<Supervised, Map<Supervised, Monitor>>();

  constructor(host: Host, options: { readonly detail?: Detail } = {}) {
    this.host = host;
    this.detail = options.detail ?? "full";
  }

  nextId(name: string): string {
    const number = (this.#started.get(name) ?? 0) + 1;
    this.#started.set(name, number);
    return `${name}/${number}`;
  }

  spawn<Q, R, C = never>(name: string, start: Start<Q, R, C>, options: ActorOptions = {}): ActorRef<Q, R, C> {
    return new Actor(this, this.nextId(name), start, options);
  }

  link(a: Supervised, b: Supervised): void {
    this.#carry(a, b);
    this.#carry(b, a);
  }

  unlink(a: Supervised, b: Supervised): void {
    this.#forget(a, b);
    this.#forget(b, a);
  }

  /** The end of `from` comes to `to`. */
  #carry(from: Supervised, to: Supervised): void {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    if (links.has(to)) return;
    const monitor = from.monitor((down) => {
      this.unlink(from, to);
      if (to instanceof Actor && to.trapsExits) to.trap(down);
      else if (!inOrder(down.reason)) to.exit({ kind: "linked", to: down.id });
    });
    if (from.alive) links.set(to, monitor);
  }

  #forget(from: Supervised, to: Supervised): void {
    const links = this.#links.get(from);
    links?.get(to)?.cancel();
    links?.delete(to);
    if (links?.size === 0) this.#links.delete(from);
  }
}

/** Who waits for the answer to a call. */
class Caller<R> {
  timer: Timer | undefined = undefined;
  readonly #resolve: (result: CallResult<R>) => void;
  readonly #record: (to: string) => void;
  #answered = false;

  constructor(resolve: (result: CallResult<R>) => void, record: (to: string) => void) {
    this.#resolve = resolve;
    this.#record = record;
  }

  /** The actor has come to it. */
  begin(): void {
    this.#record("handling");
  }

  /** The first answer is the answer. */
  answer(result: CallResult<R>): void {
    if (this.#answered) {
      if (result.ok) this.#record("late");
      return;
    }
    this.#answered = true;
    this.timer?.cancel();
    this.#record(result.ok ? "ok" : result.error);
    this.#resolve(result);
  }

  fail(error: CallError): void {
    this.answer({ ok: false, error });
  }
}

type Letter<Q, R, C> =
  | { readonly kind: "call"; readonly request: Q; readonly caller: Caller<R> }
  | { readonly kind: "cast"; readonly message: C }
  | { readonly kind: "exit"; readonly down: Down }
  | { readonly kind: "stop"; readonly reason: ExitReason };

class Actor<Q, R, C> implements ActorRef<Q, R, C> {
  readonly id: string;
  readonly trapsExits: boolean;
  readonly #host: Host;
  readonly #own: ActorHost;
  readonly #mailbox = new Queue<Letter<Q, R, C>>();
  readonly #room: number;
  readonly #monitors = new Monitors();
  readonly #detail: Detail;
  #calls = 0;
  #behaviour: Behaviour<Q, R, C> | undefined = undefined;
  /** A turn is due, or a handler is under way. */
  #busy = false;
  /** Whose call is being handled. */
  #handled: Caller<R> | undefined = undefined;
  #stopping: ExitReason | undefined = undefined;

  constructor({ host, detail }: ActorSystem, id: string, start: Start<Q, R, C>, options: ActorOptions) {
    this.id = id;
    this.#detail = detail;
    this.trapsExits = options.trapsExits ?? false;
    this.#room = options.mailbox ?? Number.POSITIVE_INFINITY;
    this.#host = host;
    this.#own = new ActorHost(host);
    recordState(host, ENTITY.actor, id, "none", "running", {});
    this.#begin(start);
  }

  get alive(): boolean {
    return !this.#own.ended;
  }

  get waiting(): number {
    return this.#mailbox.length;
  }

  call(request: Q, timeout: Micros): Promise<CallResult<R>> {
    return new Promise((resolve) => {
      const name = `${this.id}!${++this.#calls}`;
      const caller = new Caller<R>(resolve, (to) => this.#recordCall(name, to, timeout));
      this.#recordCall(name, "sent", timeout);
      if (!this.alive) {
        caller.fail("dead");
      } else if (this.#mailbox.length >= this.#room) {
        caller.fail("overloaded");
      } else {
        caller.timer = this.#host.after(timeout, () => {
          this.#host.reached(GOALS.callTimedOut);
          caller.fail("timed-out");
        });
        this.#post({ kind: "call", request, caller });
      }
    });
  }

  cast(message: C): boolean {
    if (!this.alive || this.#mailbox.length >= this.#room) return false;
    this.#post({ kind: "cast", message });
    return true;
  }

  monitor(onDown: (down: Down) => void): Monitor {
    return this.#monitors.add(onDown);
  }

  stop(reason: ExitReason = { kind: "normal" }): Promise<void> {
    if (this.alive) this.#post({ kind: "stop", reason });
    return this.#monitors.ended();
  }

  exit(reason: ExitReason): void {
    this.#end(reason);
  }

  /** An actor that this one is linked to has ended. */
  trap(down: Down): void {
    if (this.alive) this.#post({ kind: "exit", down });
  }

  #recordCall(name: string, to: string, timeout: Micros): void {
    if (this.#detail === "lean") return;
    recordState(this.#host, ENTITY.call, name, "", to, { actor: this.id, timeout });
  }

  #begin(start: Start<Q, R, C>): void {
    const own = this.#own;
    const context: ActorContext = {
      id: this.id,
      host: own,
      whileAlive: (promise) => own.whileAlive(promise),
      stop: () => {
        this.#stopping = { kind: "normal" };
        this.#wake();
      },
    };
    try {
      this.#behaviour = start(context);
    } catch (error) {
      this.#failed(error);
    }
  }

  #post(letter: Letter<Q, R, C>): void {
    this.#mailbox.push(letter);
    this.#wake();
  }

  #wake(): void {
    if (this.#busy || !this.alive) return;
    this.#busy = true;
    void Promise.resolve().then(() => this.#turn());
  }

  /** Handles what waits, one after the other, until there is nothing left or a handler has to wait itself. */
  #turn(): void {
    while (this.alive) {
      if (this.#stopping !== undefined) {
        this.#behaviour?.onStop?.(this.#stopping);
        this.#end(this.#stopping);
        return;
      }
      const letter = this.#mailbox.shift();
      if (letter === undefined) break;
      const pending = this.#handle(letter);
      if (pending === undefined) continue;
      pending.then(
        () => this.#turn(),
        (error) => this.#failed(error),
      );
      if (!this.#host.defect("next-message-before-the-last-is-done")) return;
    }
    this.#busy = false;
  }

  /** A promise where the handler has to wait. */
  #handle(letter: Letter<Q, R, C>): Promise<void> | undefined {
    try {
      switch (letter.kind) {
        case "call":
          return this.#answer(letter.request, letter.caller);
        case "cast":
          return this.#behaviour?.onCast?.(letter.message) ?? undefined;
        case "exit":
          return this.#behaviour?.onExit?.(letter.down) ?? undefined;
        case "stop":
          this.#stopping = letter.reason;
          return undefined;
      }
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #answer(request: Q, caller: Caller<R>): Promise<void> | undefined {
    const onCall = this.#behaviour?.onCall?.bind(this.#behaviour);
    invariant(onCall !== undefined, `${this.id} was called, and its behaviour answers no calls`);
    this.#handled = caller;
    caller.begin();
    const reply = onCall(request);
    if (reply instanceof Promise) return reply.then((value) => this.#reply(caller, value));
    this.#reply(caller, reply);
    return undefined;
  }

  #reply(caller: Caller<R>, value: R): void {
    if (!this.alive) return;
    this.#handled = undefined;
    caller.answer({ ok: true, value });
  }

  /** Only a `Failure` is an end of an actor; of a dead one nothing is heard. */
  #failed(error: unknown): void {
    if (!this.alive) return;
    if (!(error instanceof Failure)) throw error;
    this.#end({ kind: "failed", message: error.message });
  }

  #end(reason: ExitReason): void {
    if (!this.alive) return;
    this.#own.ended = true;
    this.#behaviour = undefined;
    recordState(this.#host, ENTITY.actor, this.id, "running", "ended", reasonAsJson(reason));
    if (!inOrder(reason)) this.#host.reached(GOALS.actorCrashed);
    if (this.#handled !== undefined) this.#host.reached(GOALS.callCrashed);
    const letters = this.#mailbox.drain();
    if (this.#host.defect("crash-answers-nobody")) letters.length = 0;
    else this.#handled?.fail("crashed");
    this.#handled = undefined;
    for (const letter of letters) {
      if (letter.kind === "call") letter.caller.fail("dead");
    }
    this.#monitors.tell({ id: this.id, reason });
  }
}
