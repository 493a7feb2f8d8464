/**
 * A store for other hosts: the same transactions over the network.
 *
 * A commit that is not answered is asked again under the same id, and done once. The store knows ids for as long as
 * snapshots are kept; so a commit names a snapshot even when it read nothing, and one that comes too late is a conflict.
 */
import { type Host, type Micros, ms, rpc, seconds, TIMED_OUT } from "seedstorm";
import { OpenTransaction } from "./open-transaction.js";
import type { CommitRequest, ReadReply, ReadRequest, StorePort } from "./port.js";
import type { CommitResult, Transaction, TransactionalStore } from "./transaction.js";
import { newTransactionId } from "./transaction-ids.js";

const READ = rpc<ReadRequest, ReadReply>("store/read");
const COMMIT = rpc<CommitRequest, CommitResult>("store/commit");
const COMMIT_BYTES = 2_000;

/** Serves a store to whoever asks. */
export function serveStore(host: Host, store: StorePort): void {
  host.onRequest(READ, (request) => store.read(request));
  host.onRequest(COMMIT, (request) => store.commit(request));
}

export interface StoreClientOptions {
  /** The host that serves the store. */
  readonly store: string;
  /** How long a read or a commit is tried for. Default: five seconds. */
  readonly timeout?: Micros;
  /** Before it is asked again. Default: one second. */
  readonly attemptTimeout?: Micros;
}

export class StoreClient implements TransactionalStore, StorePort {
  readonly #host: Host;
  readonly #store: string;
  readonly #timeout: Micros;
  readonly #attemptTimeout: Micros;
  /** The newest snapshot that was seen; undefined before the first. */
  #snapshot: number | undefined;

  constructor(host: Host, { store, timeout = seconds(5), attemptTimeout = seconds(1) }: StoreClientOptions) {
    this.#host = host;
    this.#store = store;
    this.#timeout = timeout;
    this.#attemptTimeout = attemptTimeout;
  }

  begin(): Transaction {
    return new OpenTransaction(this, newTransactionId(this.#host));
  }

  async read(request: ReadRequest): Promise<ReadReply> {
    const deadline = this.#host.clock.monotonic() + this.#timeout;
    do {
      const reply = await this.#host.request(READ, this.#store, request, this.#attemptTimeout);
      if (reply !== TIMED_OUT) {
        if (reply.ok) this.#snapshot = Math.max(this.#snapshot ?? 0, reply.snapshot);
        return reply;
      }
    } while (this.#host.clock.monotonic() < deadline);
    return { ok: false, code: "unavailable" };
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    const snapshot = request.snapshot ?? this.#snapshot ?? (await this.#newest());
    if (snapshot === undefined) return { status: "unavailable" };
    const deadline = this.#host.clock.monotonic() + this.#timeout;
    let asked = false;
    for (;;) {
      const reply = await this.#host.request(
        COMMIT,
        this.#store,
        { ...request, snapshot },
        this.#attemptTimeout,
        COMMIT_BYTES,
      );
      if (reply !== TIMED_OUT) {
        // An earlier copy may have been done, and the store be unable to say so now.
        const isLate = asked && (reply.status === "unavailable" || reply.status === "full");
        return isLate ? { status: "unknown" } : reply;
      }
      asked = true;
      if (this.#host.clock.monotonic() >= deadline) return { status: "unknown" };
      await this.#host.sleep(ms(50));
    }
  }

  /** The snapshot that a read gets now. */
  async #newest(): Promise<number | undefined> {
    const reply = await this.read({ snapshot: undefined, read: { kind: "key", key: "" } });
    return reply.ok ? reply.snapshot : undefined;
  }
}
