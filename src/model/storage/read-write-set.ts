/**
 * What a transaction under way has read and would write. What it reads is overlaid with what it wrote itself; what it has seen
 * of the store, with versions, and its writes make the request to commit.
 */
import type { Json, Micros } from "seedstorm";
import type { CommitRequest, SeenKey } from "./port.js";
import type { StoredEntry } from "./transaction.js";
import type { ScannedRange, StoredWrite } from "./versions.js";

/** What text has that is not well-formed. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Of an entry that the transaction wrote itself and nobody has seen. */
const UNCOMMITTED = 0;

export class ReadWriteSet {
  readonly #keys = new Map<string, SeenKey>();
  readonly #ranges: { readonly range: ScannedRange; readonly found: readonly StoredEntry[] }[] = [];
  readonly #writes = new Map<string, StoredWrite>();

  /** Keys that it would write. */
  get writes(): number {
    return this.#writes.size;
  }

  /** What it would make of a key; undefined when it has not written that. */
  written(key: string): StoredWrite | undefined {
    return this.#writes.get(key);
  }

  sawKey(key: string, version = 0): void {
    this.#keys.set(key, { key, version });
  }

  sawRange(range: ScannedRange, found: readonly StoredEntry[]): void {
    this.#ranges.push({ range, found });
  }

  /** Entries that were found, under what was written, in no particular order. */
  overlaid(
    found: readonly StoredEntry[],
    belongs: (key: string, due: Micros | undefined) => boolean,
  ): StoredEntry[] {
    const merged = found.filter(({ key }) => !this.#writes.has(key));
    for (const { key, value, due } of this.#writes.values()) {
      if (value === undefined || !belongs(key, due)) continue;
      merged.push(
        due === undefined ? { key, value, version: UNCOMMITTED } : { key, value, due, version: UNCOMMITTED },
      );
    }
    return merged;
  }

  /** Throws a RangeError for a bad key or time. */
  put(key: string, value: Json, due?: Micros): void {
    assertKey(key);
    if (due !== undefined && (!Number.isSafeInteger(due) || due < 0)) {
      throw new RangeError(`${key}: ${due} is no due time in whole microseconds`);
    }
    this.#writes.set(key, due === undefined ? { key, value } : { key, value, due });
  }

  /** Throws a RangeError for a bad key. */
  delete(key: string): void {
    assertKey(key);
    this.#writes.set(key, { key });
  }

  /** Takes back all that was written. */
  discardWrites(): void {
    this.#writes.clear();
  }

  /** @param snapshot that it has read; undefined when it read nothing. */
  request(id: string, snapshot: number | undefined): CommitRequest {
    return {
      id,
      snapshot,
      keys: [...this.#keys.values()],
      ranges: this.#ranges.map(({ range, found }) => {
        const { until } = range;
        const within = until === undefined ? found : found.filter(({ due = 0 }) => due <= until);
        return { ...range, found: within.map(({ key, version }) => ({ key, version })) };
      }),
      writes: [...this.#writes.values()],
    };
  }
}

function assertKey(key: string): void {
  if (key === "" || LONE_SURROGATE.test(key)) {
    throw new RangeError(`a key must be well-formed text and not empty, and ${JSON.stringify(key)} is not`);
  }
}

export function byKey(a: StoredEntry, b: StoredEntry): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

export function byDue(a: StoredEntry, b: StoredEntry): number {
  return (a.due ?? 0) - (b.due ?? 0) || byKey(a, b);
}
