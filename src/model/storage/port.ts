/**
 * What a transaction asks of its store: to read at a snapshot, and to commit what it read and wrote. Plain data, so that it
 * is the same within a host and between two.
 */
import type { Micros } from "seedstorm";
import type { CommitResult, StoredEntry, StoreErrorCode } from "./transaction.js";
import type { ScannedRange, StoredWrite } from "./versions.js";

export interface ReadRequest {
  /** Undefined on the first read: the newest that there is. */
  readonly snapshot: number | undefined;
  readonly read:
    | { readonly kind: "key"; readonly key: string }
    | { readonly kind: "prefix"; readonly prefix: string; readonly limit: number | undefined }
    | {
        readonly kind: "due";
        readonly prefix: string;
        readonly until: Micros;
        readonly limit: number | undefined;
      };
}

export type ReadReply =
  | { readonly ok: true; readonly snapshot: number; readonly entries: readonly StoredEntry[] }
  | { readonly ok: false; readonly code: StoreErrorCode };

/** What a transaction has seen: a key with the version that it read, 0 for none. */
export interface SeenKey {
  readonly key: string;
  readonly version: number;
}

export interface SeenRange extends ScannedRange {
  readonly found: readonly SeenKey[];
}

export interface CommitRequest {
  /** The same for every repeat of the same commit, and for no other. */
  readonly id: string;
  /** Undefined for a transaction that read nothing. */
  readonly snapshot: number | undefined;
  readonly keys: readonly SeenKey[];
  readonly ranges: readonly SeenRange[];
  readonly writes: readonly StoredWrite[];
}

export interface StorePort {
  read(request: ReadRequest): Promise<ReadReply>;
  commit(request: CommitRequest): Promise<CommitResult>;
}
