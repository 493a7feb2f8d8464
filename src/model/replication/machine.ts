/**
 * What a replicated resource is to the replication beneath it: a deterministic state machine.
 *
 * Every replica applies the same commands at the same log indexes and must come to the same state. So a
 * machine has no clock and no randomness: whatever takes time (a visibility time-out, a lease's end) is a
 * deadline that the *leader* watches on its own monotonic clock and turns into a command when it passes. A new
 * leader starts every deadline anew, in full: time-outs can come late after a change of leader, never early.
 */
import type { Fact, Json, Micros, Write } from "seedstorm";

/** A command is plain data, tagged by its type; it is written to the log as JSON. */
export interface Command {
  readonly type: string;
}

/** Where in the log a command is being applied. */
export interface LogPosition {
  readonly index: number;
  /** The term of the entry: the resource's fence epoch. */
  readonly term: number;
}

export interface Applied<R> {
  /** What the caller is answered. Plain data: it is kept in the client's session for repeats. */
  readonly result: R;
  /** The state that changed, key by key: recorded as one `durable` fact by every replica. */
  readonly writes: readonly Write[];
  /** Facts that are recorded once, by the replica that leads while it applies. */
  readonly facts?: readonly Fact[];
}

/** Something that becomes due: when `after` has passed on the leader's clock, `command` is proposed. */
export interface Deadline<C extends Command> {
  /** Unique among the machine's deadlines. The same key with another `generation` starts its time anew. */
  readonly key: string;
  readonly generation: number;
  readonly after: Micros;
  readonly command: C;
}

export interface StateMachine<C extends Command, R> {
  apply(command: C, position: LogPosition): Applied<R>;
  /** The whole state as plain data, which no later `apply` changes. */
  snapshot(): Json;
  restore(snapshot: Json): void;
  /** All deadlines that run at present. Read by the leader when it takes over and after each apply; must be cheap when nothing changed (return the same array). */
  deadlines(): readonly Deadline<C>[];
}

/** Identifies one request of one client for ever, so that a repeat is answered and not applied again. */
export interface Session {
  /** `host#incarnation`, or a longer-lived client's name. */
  readonly client: string;
  /** Ascending within a client; requests of one client may overlap. */
  readonly sequence: number;
  /** All of this client's requests below this are answered: their results may be forgotten. */
  readonly answeredBelow: number;
}

export type Proposed<R> =
  | { readonly ok: true; readonly index: number; readonly term: number; readonly result: R }
  /** Certainly not proposed. `leader` is a hint, if one is known. */
  | { readonly ok: false; readonly reason: "not-leader"; readonly leader: string | undefined }
  /** Certainly not proposed: the leader has too much in flight or its disk refuses writes. */
  | { readonly ok: false; readonly reason: "unavailable" }
  /** Proposed, but the leader lost its office before it knew the outcome. A repeat with the same session is safe. */
  | { readonly ok: false; readonly reason: "unknown" };

/** One replica's member of one group, as the resource above it uses it. */
export interface GroupMember<C extends Command, R> {
  readonly group: string;
  readonly isLeader: boolean;
  /** The current term; the resource's fence epoch while this member leads. */
  readonly term: number;
  /** Who leads, as far as this member knows. */
  readonly leader: string | undefined;
  /** The machine's state, for reads after a barrier. */
  readonly machine: StateMachine<C, R>;
  propose(command: C, session: Session | undefined): Promise<Proposed<R>>;
  /** Resolves to true when the machine has applied everything committed before the call and this member still leads; false when it does not lead. */
  readBarrier(): Promise<boolean>;
}
