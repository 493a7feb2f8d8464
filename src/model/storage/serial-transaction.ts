/**
 * A transaction that the store's own host carries out in one go, as a stored procedure: nothing comes between what it reads and
 * what it writes, so it is serial by itself and can meet no conflict.
 *
 * It reads the newest of everything, appended and not yet durable as well, under what it wrote itself. That is sound because the
 * store gives its result no sooner than all of that is durable. It leaves out limits and due times, which no host asks for.
 */
import type { Json } from "seedstorm";
import { invariant } from "../invariant.js";
import type { CommitRequest } from "./port.js";
import { byKey, ReadWriteSet } from "./read-write-set.js";
import type { StoredEntry } from "./transaction.js";
import { NEWEST, type Versions } from "./versions.js";

export class SerialTransaction {
  readonly #versions: Versions;
  readonly #set = new ReadWriteSet();
  #isOver = false;

  constructor(versions: Versions) {
    this.#versions = versions;
  }

  /** Keys that it would write. */
  get writes(): number {
    return this.#set.writes;
  }

  /** Undefined when there is no such key. */
  get(key: string): Json | undefined {
    this.#assertUnderWay();
    const written = this.#set.written(key);
    if (written !== undefined) return written.value;
    const entry = this.#versions.get(key, NEWEST);
    this.#set.sawKey(key, entry?.version);
    return entry?.value;
  }

  /** Entries whose keys begin so, in the order of their keys. */
  scanPrefix(prefix: string): readonly StoredEntry[] {
    this.#assertUnderWay();
    const found = this.#versions.scan(prefix, NEWEST);
    this.#set.sawRange({ prefix }, found);
    if (this.writes === 0) return found;
    return this.#set.overlaid(found, (key) => key.startsWith(prefix)).sort(byKey);
  }

  /** Throws a RangeError for a bad key. */
  put(key: string, value: Json): void {
    this.#assertUnderWay();
    this.#set.put(key, value);
  }

  /** Harmless when there is no such key. */
  delete(key: string): void {
    this.#assertUnderWay();
    this.#set.delete(key);
  }

  /** Takes back all that it wrote: what it gives then is a refusal, or what it read. */
  rollBack(): void {
    this.#assertUnderWay();
    this.#set.discardWrites();
  }

  /** For the store: it can do nothing more. */
  end(): void {
    this.#isOver = true;
  }

  /** For the store: what came of it. */
  request(id: string, snapshot: number): CommitRequest {
    return this.#set.request(id, snapshot);
  }

  #assertUnderWay(): void {
    invariant(!this.#isOver, "a serial transaction does all of its work before it returns");
  }
}
