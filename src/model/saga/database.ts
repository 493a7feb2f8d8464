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
import { RecordLog } from "../storage/record-log.js";
import { FactRecorder } from "./fact-recorder.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import { type KeyedRow, type Statement, Tables } from "./table.js";
import { QUERY, type Query, type QueryReply, TRANSACT, type TransactReply } from "./wire.js";

/** The store's name in the history. */
export const STORE = "provisioning";

/** The number of no transaction: those count from 1. */
const NOTHING = 0;

interface Transaction {
  readonly txn: number;
  readonly writes: readonly Write[];
}

interface LogRecord extends Transaction {
  /** The database's time. */
  readonly at: Micros;
  /** All transactions up to this one were in the history when the record was written. */
  readonly told: number;
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
  readonly #log: RecordLog;
  readonly #factRecorder: FactRecorder;
  /** The last transaction in memory; the last one that is durable and in the history. */
  #txn = 0;
  #told = 0;
  #unrecorded: Transaction[] = [];
  #waiting: { readonly txn: number; readonly resolve: () => void }[] = [];
  #syncing = false;
  /** While the log is written anew nothing is appended. */
  #replacing: Promise<unknown> | undefined = undefined;
  #compactAt: number;
  /** The database's time minus the monotonic clock's. */
  #timeOffset: Micros = 0;

  constructor(host: Host, { compactAfter }: SagaKnobs) {
    this.#host = host;
    this.#compactAfter = compactAfter;
    this.#compactAt = compactAfter;
    this.#log = new RecordLog(host, "wal");
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
      time = record.at;
      this.#txn = record.txn;
      this.#told = record.told;
      this.#tables.apply(record.writes);
      if (record.unrecorded === undefined) this.#unrecorded.push({ txn: record.txn, writes: record.writes });
      else this.#unrecorded = [...record.unrecorded];
    }
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > this.#told);
    this.#timeOffset = time - this.#host.clock.monotonic();
    // Several transactions share a sync: one behind a hole proves nothing about the hole.
    if (status !== "sound") await this.#replaceLog(true);
    if (this.#unrecorded.length > 0) this.#host.reached(GOALS.recordedLate);
    this.#record(this.#txn);
  }

  #now(): Micros {
    const { clock } = this.#host;
    return this.#host.defect("lease-by-wall-clock") ? clock.now() : clock.monotonic() + this.#timeOffset;
  }

  async #transact(statements: readonly Statement[]): Promise<TransactReply> {
    while (this.#replacing !== undefined) await this.#replacing;
    const now = this.#now();
    const evaluation = this.#tables.evaluate(statements, now);
    if (!evaluation.ok) {
      await this.#durable();
      return { status: "refused", statement: evaluation.statement, row: evaluation.row };
    }
    const { writes } = evaluation;
    if (writes.length > 0) {
      const record: LogRecord = { txn: this.#txn + 1, writes, at: now, told: this.#told };
      if (!this.#log.append(JSON.stringify(record))) return { status: "full" };
      this.#txn++;
      this.#tables.apply(writes);
      this.#unrecorded.push({ txn: this.#txn, writes });
    }
    await this.#durable();
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
    await this.#durable();
    return { rows, now };
  }

  /** Resolves when everything that is in memory now is durable and in the history. */
  #durable(): Promise<void> | undefined {
    if (this.#told >= this.#txn) return undefined;
    const txn = this.#txn;
    const durable = new Promise<void>((resolve) => this.#waiting.push({ txn, resolve }));
    if (!this.#syncing) void this.#sync();
    return this.#host.defect("answer-before-sync") ? undefined : durable;
  }

  async #sync(): Promise<void> {
    this.#syncing = true;
    while (this.#told < this.#txn) {
      const target = this.#txn;
      if ((await this.#log.sync()) || this.#host.defect("failed-sync-ignored")) {
        this.#record(target);
        await this.#compact();
      } else {
        this.#record(await this.#replaceLog(true));
        this.#host.reached(GOALS.logRewritten);
      }
    }
    this.#syncing = false;
  }

  async #compact(): Promise<void> {
    if (this.#log.records < this.#compactAt) return;
    const kept = await this.#replaceLog(false);
    this.#compactAt = this.#log.records + this.#compactAfter;
    if (kept === NOTHING) return;
    this.#host.reached(GOALS.logCompacted);
    this.#record(kept);
  }

  /**
   * Gives the last transaction that the new file holds: by the time that it is there, others may have come.
   *
   * @param insist whether the old file is of no use any more.
   */
  async #replaceLog(insist: boolean): Promise<number> {
    const txn = this.#txn;
    const record: LogRecord = {
      txn,
      writes: this.#tables.all(),
      at: this.#now(),
      told: this.#told,
      unrecorded: this.#unrecorded,
    };
    const replacing = this.#log.replace([JSON.stringify(record)], insist);
    this.#replacing = replacing;
    const done = await replacing;
    this.#replacing = undefined;
    return done ? txn : NOTHING;
  }

  /** What is durable now goes into the history, and who waited for it goes on. */
  #record(upTo: number): void {
    for (const { txn, writes } of this.#unrecorded) {
      if (txn > upTo) break;
      this.#host.record({ kind: "durable", store: STORE, txn, writes });
      this.#factRecorder.record(writes);
    }
    this.#told = Math.max(this.#told, upTo);
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > upTo);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ txn }) => txn > upTo);
    for (const { txn, resolve } of waiting) if (txn <= upTo) resolve();
  }
}
