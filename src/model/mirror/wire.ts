/**
 * What machines of the mirror ask each other. A request that finds no answer in time may have been acted on.
 */
import { rpc } from "seedstorm";
import type { Entry, Fields } from "./grain.js";

/** A grain in the directory: which cluster may write it, by which epoch. */
export interface Placement {
  readonly grain: string;
  readonly cluster: string;
  readonly epoch: number;
}

export interface Claim {
  readonly grain: string;
  readonly cluster: string;
  /** The epoch that stands there now; 0 for a grain that is not registered. */
  readonly expected: number;
}

export type ClaimReply =
  | { readonly status: "granted"; readonly epoch: number }
  | { readonly status: "overtaken" }
  | { readonly status: "unavailable" };

/** All registered grains. */
export const LOOKUP = rpc<null, readonly Placement[]>("directory/lookup");
/** Registers a grain or takes it over: compare and set. */
export const CLAIM = rpc<Claim, ClaimReply>("directory/claim");
/** Takes a grain out, if it stands there with this epoch. */
export const DEREGISTER = rpc<
  { readonly grain: string; readonly epoch: number },
  { readonly status: "done" | "overtaken" | "unavailable" }
>("directory/deregister");

export type AppendReply =
  | { readonly status: "appended" }
  | { readonly status: "sequence-conflict"; readonly latest: number }
  | { readonly status: "fenced"; readonly epoch: number }
  | { readonly status: "unavailable" };

export type OpenReply =
  /** `chain`: the newest complete state and what was written after it. */
  | { readonly status: "opened"; readonly latest: number; readonly chain: readonly Entry[] }
  | { readonly status: "fenced"; readonly epoch: number }
  | { readonly status: "unavailable" };

export interface ReadRequest {
  readonly grain: string;
  readonly after: number;
  readonly limit: number;
}

export const APPEND = rpc<Entry, AppendReply>("log/append");
/** A primary begins: from now on the log takes nothing of an older epoch. */
export const OPEN = rpc<{ readonly grain: string; readonly epoch: number }, OpenReply>("log/open");
/** Entries after a sequence, ascending, at most so many. Readers see only what is retained. */
export const READ_FROM = rpc<ReadRequest, readonly Entry[]>("log/read-from");
/** The newest complete state and what was written after it, retained for readers or not. */
export const SNAPSHOT = rpc<{ readonly grain: string }, readonly Entry[]>("log/snapshot");
/** An operator puts a row into the log's table by hand. */
export const INSERT_ROW = rpc<
  { readonly grain: string; readonly type: string; readonly payload: string },
  { readonly status: "done" | "unavailable" }
>("log/insert-row");

export interface WriteRequest {
  readonly grain: string;
  readonly field: string;
  readonly value: string;
}

export type WriteReply =
  /** It stands in the log. */
  | { readonly status: "ok"; readonly sequence: number }
  /** Certainly not done. */
  | { readonly status: "refused"; readonly reason: "not-primary" }
  | { readonly status: "unknown" };

export type ReadReply =
  | { readonly status: "ok"; readonly sequence: number; readonly fields: Fields }
  | { readonly status: "refused"; readonly reason: "stale" | "not-a-replica" };

export const PING = rpc<null, null>("cluster/ping");
export const WRITE = rpc<WriteRequest, WriteReply>("cluster/write");
/** Reads a cluster's replica, if it is fresh. */
export const READ_REPLICA = rpc<{ readonly grain: string }, ReadReply>("cluster/read-replica");
/** The grain is taken out of the directory; whoever has it registered next begins a new epoch. */
export const RETIRE = rpc<{ readonly grain: string }, { readonly status: "done" | "refused" }>(
  "cluster/retire",
);
/**
 * Says to a cluster's consumers whether they should be shut down. Numbers ascend; one that comes late counts
 * no more.
 */
export const SHUTDOWN_SIGNAL = rpc<{ readonly value: boolean; readonly number: number }, null>(
  "cluster/shutdown-signal",
);
