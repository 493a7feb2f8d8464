/**
 * What a transaction is to whoever writes one: the same on the host that has the store and across the network.
 *
 * A transaction reads a snapshot of what was durable when it made its first read, sees its own writes, and takes effect
 * as a whole or not at all. It commits only if nothing that it read, a range that it scanned included, was changed since
 * its snapshot: transactions are serializable, in the order in which they commit. One that wrote nothing commits always.
 * There are no locks: whoever is refused begins a new transaction.
 */
import type { Json, Micros } from "seedstorm";

export interface StoredEntry {
  readonly key: string;
  readonly value: Json;
  /** When it is due, for entries that were put with a due time. */
  readonly due?: Micros;
  /** Number of the transaction that wrote it. */
  readonly version: number;
}

export type CommitResult =
  /** Durable. `txn` is its place in the order of all that committed; 0 when it wrote nothing. */
  | { readonly status: "committed"; readonly txn: number }
  /** Not done: something that it read has changed, `key` for one. */
  | { readonly status: "conflict"; readonly key: string }
  /** Not done: the disk has no room. */
  | { readonly status: "full" }
  /** Not done: the store can't be reached. */
  | { readonly status: "unavailable" }
  /** Perhaps done: the store was asked and has not answered. */
  | { readonly status: "unknown" };

/** Why a read was not answered. */
export type StoreErrorCode =
  /** The store is on another host and does not answer. */
  | "unavailable"
  /** The snapshot is so old that it is no longer kept: begin again. */
  | "too-old"
  /** The store lost something that counted, and says nothing until an operator has dealt with it. */
  | "damaged";

export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(readonly code: StoreErrorCode) {
    super(code);
  }
}

export interface Transaction {
  /** Undefined when there is no such key. Rejects with a StoreError. */
  get(key: string): Promise<Json | undefined>;
  /** Entries whose keys begin so, in the order of their keys (by UTF-16 code units), at most `limit`. Rejects with a StoreError. */
  scanPrefix(prefix: string, limit?: number): Promise<readonly StoredEntry[]>;
  /**
   * Entries whose keys begin so and that are due at `until` or before, the earliest first, those of one time in the order
   * of their keys, at most `limit`. Rejects with a StoreError.
   */
  scanDue(prefix: string, until: Micros, limit?: number): Promise<readonly StoredEntry[]>;
  /** @param due finds the entry by `scanDue`; whole microseconds, not negative. Throws a RangeError for a bad key or time. */
  put(key: string, value: Json, due?: Micros): void;
  /** Harmless when there is no such key. */
  delete(key: string): void;
  /** To be called once. Resolves when everything that it wrote is durable, or nothing of it will ever be. */
  commit(): Promise<CommitResult>;
}

/** A store on this host, or one that is reached over the network. */
export interface TransactionalStore {
  /** Costs nothing until it reads. A transaction that is not committed needs no end. */
  begin(): Transaction;
}
