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
  readonly #log: RecordLog;
  readonly #connections = new Map<string, Micros>();
  #connected = 0;
  #txn = 0;
  #recorded = 0;
  #unrecorded: Transaction[] = [];
  #waiting: { readonly txn: number; readonly resolve: () => void }[] = [];
  #isSyncing = false;
  #replacing: Promise<unknown> | undefined = undefined;
  #compactAt: number;
  #timeOffset: Micros = 0;

  constructor(host: Host, options: StoreOptions) {
    this.#host = host;
    this.#options = options;
    this.#compactAt = options.compactAfter;
    this.#log = new RecordLog(host, "store");
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
      await this.#durable();
      return { status: "ok", rows };
    });
    host.onRequest(SCAN, async ({ connection, prefix, limit }): Promise<ScanReply> => {
      if (!this.#isConnected(connection)) return { status: "not-connected" };
      const now = this.#now();
      const rows = this.#rows.due(prefix, now, limit);
      await this.#durable();
      return { status: "ok", rows, now };
    });
    host.onRequest(WRITE, ({ connection, writes }) => this.#write(connection, writes));
  }

  async #recover(): Promise<void> {
    const { records, status } = await this.#log.recover();
    let time = 0;
    for (const text of records) {
      const record = JSON.parse(text) as LogRecord; // only such records are appended
      time = record.at;
      this.#txn = record.txn;
      this.#recorded = record.recorded;
      this.#rows.apply(record.rows);
      if (record.unrecorded === undefined) this.#unrecorded.push({ txn: record.txn, rows: record.rows });
      else this.#unrecorded = [...record.unrecorded];
    }
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > this.#recorded);
    if (!this.#host.defect("store-time-goes-on")) this.#timeOffset = time - this.#host.clock.monotonic();
    if (status !== "sound") await this.#replaceLog(true);
    if (this.#unrecorded.length > 0) this.#host.reached(GOALS.recordedLate);
    if (records.length === 0) await this.#begin();
    this.#recordUpTo(this.#txn);
  }

  async #begin(): Promise<void> {
    const rows = this.#options.initial.map(({ key, value }) => ({ key, value, version: 1, due: null }));
    this.#rows.apply(rows);
    this.#txn = 1;
    this.#unrecorded = [{ txn: 1, rows }];
    await this.#replaceLog(true);
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
    return { ok: true, connection };
  }

  #isConnected(connection: string): boolean {
    if (!this.#connections.has(connection)) return false;
    this.#connections.set(connection, this.#host.clock.monotonic());
    return true;
  }

  async #write(connection: string, writes: readonly RowWrite[]): Promise<WriteReply> {
    while (this.#replacing !== undefined) await this.#replacing;
    if (!this.#isConnected(connection)) return { status: "not-connected" };
    const at = this.#now();
    const evaluation = this.#rows.evaluate(writes, at, !this.#host.defect("version-unchecked"));
    if (!evaluation.ok) {
      await this.#durable();
      return { status: "conflict", current: evaluation.current };
    }
    const { rows } = evaluation;
    const record: LogRecord = { txn: this.#txn + 1, rows, at, recorded: this.#recorded };
    if (!this.#log.append(JSON.stringify(record))) return { status: "full" };
    this.#txn++;
    this.#rows.apply(rows);
    this.#unrecorded.push({ txn: this.#txn, rows });
    await this.#durable();
    return { status: "written", rows };
  }

  /** Resolves when everything that is in memory now is durable and recorded. */
  #durable(): Promise<void> | undefined {
    if (this.#recorded >= this.#txn) return undefined;
    const txn = this.#txn;
    const durable = new Promise<void>((resolve) => this.#waiting.push({ txn, resolve }));
    if (!this.#isSyncing) void this.#sync();
    return this.#host.defect("order-store-answers-before-sync") ? undefined : durable;
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true;
    while (this.#recorded < this.#txn) {
      const target = this.#txn;
      if (await this.#log.sync()) {
        this.#recordUpTo(target);
        await this.#compact();
      } else {
        this.#recordUpTo(await this.#replaceLog(true));
        this.#host.reached(GOALS.logRewritten);
      }
    }
    this.#isSyncing = false;
  }

  async #compact(): Promise<void> {
    if (this.#log.records < this.#compactAt) return;
    const kept = await this.#replaceLog(false);
    this.#compactAt = this.#log.records + this.#options.compactAfter;
    if (kept === 0) return;
    this.#host.reached(GOALS.logCompacted);
    this.#recordUpTo(kept);
  }

  /** Gives the last transaction that the new log holds; 0 when there is none, and the old one must do. */
  async #replaceLog(insist: boolean): Promise<number> {
    const txn = this.#txn;
    const record: LogRecord = {
      txn,
      rows: this.#rows.all(),
      at: this.#now(),
      recorded: this.#recorded,
      unrecorded: this.#unrecorded,
    };
    const replacing = this.#log.replace([JSON.stringify(record)], insist);
    this.#replacing = replacing;
    const done = await replacing;
    this.#replacing = undefined;
    return done ? txn : 0;
  }

  /** What is durable now goes into the history, and who waited for it goes on. */
  #recordUpTo(upTo: number): void {
    const { name } = this.#options;
    let recorded = 0;
    for (const { txn, rows } of this.#unrecorded) {
      if (txn > upTo) break;
      recorded++;
      this.#host.record({
        kind: "durable",
        store: name,
        txn,
        writes: rows.map(({ key, value, version }) => ({
          key,
          value: value === null ? null : { version, value },
        })),
      });
    }
    this.#unrecorded.splice(0, recorded);
    this.#recorded = Math.max(this.#recorded, upTo);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ txn }) => txn > upTo);
    for (const { txn, resolve } of waiting) if (txn <= upTo) resolve();
  }
}
