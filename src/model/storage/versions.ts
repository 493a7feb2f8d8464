/**
 * What a store has in memory: of each key the versions that transactions may still read.
 *
 * A snapshot is the number of a transaction: it shows of each key the newest version that is not above it. Versions that no
 * snapshot within the horizon shows are dropped, deletions as well.
 */
import type { Json, Micros } from "seedstorm";
import { OrderedKeys } from "./ordered-keys.js";
import type { StoredEntry } from "./transaction.js";

/** One key as a transaction leaves it. Plain data: it is written to the log as it is. */
export interface StoredWrite {
  readonly key: string;
  /** Left out for a deletion. */
  readonly value?: Json;
  readonly due?: Micros;
}

interface Version {
  readonly txn: number;
  readonly value: Json | undefined;
  readonly due: Micros | undefined;
}

/** The snapshot that shows the newest version of each key, durable or not. */
export const NEWEST = Number.MAX_SAFE_INTEGER;

/** A range that a transaction has scanned, and how far. */
export interface ScannedRange {
  readonly prefix: string;
  /** The last key that was looked at; to the end of the prefix when left out. */
  readonly last?: string;
  /** Only what is due by then. */
  readonly until?: Micros;
}

export class Versions {
  readonly #versions = new Map<string, Version[]>();
  readonly #keys = new OrderedKeys();
  #horizon = 0;

  /** Snapshots below this are no longer kept. */
  get horizon(): number {
    return this.#horizon;
  }

  apply(txn: number, writes: readonly StoredWrite[]): void {
    for (const { key, value, due } of writes) {
      const version: Version = { txn, value, due };
      const versions = this.#versions.get(key);
      if (versions === undefined) {
        this.#versions.set(key, [version]);
        this.#keys.add(key);
      } else {
        versions.push(version);
        this.#forget(versions);
      }
    }
  }

  get(key: string, snapshot: number): StoredEntry | undefined {
    return entryOf(key, shownBy(this.#versions.get(key), snapshot));
  }

  /** The first `limit` entries whose keys begin so, in the order of keys; only those due by `until` where that is given. */
  scan(prefix: string, snapshot: number, limit = Number.MAX_SAFE_INTEGER, until?: Micros): StoredEntry[] {
    const found: StoredEntry[] = [];
    if (limit <= 0) return found;
    this.#keys.eachWithPrefix(prefix, (key) => {
      const version = shownBy(this.#versions.get(key), snapshot);
      if (until !== undefined && (version?.due === undefined || version.due > until)) return true;
      const entry = entryOf(key, version);
      if (entry !== undefined) found.push(entry);
      return found.length < limit;
    });
    return found;
  }

  isChanged(key: string, snapshot: number): boolean {
    return newest(this.#versions.get(key)) > snapshot;
  }

  /** A key in the range that was changed after the snapshot, so that the same scan might find something else. */
  changedIn({ prefix, last, until }: ScannedRange, snapshot: number): string | undefined {
    let changed: string | undefined;
    this.#keys.eachWithPrefix(prefix, (key) => {
      if (last !== undefined && key > last) return false;
      if (this.isChanged(key, snapshot) && (until === undefined || this.#wasDue(key, snapshot, until)))
        changed = key;
      return changed === undefined;
    });
    return changed;
  }

  /** Everything as of now, oldest version first. */
  entries(): StoredEntry[] {
    return this.scan("", NEWEST).sort((a, b) => a.version - b.version);
  }

  /** Drops what only snapshots below `horizon` show. */
  forgetBelow(horizon: number): void {
    this.#horizon = Math.max(this.#horizon, horizon);
    for (const [key, versions] of this.#versions) {
      this.#forget(versions);
      const only = versions[0];
      if (versions.length > 1 || only === undefined) continue;
      if (only.value !== undefined || only.txn > this.#horizon) continue;
      this.#versions.delete(key);
      this.#keys.remove(key);
    }
  }

  #wasDue(key: string, snapshot: number, until: Micros): boolean {
    const versions = this.#versions.get(key) ?? [];
    return versions.some(
      (version, at) =>
        version.due !== undefined &&
        version.due <= until &&
        // Shown by the snapshot, or later.
        (versions[at + 1]?.txn ?? Number.MAX_SAFE_INTEGER) > snapshot,
    );
  }

  #forget(versions: Version[]): void {
    let unseen = 0;
    while ((versions[unseen + 1]?.txn ?? Number.MAX_SAFE_INTEGER) <= this.#horizon) unseen++;
    if (unseen > 0) versions.splice(0, unseen);
  }
}

function shownBy(versions: readonly Version[] | undefined, snapshot: number): Version | undefined {
  if (versions === undefined) return undefined;
  for (let at = versions.length - 1; at >= 0; at--) {
    const version = versions[at];
    if (version !== undefined && version.txn <= snapshot) return version;
  }
  return undefined;
}

function newest(versions: readonly Version[] | undefined): number {
  return versions?.[versions.length - 1]?.txn ?? 0;
}

function entryOf(key: string, version: Version | undefined): StoredEntry | undefined {
  if (version?.value === undefined) return undefined;
  const { txn, value, due } = version;
  return due === undefined ? { key, value, version: txn } : { key, value, due, version: txn };
}
