/**
 * Object stores of JetStream, each kept by one server alone: what is kept in several places is put into several of them, by
 * whoever wants it so. An object is put once under its name; the server says when that was, then and later.
 */
import type { ObjectStore } from "@nats-io/obj";
import type { Json } from "../sim/plan.js";
import type { Engine } from "./jetstream.js";
import { CLUSTER } from "./nats-server.js";

export const objectStream = (store: string): string => `OBJ_${store}`;

/** An object that a store has. */
export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  /** When the server stored it, as servers write times. */
  readonly stamp: string;
}

export class Objects {
  readonly #engine: Engine;
  readonly #stores = new Map<string, ObjectStore>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Creates a store on one server. */
  static async create(engine: Engine, store: string, server: string, stop: AbortSignal): Promise<void> {
    const manager = new engine.clients.Objm(engine.client);
    const placement = { cluster: CLUSTER, tags: [server] };
    await engine.untilDone(() => manager.create(store, { replicas: 1, placement }), stop);
  }

  /** Whether the store has the object, put now or before; false where nobody answers. */
  async put(store: string, name: string, content: string): Promise<boolean> {
    try {
      const opened = await this.#open(store);
      if ((await opened.info(name)) !== null) return true;
      return await this.#putFirst(opened, name, content);
    } catch {
      return false;
    }
  }

  /** Another may put it at the same moment: only the first is stored, so that the store can say when that was. */
  async #putFirst(store: ObjectStore, name: string, content: string): Promise<boolean> {
    try {
      await store.putBlob({ name }, new TextEncoder().encode(content), { previousRevision: 0 });
      return true;
    } catch (error) {
      if (this.#engine.errorCode(error) === undefined) throw error;
      return (await store.info(name)) !== null;
    }
  }

  /** Null where the store does not have it, undefined where nobody answers. */
  async get(store: string, name: string): Promise<string | null | undefined> {
    try {
      const bytes = await (await this.#open(store)).getBlob(name);
      return bytes === null ? null : new TextDecoder().decode(bytes);
    } catch {
      return undefined;
    }
  }

  /** All that a store has. @throws where nobody answers. */
  async all(store: string): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = [];
    for (let seq = 1; ; ) {
      const query = { seq, next_by_subj: `$O.${store}.M.>` };
      const message = await this.#engine.manager.streams.getMessage(objectStream(store), query);
      if (message === null) return found;
      const { name, size } = message.json<{ readonly name: string; readonly size: number } & Json>();
      found.push({ name, bytes: size, stamp: message.timestamp });
      seq = message.seq + 1;
    }
  }

  async #open(store: string): Promise<ObjectStore> {
    let opened = this.#stores.get(store);
    if (opened === undefined) {
      opened = await new this.#engine.clients.Objm(this.#engine.client).open(store, false);
      this.#stores.set(store, opened);
    }
    return opened;
  }
}
