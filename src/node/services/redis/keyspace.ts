/**
 * What a server holds: values of Redis' types by key, each with the time at which it expires, by the host's wall clock. A key
 * that has expired is gone when it is next asked for, and that is reported as a removal.
 */
import { RedisError } from "./resp.js";
import { SortedSet } from "./sorted-set.js";
import { Stream } from "./stream.js";

export type Value =
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "hash"; readonly fields: Map<string, string> }
  | { readonly type: "list"; readonly items: string[] }
  | { readonly type: "set"; readonly members: Set<string> }
  | { readonly type: "zset"; readonly members: SortedSet }
  | { readonly type: "stream"; readonly stream: Stream };

type ValueOf<T extends Value["type"]> = Extract<Value, { readonly type: T }>;

interface Entry {
  value: Value;
  /** Milliseconds since 1970. */
  expiresAt: number | undefined;
}

export interface KeyspaceObserver {
  /** A key was changed, or is gone. */
  changed(key: string): void;
  /** A key is gone because its time had come. */
  expired(key: string): void;
}

function made<T extends Value["type"]>(type: T): ValueOf<T>;
function made(type: Value["type"]): Value {
  switch (type) {
    case "string":
      return { type, text: "" };
    case "hash":
      return { type, fields: new Map() };
    case "list":
      return { type, items: [] };
    case "set":
      return { type, members: new Set() };
    case "zset":
      return { type, members: new SortedSet() };
    case "stream":
      return { type, stream: new Stream() };
  }
}

function isEmpty(value: Value): boolean {
  switch (value.type) {
    case "hash":
      return value.fields.size === 0;
    case "list":
      return value.items.length === 0;
    case "set":
    case "zset":
      return value.members.size === 0;
    case "string":
    case "stream":
      return false;
  }
}

export class Keyspace {
  readonly now: () => number;
  readonly #observer: KeyspaceObserver;
  #entries = new Map<string, Entry>();

  /** @param now milliseconds since 1970. */
  constructor(now: () => number, observer: KeyspaceObserver) {
    this.now = now;
    this.#observer = observer;
  }

  get(key: string): Value | undefined {
    return this.#entry(key)?.value;
  }

  has(key: string): boolean {
    return this.#entry(key) !== undefined;
  }

  /** The value, which must be of this type. Undefined: there is none. */
  find<T extends Value["type"]>(key: string, type: T): ValueOf<T> | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (value.type !== type)
      throw new RedisError("WRONGTYPE Operation against a key holding the wrong kind of value");
    return value as ValueOf<T>; // as was just looked at
  }

  /** Changes the value, made when there is none; one that is empty after that is removed. */
  change<T extends Value["type"], R>(key: string, type: T, act: (value: ValueOf<T>) => R): R {
    const known = this.find(key, type);
    const value = known ?? made(type);
    const result = act(value);
    if (isEmpty(value)) {
      if (known !== undefined) this.delete(key);
      return result;
    }
    if (known === undefined) this.#entries.set(key, { value, expiresAt: undefined });
    this.#observer.changed(key);
    return result;
  }

  /** Puts a value, replacing any other. */
  set(key: string, value: Value, expiresAt?: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt });
    this.#observer.changed(key);
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#entries.delete(key);
    this.#observer.changed(key);
    return true;
  }

  expiry(key: string): number | undefined {
    return this.#entry(key)?.expiresAt;
  }

  /** False: there is no such key. A time in the past removes it. */
  expire(key: string, at: number | undefined): boolean {
    const entry = this.#entry(key);
    if (entry === undefined) return false;
    if (at !== undefined && at <= this.now()) return this.delete(key);
    entry.expiresAt = at;
    this.#observer.changed(key);
    return true;
  }

  rename(from: string, to: string): void {
    const entry = this.#entry(from);
    if (entry === undefined) throw new RedisError("ERR no such key");
    this.delete(from);
    this.set(to, entry.value, entry.expiresAt);
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => this.has(key));
  }

  clear(): void {
    const keys = [...this.#entries.keys()];
    this.#entries = new Map();
    for (const key of keys) this.#observer.changed(key);
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry?.expiresAt === undefined || entry.expiresAt > this.now()) return entry;
    this.#entries.delete(key);
    this.#observer.expired(key);
    this.#observer.changed(key);
    return undefined;
  }
}
