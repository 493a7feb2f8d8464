/**
 * The database: statements and queries on rows, carried out one after the other by a transactional store on this host.
 *
 * Whatever is answered, a refusal or a read too, is answered no sooner than all that it was based on is durable. The database's
 * time begins where the last transaction left it, which wrote it down, and runs on the monotonic clock, so that neither a wall
 * clock that jumps nor a restart can make a lease run out early. The log has one copy: the medium stands for a volume that its
 * provider replicates.
 */

import type { Host, Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import { Store } from "../storage/store.js";
import { FactRecorder } from "./fact-recorder.js";
import type { SagaKnobs } from "./knobs.js";
import { carryOut, type KeyedRow, rowAt, type Statement, scan } from "./table.js";
import { QUERY, type Query, type QueryReply, TRANSACT, type TransactReply } from "./wire.js";

/** The key of the database's time. */
const TIME = "time";

export class Database {
  readonly #host: Host;
  readonly #store: Store;
  /** The database's time minus the monotonic clock's. */
  #timeOffset: Micros = 0;

  constructor(host: Host, { compactAfter }: SagaKnobs) {
    this.#host = host;
    const facts = new FactRecorder(host);
    this.#store = new Store(host, {
      name: "provisioning",
      copies: 1,
      compactAfter,
      onDurable: (writes) => facts.record(writes),
      answersEarly: () => host.defect("answer-before-sync"),
      ignoresFailedSync: () => host.defect("failed-sync-ignored"),
    });
  }

  async start(): Promise<void> {
    if ((await this.#store.open()) === "damaged")
      throw new Error("the database's medium is damaged, and nothing here survives that");
    const time = (await this.#store.execute((rows) => rows.get(TIME))) ?? 0;
    this.#timeOffset = Number(time) - this.#host.clock.monotonic();
    this.#host.onRequest(TRANSACT, (statements) => this.#transact(statements));
    this.#host.onRequest(QUERY, (query) => this.#query(query));
  }

  #now(): Micros {
    const { clock } = this.#host;
    return this.#host.defect("lease-by-wall-clock") ? clock.now() : clock.monotonic() + this.#timeOffset;
  }

  async #transact(statements: readonly Statement[]): Promise<TransactReply> {
    const reply = await this.#store.execute((rows): TransactReply => {
      const now = this.#now();
      const refusal = carryOut(rows, statements, now);
      if (refusal !== undefined) {
        rows.rollBack();
        return { status: "refused", ...refusal };
      }
      if (rows.writes > 0) rows.put(TIME, now);
      return { status: "committed" };
    });
    return reply ?? { status: "full" };
  }

  async #query({ keys = [], scans = [] }: Query): Promise<QueryReply> {
    const reply = await this.#store.execute((stored) => {
      const now = this.#now();
      const rows: KeyedRow[] = [];
      for (const key of keys) {
        const row = rowAt(stored, key);
        if (row !== null) rows.push([key, row]);
      }
      for (const asked of scans) rows.push(...scan(stored, asked, now));
      return { rows, now };
    });
    invariant(reply !== undefined, "a read needs no room on the disk");
    return reply;
  }
}
