/**
 * The database: one host with transactions on a write-ahead log.
 *
 * A transaction is carried out in memory when it comes, appended to the log, and answered once the log is
 * synced; several share one sync. Whatever is answered, a refusal or a read too, is answered no sooner than
 * all that it was based on is durable. The database's time begins where the log's last record left it and
 * runs on the monotonic clock, so that neither a wall clock that jumps nor a restart can make a lease run out
 * early.
 *
 * Every durable transaction is recorded in the history, in order and before anybody gets an answer that
 * depends on it. One that was durable when the database crashed, and may not have been recorded, is recorded
 * at the next start, with the same number; for this, each log record says how far the history had got.
 */

import type { Host, Micros, Write } from "seedstorm";
import { CommitLog } from "../storage/commit-log.js";
import { RecordLog } from "../storage/record-log.js";
import { FactRecorder } from "./fact-recorder.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import { type KeyedRow, type Statement, Tables } from "./table.js";
import { QUERY, type Query, type QueryReply, TRANSACT, type TransactReply } from "./wire.js";

/** The store's name in the history. */
export const STORE = "provisioning";

interface Transaction {
  readonly txn: number;
  readonly writes: readonly Write[];
}

interface LogRecord extends Transaction {
  /** The database's time. */
  readonly at: Micros;
  /** All transactions up to this one were in the history when the record was written. */
  readonly upTo: number;
  /**
   * In the first record of a file, whose writes make every row: transactions that were not yet in the
   * history.
   */
  readonly unrecorded?: readonly Transaction[];
}

export class Database {
  readonly #host: Host;
  readonly #compactAfter: number;
  readonly #tables = new Tables();
  readonly #log: CommitLog<Transaction>;
  readonly #factRecorder: FactRecorder;
  #compactAt: number;
  /** The database's time minus the monotonic clock's. */
  #timeOffset: Micros = 0;

  constructor(host: Host, { compactAfter }: SagaKnobs) {
    this.#host = host;
    this.#compactAfter = compactAfter;
    this.#compactAt = compactAfter;
    this.#log = new CommitLog(new RecordLog(host, "wal"), {
      record: ({ txn, writes }) => {
        host.record({ kind: "durable", store: STORE, txn, writes });
        this.#factRecorder.record(writes);
      },
      everything: (unrecorded) => this.#everything(unrecorded),
      answersEarly: () => host.defect("answer-before-sync"),
      ignoresFailedSync: () => host.defect("failed-sync-ignored"),
      synced: () => this.#compact(),
      rewritten: () => host.reached(GOALS.logRewritten),
    });
    this.#factRecorder = new FactRecorder(host);
  }

  async start(): Promise<void> {
    await this.#recover();
    this.#host.onRequest(TRANSACT, (statements) => this.#transact(statements));
    this.#host.onRequest(QUERY, (query) => this.#query(query));
  }

  async #recover(): Promise<void> {
    const { records, status } = await this.#log.recover();
    if (status === "unreadable")
      throw new Error("the database's medium is damaged, and nothing here survives that");
    let time = 0;
    for (const text of records) {
      const record = JSON.parse(text) as LogRecord; // only such records are appended
      const { txn, writes, upTo, unrecorded } = record;
      time = record.at;
      this.#tables.apply(writes);
      if (unrecorded === undefined) this.#log.restore({ txn, writes }, upTo);
      else this.#log.restoreAll(txn, upTo, unrecorded);
    }
    this.#timeOffset = time - this.#host.clock.monotonic();
    // Several transactions share a sync: one behind a hole proves nothing about the hole.
    if (status !== "sound") await this.#log.replace(true);
    if (this.#log.isBehind) this.#host.reached(GOALS.recordedLate);
    this.#log.recordUpTo(this.#log.txn);
  }

  #now(): Micros {
    const { clock } = this.#host;
    return this.#host.defect("lease-by-wall-clock") ? clock.now() : clock.monotonic() + this.#timeOffset;
  }

  async #transact(statements: readonly Statement[]): Promise<TransactReply> {
    while (this.#log.replacing !== undefined) await this.#log.replacing;
    const now = this.#now();
    const evaluation = this.#tables.evaluate(statements, now);
    if (!evaluation.ok) {
      await this.#log.untilDurable();
      return { status: "refused", statement: evaluation.statement, row: evaluation.row };
    }
    const { writes } = evaluation;
    if (writes.length > 0) {
      const txn = this.#log.txn + 1;
      const record: LogRecord = { txn, writes, at: now, upTo: this.#log.recorded };
      if (!this.#log.append({ txn, writes }, JSON.stringify(record))) return { status: "full" };
      this.#tables.apply(writes);
    }
    await this.#log.untilDurable();
    return { status: "committed" };
  }

  async #query({ keys = [], scans = [] }: Query): Promise<QueryReply> {
    const now = this.#now();
    const rows: KeyedRow[] = [];
    for (const key of keys) {
      const row = this.#tables.get(key);
      if (row !== undefined) rows.push([key, row]);
    }
    for (const scan of scans) rows.push(...this.#tables.scan(scan, now));
    await this.#log.untilDurable();
    return { rows, now };
  }

  async #compact(): Promise<void> {
    if (this.#log.records < this.#compactAt) return;
    const kept = await this.#log.replace(false);
    this.#compactAt = this.#log.records + this.#compactAfter;
    if (kept === undefined) return;
    this.#host.reached(GOALS.logCompacted);
    this.#log.recordUpTo(kept);
  }

  #everything(unrecorded: readonly Transaction[]): string {
    const { txn, recorded } = this.#log;
    const record: LogRecord = {
      txn,
      writes: this.#tables.all(),
      at: this.#now(),
      upTo: recorded,
      unrecorded,
    };
    return JSON.stringify(record);
  }
}
