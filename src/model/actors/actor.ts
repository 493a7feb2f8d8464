/**
 * Actors as those who use them see them: what one does, how others reach it, and how it can end.
 *
 * An actor has a mailbox and state of its own, and handles one message at a time, in the order in which they came. It lives
 * on one host: who wants to reach it from another asks that host by `rpc`. A crash loses the actor's state and answers
 * everybody who waits for it with an error. Promised is that no call stays without an answer while the host lives, and that
 * nothing is heard of an actor after its end, not even from a handler that was under way. Not promised: that a message
 * that was cast is ever handled, nor that a call that failed with `crashed` or `timed-out` did nothing.
 */
import type { Host, Micros } from "seedstorm";

/** Why an actor, a supervisor or a pool ended. */
export type ExitReason =
  /** It stopped by itself, or was asked to. */
  | { readonly kind: "normal" }
  /** Its supervisor, or whoever owns it, took it down in order. */
  | { readonly kind: "shutdown" }
  /** Somebody killed it: no cleaning up. */
  | { readonly kind: "killed"; readonly by: string }
  /** A handler threw a `Failure`. */
  | { readonly kind: "failed"; readonly message: string }
  /** An actor that it was linked to ended otherwise than `normal`. */
  | { readonly kind: "linked"; readonly to: string }
  /** A supervisor had to restart more often than it may. */
  | { readonly kind: "too-many-restarts"; readonly child: string };

/** Whether this is an end in order: links carry none of these further, and a transient child stays down after one. */
export const inOrder = (reason: ExitReason): boolean =>
  reason.kind === "normal" || reason.kind === "shutdown";

/**
 * What a behaviour throws to end its actor. Whatever else it throws is taken for a mistake in the code under test: it
 * is not caught, and fails the run.
 */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** How a call came out. */
export type CallResult<R> =
  | { readonly ok: true; readonly value: R }
  | { readonly ok: false; readonly error: CallError };

export type CallError =
  /** There was no such actor any more, or it ended before it came to this message: certainly not handled. */
  | "dead"
  /** Its mailbox is full: certainly not handled. */
  | "overloaded"
  /** It ended while it handled this message: may have had effects. */
  | "crashed"
  /** No answer in time: may be handled yet. */
  | "timed-out";

/** An actor that was watched has ended. */
export interface Down {
  readonly id: string;
  readonly reason: ExitReason;
}

export interface Monitor {
  /** `onDown` will not be called; harmless when it was. */
  cancel(): void;
}

/** Whatever can be watched and taken down: an actor, a supervisor, a pool. */
export interface Supervised {
  /** Unique in this life of its host: `processors/7`. */
  readonly id: string;
  readonly alive: boolean;
  /** Calls back once, as soon as it has ended; at once when it has already. */
  monitor(onDown: (down: Down) => void): Monitor;
  /** Ends it when it has handled what is in its mailbox by now. Resolved when it has ended, however. */
  stop(reason?: ExitReason): Promise<void>;
  /** Ends it at once. Harmless when it has ended. */
  exit(reason: ExitReason): void;
}

/** One actor in one of its lives. After a restart there is another. */
export interface ActorRef<Q, R, C = never> extends Supervised {
  /** How many messages wait. */
  readonly waiting: number;
  /** Asks, and waits at most `timeout`. */
  call(request: Q, timeout: Micros): Promise<CallResult<R>>;
  /** Sends without an answer. False when the actor is dead or its mailbox is full. */
  cast(message: C): boolean;
}

/** What an actor does. Made anew for each life; what it holds is lost with it. */
export interface Behaviour<Q, R, C = never> {
  /** Answers a call. Nothing else is handled until the promise is resolved. */
  onCall?(request: Q): R | Promise<R>;
  onCast?(message: C): void | Promise<void>;
  /** Called in place of ending, for each end of a linked actor, if the actor traps exits. */
  onExit?(down: Down): void | Promise<void>;
  /** Called last, unless it was killed or failed. */
  onStop?(reason: ExitReason): void;
}

/** What a behaviour has of the world. */
export interface ActorContext {
  readonly id: string;
  /** The host, as long as the actor lives: what it awaits never resumes after, and what it sends is not sent. */
  readonly host: Host;
  /** Awaits anything else on the same terms: a call to another actor, a checkout, a message of a channel. */
  whileAlive<T>(promise: Promise<T>): Promise<T>;
  /** Ends this actor once the present message is handled. */
  stop(): void;
}

export interface ActorOptions {
  /** Messages that may wait. Default: no limit. */
  readonly mailbox?: number;
  /** Ends of linked actors come to `onExit` and don't end it. Default: false. */
  readonly trapsExits?: boolean;
}

/**
 * How much is recorded in the history: `lean` leaves out what happens once for each message, for runs under
 * load.
 */
export type Detail = "full" | "lean";

/** Makes a behaviour, at each start. A `Failure` thrown here is a start that failed. */
export type Start<Q, R, C = never> = (context: ActorContext) => Behaviour<Q, R, C>;

/** The actors of one life of a host. Made by `new Actors(host)`. */
export interface ActorSystem {
  readonly host: Host;
  readonly detail: Detail;
  /** An id with this name that nothing else has in this life of the host: `processors/7`. */
  nextId(name: string): string;
  /** Starts an actor. `name` need not be unique: the id is. An actor whose start failed is returned dead. */
  spawn<Q, R, C = never>(name: string, start: Start<Q, R, C>, options?: ActorOptions): ActorRef<Q, R, C>;
  /** From now on, when one of them ends otherwise than in order, so does the other, unless it traps exits. */
  link(a: Supervised, b: Supervised): void;
  unlink(a: Supervised, b: Supervised): void;
}
