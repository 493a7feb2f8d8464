/**
 * A store: one host with versioned rows on a record log, for a limited number of connections.
 *
 * A transaction is carried out in memory when it comes, appended to the log, and answered once the log is synced; several
 * share one sync. Its time begins where the log's last record left it and runs on the monotonic clock: neither a wall clock that
 * jumps nor a restart makes anything due early. Connections are kept in memory: a crash ends them all, and one that was idle
 * for long is closed. Each durable transaction is recorded to the history once, in order; one that was durable when the
 * store crashed and had not been recorded is recorded after the restart.
 */
import type { Host, Json, Micros } from "seedstorm";
import { invariant } from "../../invariant.js";
import { CommitLog } from "../../storage/commit-log.js";
import { RecordLog } from "../../storage/record-log.js";
import { GOALS } from "../goals.js";
import { Rows, type RowWrite, type StoredRow } from "./rows.js";
import {
  CONNECT,
  DISCONNECT,
  READ,
  type ReadReply,
  SCAN,
  type ScanReply,
  WRITE,
  type WriteReply,
} from "./wire.js";

interface Transaction {
  readonly txn: number;
  readonly rows: readonly StoredRow[];
}

interface LogRecord extends Transaction {
  /** The store's time. */
  readonly at: Micros;
  /** All transactions up to this one had been recorded when the record was written. */
  readonly recorded: number;
  /** In the record that begins a log, whose rows are all there are: transactions that had not been recorded. */
  readonly unrecorded?: readonly Transaction[];
}

export interface StoreOptions {
  /** In the history. */
  readonly name: string;
  readonly maxConnections: number;
  /** A connection that was not used for so long is closed. */
  readonly connectionIdle: Micros;
  /** Records after which the log is written anew. */
  readonly compactAfter: number;
  /** Rows that are there on the very first boot. */
  readonly initial: readonly { readonly key: string; readonly value: Json }[];
}

export class Store {
  readonly #host: Host;
  readonly #options: StoreOptions;
  readonly #rows = new Rows();
  readonly #log: CommitLog<Transaction>;
  readonly #connections = new Map<string, Micros>();
  #connected = 0;
  #compactAt: number;
  #timeOffset: Micros = 0;

  constructor(host: Host, options: StoreOptions) {
    this.#host = host;
    this.#options = options;
    this.#compactAt = options.compactAfter;
    this.#log = new CommitLog(new RecordLog(host, "store"), {
      record: (transaction) => this.#record(transaction),
      everything: (unrecorded) => this.#everything(unrecorded),
      answersEarly: () => host.defect("order-store-answers-before-sync"),
      synced: () => this.#compact(),
      rewritten: () => host.reached(GOALS.logRewritten),
    });
  }

  async start(): Promise<void> {
    await this.#recover();
    const host = this.#host;
    host.onRequest(CONNECT, () => this.#connect());
    host.onRequest(DISCONNECT, ({ connection }) => {
      this.#connections.delete(connection);
      return null;
    });
    host.onRequest(READ, async ({ connection, keys }): Promise<ReadReply> => {
      if (!this.#isConnected(connection)) return { status: "not-connected" };
      const rows = keys.map((key) => this.#rows.get(key));
      await this.#log.untilDurable();
      return { status: "ok", rows };
    });
    host.onRequest(SCAN, async ({ connection, prefix, limit }): Promise<ScanReply> => {
      if (!this.#isConnected(connection)) return { status: "not-connected" };
      const now = this.#now();
      const rows = this.#rows.due(prefix, now, limit);
      await this.#log.untilDurable();
      return { status: "ok", rows, now };
    });
    host.onRequest(WRITE, ({ connection, writes }) => this.#write(connection, writes));
  }

  async #recover(): Promise<void> {
    const { records, status } = await this.#log.recover();
    let time = 0;
    for (const text of records) {
      const record = JSON.parse(text) as LogRecord; // only such records are appended
      const { txn, rows, recorded, unrecorded } = record;
      time = record.at;
      this.#rows.apply(rows);
      if (unrecorded === undefined) this.#log.restore({ txn, rows }, recorded);
      else this.#log.restoreAll(txn, recorded, unrecorded);
    }
    if (!this.#host.defect("store-time-goes-on")) this.#timeOffset = time - this.#host.clock.monotonic();
    if (status !== "sound") await this.#log.replace(true);
    if (this.#log.isBehind) this.#host.reached(GOALS.recordedLate);
    if (records.length === 0) await this.#begin();
    this.#log.recordUpTo(this.#log.txn);
  }

  async #begin(): Promise<void> {
    const rows = this.#options.initial.map(({ key, value }) => ({ key, value, version: 1, due: null }));
    this.#rows.apply(rows);
    this.#log.restore({ txn: 1, rows }, 0);
    await this.#log.replace(true);
  }

  #now(): Micros {
    return this.#host.clock.monotonic() + this.#timeOffset;
  }

  #connect():
    | { readonly ok: true; readonly connection: string }
    | { readonly ok: false; readonly error: "too-many-connections" } {
    const now = this.#host.clock.monotonic();
    for (const [id, usedAt] of this.#connections) {
      if (now - usedAt > this.#options.connectionIdle) this.#connections.delete(id);
    }
    if (this.#connections.size >= this.#options.maxConnections) {
      this.#host.reached(GOALS.connectionsExhausted);
      return { ok: false, error: "too-many-connections" };
    }
    const connection = `${this.#host.incarnation}/${++this.#connected}`;
    this.#connections.set(connection, now);
    invariant(
      this.#connections.size <= this.#options.maxConnections,
      "a store has no more connections than it may have",
    );
    return { ok: true, connection };
  }

  #isConnected(connection: string): boolean {
    if (!this.#connections.has(connection)) return false;
    this.#connections.set(connection, this.#host.clock.monotonic());
    return true;
  }

  async #write(connection: string, writes: readonly RowWrite[]): Promise<WriteReply> {
    while (this.#log.replacing !== undefined) await this.#log.replacing;
    if (!this.#isConnected(connection)) return { status: "not-connected" };
    const at = this.#now();
    const evaluation = this.#rows.evaluate(writes, at, !this.#host.defect("version-unchecked"));
    if (!evaluation.ok) {
      await this.#log.untilDurable();
      return { status: "conflict", current: evaluation.current };
    }
    const { rows } = evaluation;
    const txn = this.#log.txn + 1;
    const record: LogRecord = { txn, rows, at, recorded: this.#log.recorded };
    if (!this.#log.append({ txn, rows }, JSON.stringify(record))) return { status: "full" };
    this.#rows.apply(rows);
    await this.#log.untilDurable();
    return { status: "written", rows };
  }

  async #compact(): Promise<void> {
    if (this.#log.records < this.#compactAt) return;
    const kept = await this.#log.replace(false);
    this.#compactAt = this.#log.records + this.#options.compactAfter;
    if (kept === undefined) return;
    this.#host.reached(GOALS.logCompacted);
    this.#log.recordUpTo(kept);
  }

  #everything(unrecorded: readonly Transaction[]): string {
    const { txn, recorded } = this.#log;
    const record: LogRecord = { txn, rows: this.#rows.all(), at: this.#now(), recorded, unrecorded };
    return JSON.stringify(record);
  }

  #record({ txn, rows }: Transaction): void {
    this.#host.record({
      kind: "durable",
      store: this.#options.name,
      txn,
      writes: rows.map(({ key, value, version }) => ({
        key,
        value: value === null ? null : { version, value },
      })),
    });
  }
}
