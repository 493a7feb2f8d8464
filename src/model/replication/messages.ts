/**
 * What members of a group, and the hosts that they live on, say to each other. All of it is one-way: an answer is a
 * message of its own, and each may be lost, late, doubled or out of order. Nothing in a body is changed after it was sent.
 */
import { message } from "seedstorm";
import type { Entry } from "./entry.js";
import type { Snapshot } from "./snapshot-file.js";

interface ToGroup {
  readonly group: string;
  /** The sender's term; for a pre-vote the term that it would stand in. */
  readonly term: number;
}

/** A candidate asks for a vote, or, before it disturbs anybody, whether it would get one. */
export interface VoteRequest extends ToGroup {
  readonly pre: boolean;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly contentGeneration: number;
  /** The leader itself asked the candidate to take over: its office is no reason to refuse. */
  readonly transfer: boolean;
}

export interface VoteReply extends ToGroup {
  readonly pre: boolean;
  readonly granted: boolean;
  readonly contentGeneration: number;
}

/** Entries that follow `prevIndex`; without any, a question whether the sender is still followed. */
export interface Append extends ToGroup {
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** Counts the leader's questions: the answer brings it back. */
  readonly round: number;
  /** The identity that is meant: another one must not take it for its own. */
  readonly contentGeneration: number;
}

export interface AppendReply extends ToGroup {
  readonly ok: boolean;
  /** If ok, the log agrees with the leader's and is stable up to here. If not, where to try next: it may agree up to here. */
  readonly index: number;
  /** Of the append that is answered. */
  readonly prevIndex: number;
  readonly round: number;
  readonly contentGeneration: number;
}

export interface InstallSnapshot extends ToGroup {
  readonly snapshot: Snapshot;
  readonly round: number;
  readonly contentGeneration: number;
}

/** A host whose member lost what it had acknowledged asks to be taken in again. */
export interface Rejoin {
  readonly group: string;
  readonly incarnation: number;
}

/** It was: this is its new identity. */
export interface Admit extends ToGroup {
  readonly incarnation: number;
  readonly contentGeneration: number;
}

/** The leader hands over: stand for election at once. */
export type TimeoutNow = ToGroup;

/** A leader's sign of life to a follower, or a follower's to its leader. */
export interface Heartbeat extends ToGroup {
  readonly leads: boolean;
  /** From a leader: committed, and in the follower's log. From a follower: agrees with the leader's and is stable. */
  readonly index: number;
  /** The follower's content generation, whichever way it goes. */
  readonly contentGeneration: number;
}

/** All signs of life from one host to another in one message. */
export interface Heartbeats {
  readonly heartbeats: readonly Heartbeat[];
}

export const VOTE_REQUEST = message<VoteRequest>("raft/vote");
export const VOTE_REPLY = message<VoteReply>("raft/vote-reply");
export const APPEND = message<Append>("raft/append");
export const APPEND_REPLY = message<AppendReply>("raft/append-reply");
export const INSTALL_SNAPSHOT = message<InstallSnapshot>("raft/snapshot");
export const REJOIN = message<Rejoin>("raft/rejoin");
export const ADMIT = message<Admit>("raft/admit");
export const TIMEOUT_NOW = message<TimeoutNow>("raft/take-over");
export const HEARTBEATS = message<Heartbeats>("raft/beats");

/** What an answer or a question without entries takes of the bandwidth. */
export const REPLY_BYTES = 96;
