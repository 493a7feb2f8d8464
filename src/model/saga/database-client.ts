/**
 * A machine's way to the database. One question, one answer or none: what a lost answer means is the caller's
 * to find out.
 */
import { type Host, TIMED_OUT, type TimedOut } from "seedstorm";
import type { SagaKnobs } from "./knobs.js";
import type { Statement } from "./table.js";
import { QUERY, type Query, type QueryReply, TRANSACT, type TransactReply } from "./wire.js";

/** A row of a run is some hundred bytes, and a transaction has a few rows. */
const TRANSACTION_BYTES = 2_000;

export class DatabaseClient {
  readonly #host: Host;
  readonly #database: string;
  readonly #knobs: SagaKnobs;

  constructor(host: Host, database: string, knobs: SagaKnobs) {
    this.#host = host;
    this.#database = database;
    this.#knobs = knobs;
  }

  transact(statements: readonly Statement[]): Promise<TransactReply | TimedOut> {
    const { databaseTimeout } = this.#knobs;
    return this.#host.request(TRANSACT, this.#database, statements, databaseTimeout, TRANSACTION_BYTES);
  }

  query(query: Query): Promise<QueryReply | TimedOut> {
    return this.#host.request(QUERY, this.#database, query, this.#knobs.databaseTimeout);
  }

  /** Asks until there is an answer, or nobody wants to know any more. */
  async queryWhile(query: Query, wanted: () => boolean): Promise<QueryReply | undefined> {
    while (wanted()) {
      const reply = await this.query(query);
      if (reply !== TIMED_OUT) return reply;
      await this.#host.sleep(this.#knobs.databaseRetry);
    }
    return undefined;
  }
}
