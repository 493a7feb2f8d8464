/**
 * The transactional store of one host: versions in memory, transactions in a record log of two copies.
 *
 * A transaction is judged when it asks to commit: if nothing that it read was changed since its snapshot, it is appended to
 * the log, and answered once the log is synced; several share one sync. What is not durable yet is shown to nobody, but
 * counts when the next one is judged. When an fsync fails, and when the log has grown long, it is begun anew with one record
 * that holds everything. A log in which something is missing that counted leaves the store `damaged`: it answers nothing
 * and takes nothing on, because what it would say could be wrong.
 *
 * Every durable transaction is recorded in the history, in order and before anybody is answered by it. One that was durable
 * when the host crashed and may not have been recorded is recorded at the next start, with the same number: each record of
 * the log says how far had been recorded.
 */
import type { Host, Json } from "seedstorm";
import { invariant } from "../invariant.js";
import { STORAGE_GOALS } from "./goals.js";
import { OpenTransaction } from "./open-transaction.js";
import type { CommitRequest, ReadReply, ReadRequest, StorePort } from "./port.js";
import { RecordLog } from "./record-log.js";
import type { CommitResult, StoredEntry, Transaction, TransactionalStore } from "./transaction.js";
import { newTransactionId } from "./transaction-ids.js";
import { type StoredWrite, Versions } from "./versions.js";

export interface StoreOptions {
  /** Of its file, and in the history. Default: `store`. */
  readonly name?: string;
  /** Records after which the log is made short. Default: 512. */
  readonly compactAfter?: number;
  /** For how many transactions a snapshot stays readable. Default: 1000. */
  readonly keepSnapshots?: number;
}

/** `damaged`: something that counted is missing. Whoever owns the store decides; until then it answers nothing. */
export type StoreStatus = "open" | "damaged";

interface LoggedTransaction {
  readonly txn: number;
  readonly id: string;
  readonly writes: readonly StoredWrite[];
}

type LogRecord =
  | (LoggedTransaction & {
      /** All transactions up to this one had been recorded in the history when this was written. */
      readonly recorded: number;
    })
  /** Begins a log: everything that there was. */
  | {
      readonly txn: number;
      readonly entries: readonly StoredEntry[];
      /** Numbers of the last transactions by id. */
      readonly ids: readonly (readonly [id: string, txn: number])[];
      readonly recorded: number;
      readonly unrecorded: readonly LoggedTransaction[];
    };

export class Store implements TransactionalStore, StorePort {
  readonly #host: Host;
  readonly #log: RecordLog;
  readonly #compactAfter: number;
  readonly #keepSnapshots: number;
  /** In the history: one copy on one host. */
  readonly name: string;
  readonly #versions = new Versions();
  #status: StoreStatus = "damaged";
  /** The last transaction that was appended; the last one that is durable and recorded. */
  #txn = 0;
  #durable = 0;
  #unrecorded: LoggedTransaction[] = [];
  /** Numbers of transactions by id: a repeat of a commit is answered and not done again. */
  readonly #ids = new Map<string, number>();
  #waiting: { readonly txn: number; readonly resolve: () => void }[] = [];
  #syncing = false;
  /** While the log is begun anew nothing is appended. */
  #replacing: Promise<unknown> | undefined = undefined;

