/**
 * A key-value bucket of JetStream: each key has revisions, and is moved from the one that its writer saw to the next. A write
 * without an answer may have been done. Reads are answered by who leads the bucket's stream, or led it and does not know that it is
 * over: whoever has seen a revision is not shown an earlier one here, and that is all that is made up for.
 */
import type { KV } from "@nats-io/kv";
import type { Json } from "../sim/plan.js";
import { type Engine, REPLICAS } from "./jetstream.js";

export interface Revision {
  readonly revision: number;
  readonly value: Json;
}

/** What a key was found to have. */
export type Looked =
  | ({ readonly status: "found" } & Revision)
  | { readonly status: "absent" }
  /** Nobody answered, or only with what is known to be older. */
  | { readonly status: "silent" };

/** What came of a write. */
export type Put =
  | { readonly status: "stored"; readonly revision: number }
  /** Somebody else wrote first: certainly not done. */
  | { readonly status: "lost-race" }
  /** Certainly not done: nobody is there who could. */
  | { readonly status: "nobody" }
  /** May have been done. */
  | { readonly status: "unknown" };

/** As many revisions as a bucket may be asked to keep; the drill wants all of them. */
const HISTORY = 64;
const ALL = -1;
/** JetStream's words for a write that came second. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number | undefined> = new Set([10071, 10164]);

export const bucketStream = (bucket: string): string => `KV_${bucket}`;

/** Keys of a bucket may hold few characters: ours go in as base64. */
const encoded = (key: string): string => Buffer.from(key).toString("base64url");
/** The key that a subject of a bucket's stream stands for. */
export const keyOfSubject = (subject: string): string =>
  Buffer.from(subject.slice(subject.lastIndexOf(".") + 1), "base64url").toString();

export class Bucket {
  readonly #engine: Engine;
  readonly #kv: KV;
  /** By key: the latest revision that was seen from here. */
  readonly #seen = new Map<string, number>();

  private constructor(engine: Engine, kv: KV) {
    this.#engine = engine;
    this.#kv = kv;
  }

  /** Creates a bucket that keeps every revision, so that what happened can be read back. */
  static async create(engine: Engine, name: string, stop: AbortSignal): Promise<void> {
    const manager = new engine.clients.Kvm(engine.client);
    await engine.untilDone(
      () => manager.create(name, { replicas: REPLICAS, history: HISTORY, allow_direct: false }),
      stop,
    );
    const stream = bucketStream(name);
    await engine.untilDone(() => engine.manager.streams.update(stream, { max_msgs_per_subject: ALL }), stop);
  }

  /** One that is there. */
  static async open(engine: Engine, name: string): Promise<Bucket> {
    const kv = await new engine.clients.Kvm(engine.client).open(name, { allow_direct: false });
    return new Bucket(engine, kv);
  }

  async get(key: string): Promise<Looked> {
    try {
      const entry = await this.#kv.get(encoded(key));
      this.#engine.noteAnswer(true);
      const seen = this.#seen.get(key) ?? 0;
      if (entry === null) return seen === 0 ? { status: "absent" } : { status: "silent" };
      if (entry.revision < seen) return { status: "silent" };
      this.#seen.set(key, entry.revision);
      return { status: "found", revision: entry.revision, value: entry.json<Json>() };
    } catch (error) {
      this.#engine.noteAnswer(this.#engine.errorCode(error) !== undefined);
      return { status: "silent" };
    }
  }

  /** @param after the revision that the key had; 0 for none. */
  async put(key: string, value: Json, after: number): Promise<Put> {
    try {
      const revision = await this.#kv.put(encoded(key), JSON.stringify(value), { previousSeq: after });
      this.#engine.noteAnswer(true);
      this.#seen.set(key, revision);
      return { status: "stored", revision };
    } catch (error) {
      const code = this.#engine.errorCode(error);
      this.#engine.noteAnswer(code !== undefined);
      if (WRONG_LAST_SEQUENCE.has(code)) return { status: "lost-race" };
      return { status: this.#engine.isNobody(error) ? "nobody" : "unknown" };
    }
  }

  /** A key's revisions after one of them, the oldest first; undefined where they can't be read. */
  async since(key: string, after: number): Promise<readonly Revision[] | undefined> {
    try {
      const found: Revision[] = [];
      const entries = await this.#kv.history({ key: encoded(key) });
      for await (const entry of entries)
        if (entry.revision > after) found.push({ revision: entry.revision, value: entry.json<Json>() });
      return found;
    } catch {
      return undefined;
    }
  }
}
