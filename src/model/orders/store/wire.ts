/** What a store is asked, and answers. An answer is given no sooner than all that it is based on is durable. */
import { type Micros, rpc } from "seedstorm";
import type { RowWrite, StoredRow } from "./rows.js";

/** A connection is asked for first, and every other request names it. Ids are unique over all lives of the store. */
export const CONNECT = rpc<
  null,
  | { readonly ok: true; readonly connection: string }
  | { readonly ok: false; readonly error: "too-many-connections" }
>("store/connect");
export const DISCONNECT = rpc<{ readonly connection: string }, null>("store/disconnect");

/** The store does not know the connection: it was closed, or belonged to an earlier life of the store. */
export interface NotConnected {
  readonly status: "not-connected";
}

export type ReadReply = NotConnected | { readonly status: "ok"; readonly rows: readonly StoredRow[] };
export const READ = rpc<{ readonly connection: string; readonly keys: readonly string[] }, ReadReply>(
  "store/read",
);

export type ScanReply =
  | NotConnected
  | { readonly status: "ok"; readonly rows: readonly StoredRow[]; readonly now: Micros };
/** Rows that are due. */
export const SCAN = rpc<
  { readonly connection: string; readonly prefix: string; readonly limit: number },
  ScanReply
>("store/scan");

export type WriteReply =
  | NotConnected
  | { readonly status: "written"; readonly rows: readonly StoredRow[] }
  | { readonly status: "conflict"; readonly current: StoredRow }
  /** There is no room on the disk. */
  | { readonly status: "full" };

export const WRITE = rpc<{ readonly connection: string; readonly writes: readonly RowWrite[] }, WriteReply>(
  "store/write",
);
