/**
 * A transaction under way: keeps its snapshot, what it has read and what it would write, and asks its store for the rest.
 * What it reads is overlaid with what it wrote itself.
 */
import type { Json, Micros } from "seedstorm";
import type { CommitRequest, ReadRequest, SeenKey, SeenRange, StorePort } from "./port.js";
import { type CommitResult, type StoredEntry, StoreError, type Transaction } from "./transaction.js";
import type { ScannedRange, StoredWrite } from "./versions.js";

/** What text has that is not well-formed. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Of an entry that the transaction wrote itself and nobody has seen. */
const UNCOMMITTED = 0;

export class OpenTransaction implements Transaction {
  readonly #store: StorePort;
  readonly #id: string;
  #snapshot: number | undefined;
  readonly #keys = new Map<string, SeenKey>();
  readonly #ranges: SeenRange[] = [];
  readonly #writes = new Map<string, StoredWrite>();
  #isCommitted = false;

  constructor(store: StorePort, id: string) {
    this.#store = store;
    this.#id = id;
  }

  async get(key: string): Promise<Json | undefined> {
    const written = this.#writes.get(key);
    if (written !== undefined) return written.value;
    const [entry] = await this.#read({ kind: "key", key });
    this.#keys.set(key, { key, version: entry?.version ?? 0 });
    return entry?.value;
  }

  async scanPrefix(prefix: string, limit?: number): Promise<readonly StoredEntry[]> {
    if (limit === 0) return [];
    // Some of what is found may have been deleted here.
    const asked = limit === undefined ? undefined : limit + this.#writes.size;
    const found = await this.#read({ kind: "prefix", prefix, limit: asked });
    const last = asked !== undefined && found.length === asked ? found[found.length - 1]?.key : undefined;
    this.#saw(last === undefined ? { prefix } : { prefix, last }, found);
    const merged = this.#overlaid(
      found,
      (key) => key.startsWith(prefix) && (last === undefined || key <= last),
    );
    return merged.sort(byKey).slice(0, limit);
  }

  async scanDue(prefix: string, until: Micros, limit?: number): Promise<readonly StoredEntry[]> {
    if (limit === 0) return [];
    const asked = limit === undefined ? undefined : limit + this.#writes.size;
    const found = await this.#read({ kind: "due", prefix, until, limit: asked });
    // What was left out for the limit was not seen: it may change.
    const lastDue = asked !== undefined && found.length === asked ? found[found.length - 1]?.due : undefined;
    this.#saw({ prefix, until: lastDue === undefined ? until : lastDue - 1 }, found);
    for (const { key, version } of found) this.#keys.set(key, { key, version });
    const merged = this.#overlaid(
      found,
      (key, due) => key.startsWith(prefix) && due !== undefined && due <= until,
    );
    return merged.sort(byDue).slice(0, limit);
  }

  put(key: string, value: Json, due?: Micros): void {
    this.#assertOpen();
    assertKey(key);
    if (due !== undefined && (!Number.isSafeInteger(due) || due < 0)) {
      throw new RangeError(`${key}: ${due} is no due time in whole microseconds`);
    }
    this.#writes.set(key, due === undefined ? { key, value } : { key, value, due });
  }

  delete(key: string): void {
    this.#assertOpen();
    assertKey(key);
    this.#writes.set(key, { key });
  }

  commit(): Promise<CommitResult> {
    this.#assertOpen();
    this.#isCommitted = true;
    const request: CommitRequest = {
      id: this.#id,
      snapshot: this.#snapshot,
      keys: [...this.#keys.values()],
      ranges: this.#ranges,
      writes: [...this.#writes.values()],
    };
    return this.#store.commit(request);
  }

  async #read(read: ReadRequest["read"]): Promise<readonly StoredEntry[]> {
    this.#assertOpen();
    const reply = await this.#store.read({ snapshot: this.#snapshot, read });
    if (!reply.ok) throw new StoreError(reply.code);
    // Two first reads at once may have got two snapshots: only one of them counts.
    if (this.#snapshot === undefined) this.#snapshot = reply.snapshot;
    else if (reply.snapshot !== this.#snapshot) return this.#read(read);
    return reply.entries;
  }

  #saw(range: ScannedRange, entries: readonly StoredEntry[]): void {
    const until = range.until;
    const within = until === undefined ? entries : entries.filter(({ due = 0 }) => due <= until);
    this.#ranges.push({ ...range, found: within.map(({ key, version }) => ({ key, version })) });
  }

  #overlaid(
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

  #assertOpen(): void {
    if (this.#isCommitted) throw new Error(`transaction ${this.#id} is over`);
  }
}

function assertKey(key: string): void {
  if (key === "" || LONE_SURROGATE.test(key)) {
    throw new RangeError(`a key must be well-formed text and not empty, and ${JSON.stringify(key)} is not`);
  }
}

function byKey(a: StoredEntry, b: StoredEntry): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function byDue(a: StoredEntry, b: StoredEntry): number {
  return (a.due ?? 0) - (b.due ?? 0) || byKey(a, b);
}
