/**
 * A transaction under way: keeps its snapshot, what it has read and what it would write, and asks its store for the rest.
 * What it reads is overlaid with what it wrote itself.
 */
import type { Json, Micros } from "seedstorm";
import type { ReadRequest, StorePort } from "./port.js";
import { byDue, byKey, ReadWriteSet } from "./read-write-set.js";
import { type CommitResult, type StoredEntry, StoreError, type Transaction } from "./transaction.js";

export class OpenTransaction implements Transaction {
  readonly #store: StorePort;
  readonly #id: string;
  readonly #set = new ReadWriteSet();
  #snapshot: number | undefined;
  #isCommitted = false;

  constructor(store: StorePort, id: string) {
    this.#store = store;
    this.#id = id;
  }

  async get(key: string): Promise<Json | undefined> {
    const written = this.#set.written(key);
    if (written !== undefined) return written.value;
    const [entry] = await this.#read({ kind: "key", key });
    this.#set.sawKey(key, entry?.version);
    return entry?.value;
  }

  async scanPrefix(prefix: string, limit?: number): Promise<readonly StoredEntry[]> {
    if (limit === 0) return [];
    // Some of what is found may have been deleted here.
    const asked = limit === undefined ? undefined : limit + this.#set.writes;
    const found = await this.#read({ kind: "prefix", prefix, limit: asked });
    const last = asked !== undefined && found.length === asked ? found[found.length - 1]?.key : undefined;
    this.#set.sawRange(last === undefined ? { prefix } : { prefix, last }, found);
    const merged = this.#set.overlaid(
      found,
      (key) => key.startsWith(prefix) && (last === undefined || key <= last),
    );
    return merged.sort(byKey).slice(0, limit);
  }

  async scanDue(prefix: string, until: Micros, limit?: number): Promise<readonly StoredEntry[]> {
    if (limit === 0) return [];
    const asked = limit === undefined ? undefined : limit + this.#set.writes;
    const found = await this.#read({ kind: "due", prefix, until, limit: asked });
    // What was left out for the limit was not seen: it may change.
    const lastDue = asked !== undefined && found.length === asked ? found[found.length - 1]?.due : undefined;
    this.#set.sawRange({ prefix, until: lastDue === undefined ? until : lastDue - 1 }, found);
    for (const { key, version } of found) this.#set.sawKey(key, version);
    const merged = this.#set.overlaid(
      found,
      (key, due) => key.startsWith(prefix) && due !== undefined && due <= until,
    );
    return merged.sort(byDue).slice(0, limit);
  }

  put(key: string, value: Json, due?: Micros): void {
    this.#assertOpen();
    this.#set.put(key, value, due);
  }

  delete(key: string): void {
    this.#assertOpen();
    this.#set.delete(key);
  }

  commit(): Promise<CommitResult> {
    this.#assertOpen();
    this.#isCommitted = true;
    return this.#store.commit(this.#set.request(this.#id, this.#snapshot));
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

  #assertOpen(): void {
    if (this.#isCommitted) throw new Error(`transaction ${this.#id} is over`);
  }
}