  constructor(host: Host, { name = "store", compactAfter = 512, keepSnapshots = 1000 }: StoreOptions = {}) {
    this.#host = host;
    this.name = `${name}@${host.id}`;
    this.#compactAfter = compactAfter;
    this.#keepSnapshots = keepSnapshots;
    const copies = host.defect("store-single-copy") ? 1 : 2;
    this.#log = new RecordLog(host, `${name}.log`, { copies, longestRecord: 64_000_000 });
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** To be called, and waited for, before anything else. */
  async open(): Promise<StoreStatus> {
    const { records, status } = await this.#log.recover();
    if (status === "damaged") {
      this.#recordStatus("damaged");
      return "damaged";
    }
    for (const text of records) this.#restore(JSON.parse(text) as LogRecord); // only such records are appended
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > this.#durable);
    if (status === "unequal") this.#host.reached(STORAGE_GOALS.copyRepaired);
    if (status !== "sound") await this.#replaceLog(true);
    if (this.#unrecorded.length > 0) this.#host.reached(STORAGE_GOALS.recordedLate);
    this.#recordUpTo(this.#txn);
    this.#status = "open";
    this.#recordStatus("open");
    return "open";
  }

  begin(): Transaction {
    return new OpenTransaction(this, newTransactionId(this.#host));
  }

  async read({ snapshot = this.#durable, read }: ReadRequest): Promise<ReadReply> {
    if (this.#status === "damaged") return { ok: false, code: "damaged" };
    if (snapshot < this.#versions.horizon) return { ok: false, code: "too-old" };
    return { ok: true, snapshot, entries: this.#find(snapshot, read) };
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    while (this.#replacing !== undefined) await this.#replacing;
    if (this.#status === "damaged") return { status: "unavailable" };
    const before = this.#ids.get(request.id);
    if (before !== undefined) {
      this.#host.reached(STORAGE_GOALS.commitRepeated);
      await this.#untilDurable(before);
      return { status: "committed", txn: before };
    }
    if (request.writes.length === 0) {
      this.#recordReads(request, 0);
      return { status: "committed", txn: 0 };
    }
    const conflict = this.#conflictOf(request);
    if (conflict !== undefined) {
      this.#host.reached(STORAGE_GOALS.conflict);
      return { status: "conflict", key: conflict };
    }
    const txn = this.#txn + 1;
    const { id, writes } = request;
    const record: LogRecord = { txn, id, writes, recorded: this.#durable };
    if (!this.#log.append(JSON.stringify(record))) {
      this.#host.reached(STORAGE_GOALS.full);
      return { status: "full" };
    }
    this.#recordReads(request, txn);
    this.#unrecorded.push({ txn, id, writes });
    this.#apply(txn, id, writes);
    await this.#untilDurable(txn);
    this.#recordAnswer(txn);
    return { status: "committed", txn };
  }

  /** What a read finds. */
  #find(snapshot: number, read: ReadRequest["read"]): readonly StoredEntry[] {
    switch (read.kind) {
      case "key": {
        const entry = this.#versions.get(read.key, snapshot);
        return entry === undefined ? [] : [entry];
      }
      case "prefix":
        return this.#versions.scan(read.prefix, snapshot, read.limit);
      case "due": {
        const due = this.#versions.scan(read.prefix, snapshot, Number.MAX_SAFE_INTEGER, read.until);
        // Keys are in order already, and the sort is stable.
        return due.sort((a, b) => (a.due ?? 0) - (b.due ?? 0)).slice(0, read.limit);
      }
    }
  }

  /** A key because of which the transaction must not commit. */
  #conflictOf({ snapshot, keys, ranges }: CommitRequest): string | undefined {
    if (snapshot === undefined) return undefined;
    if (snapshot < this.#versions.horizon) return keys[0]?.key ?? ranges[0]?.prefix ?? "";
    if (!this.#host.defect("store-reads-not-validated")) {
      for (const { key } of keys) {
        const isDue = this.#versions.get(key, snapshot)?.due !== undefined;
        if (isDue && this.#host.defect("store-due-not-validated")) continue;
        if (this.#versions.isChanged(key, snapshot)) return key;
      }
    }
    if (!this.#host.defect("store-scans-not-validated")) {
      for (const range of ranges) {
        const changed = this.#versions.changedIn(range, snapshot);
        if (changed !== undefined) return changed;
      }
    }
    return undefined;
  }

  #restore(record: LogRecord): void {
    if ("entries" in record) {
      this.#txn = record.txn;
      for (const { key, value, due, version } of record.entries) {
        this.#versions.apply(version, [due === undefined ? { key, value } : { key, value, due }]);
      }
      for (const [id, txn] of record.ids) this.#ids.set(id, txn);
      this.#unrecorded = [...record.unrecorded];
      // Deletions before this are forgotten: snapshots that knew better are not to be asked.
      this.#versions.forgetBelow(record.txn);
    } else {
      invariant(record.txn === this.#txn + 1, "transactions stand in the log one after the other");
      this.#apply(record.txn, record.id, record.writes);
      this.#unrecorded.push(record);
    }
    invariant(record.recorded <= this.#txn, "nothing is recorded before it is written");
    this.#durable = record.recorded;
  }

  #apply(txn: number, id: string, writes: readonly StoredWrite[]): void {
    this.#txn = txn;
    this.#versions.apply(txn, writes);
    this.#ids.set(id, txn);
    if (txn % this.#keepSnapshots !== 0) return;
    const horizon = txn - this.#keepSnapshots;
    this.#versions.forgetBelow(horizon);
    // Ids are known for longer, so that the repeat of an old commit is not taken for a conflict.
    for (const [known, at] of this.#ids) if (at <= horizon - this.#keepSnapshots) this.#ids.delete(known);
  }

  #untilDurable(txn: number): Promise<void> | undefined {
    if (this.#durable >= txn) return undefined;
    const durable = new Promise<void>((resolve) => this.#waiting.push({ txn, resolve }));
    if (!this.#syncing) void this.#sync();
    return this.#host.defect("store-answers-before-sync") ? undefined : durable;
  }

  async #sync(): Promise<void> {
    this.#syncing = true;
    while (this.#durable < this.#txn) {
      const target = this.#txn;
      if (await this.#log.sync()) {
        this.#recordUpTo(target);
        if (this.#log.records >= this.#compactAfter) {
          const kept = await this.#replaceLog(false);
          if (kept !== undefined) this.#host.reached(STORAGE_GOALS.compacted);
        }
      } else {
        await this.#replaceLog(true);
        this.#host.reached(STORAGE_GOALS.rewritten);
      }
    }
    this.#syncing = false;
  }

  /**
   * Begins the log anew; undefined when the disk had no room, which changes nothing.
   *
   * @param insist whether the old one is of no use any more.
   */
  async #replaceLog(insist: boolean): Promise<number | undefined> {
    const txn = this.#txn;
    const record: LogRecord = {
      txn,
      entries: this.#versions.entries(),
      ids: [...this.#ids],
      recorded: this.#durable,
      unrecorded: this.#unrecorded,
    };
    const replacing = this.#log.replace([JSON.stringify(record)], insist);
    this.#replacing = replacing;
    const done = await replacing;
    this.#replacing = undefined;
    if (!done) return undefined;
    this.#recordUpTo(txn);
    return txn;
  }

  /** What is durable now goes into the history, and who waited for it goes on. */
  #recordUpTo(upTo: number): void {
    for (const { txn, writes } of this.#unrecorded) {
      if (txn > upTo) break;
      this.#host.record({
        kind: "durable",
        store: this.name,
        txn,
        writes: writes.map(({ key, value = null }) => ({ key, value })),
      });
    }
    this.#durable = Math.max(this.#durable, upTo);
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > upTo);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ txn }) => txn > upTo);
    for (const { txn, resolve } of waiting) if (txn <= upTo) resolve();
  }

  #recordStatus(status: StoreStatus): void {
    this.#host.record({
      kind: "state",
      entity: "store",
      name: this.name,
      from: "closed",
      to: status,
      detail: { txn: this.#txn },
    });
  }

  /** What a transaction saw, on the strength of which it commits: from this, serializability is judged. */
  #recordReads({ id, snapshot = 0, keys, ranges, writes }: CommitRequest, txn: number): void {
    const written = writes.map(({ key, value, due }) => ({
      key,
      deleted: value === undefined,
      ...(due === undefined ? {} : { due }),
    }));
    const seen = { txn, snapshot, keys, ranges, written };
    const detail = seen as unknown as { readonly [key: string]: Json }; // plain data
    this.#host.record({
      kind: "state",
      entity: "transaction",
      name: this.name,
      from: id,
      to: txn === 0 ? "read" : "judged",
      detail,
    });
  }

  #recordAnswer(txn: number): void {
    this.#host.record({
      kind: "state",
      entity: "commit-answer",
      name: this.name,
      from: "",
      to: String(txn),
      detail: {},
    });
  }
}
