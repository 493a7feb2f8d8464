/**
 * The transactional store of one host: versions in memory, transactions in a record log of two copies.
 *
 * A transaction is judged when it asks to commit: if nothing that it read was changed since its snapshot, it is appended to
 * the log, and answered once the log is synced; several share one sync. What is not durable yet is shown to nobody, but
 * counts when the next one is judged. The store's own host can have a transaction carried out in one go instead (`execute`).
 * When an fsync fails, and when the log has grown long, it is begun anew with one record that holds everything. A log in
 * which something is missing that counted leaves the store `damaged`: it answers nothing and takes nothing on, because what
 * it would say could be wrong.
 *
 * Every durable transaction is recorded in the history, in order and before anybody is answered by it. One that was durable
 * when the host crashed and may not have been recorded is recorded at the next start, with the same number: each record of
 * the log says how far had been recorded.
 */
import type { Host, Json, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import { CommitLog, type CommitLogOwner } from "./commit-log.js";
import { STORAGE_GOALS } from "./goals.js";
import { OpenTransaction } from "./open-transaction.js";
import type { CommitRequest, ReadReply, ReadRequest, StorePort } from "./port.js";
import { RecordLog } from "./record-log.js";
import { SerialTransaction } from "./serial-transaction.js";
import type { CommitResult, StoredEntry, Transaction, TransactionalStore } from "./transaction.js";
import { newTransactionId } from "./transaction-ids.js";
import { type StoredWrite, Versions } from "./versions.js";

/** An owner with a catalogue of its own switches planted defects of the log on by their names there. */
export interface StoreOptions
  extends Partial<Pick<CommitLogOwner<unknown>, "answersEarly" | "ignoresFailedSync">> {
  /** Of its file, and in the history. Default: `store`. */
  readonly name?: string;
  /** Records after which the log is made short. Default: 512. */
  readonly compactAfter?: number;
  /** For how many transactions a snapshot stays readable. Default: 1000. */
  readonly keepSnapshots?: number;
  /** Of its log. One is enough on a medium that loses nothing, such as a volume that its provider replicates. Default: 2. */
  readonly copies?: 1 | 2;
  /** Follows what becomes durable: called when it stands in the history, before anybody is answered by it. */
  readonly onDurable?: (writes: readonly Write[]) => void;
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
  readonly #log: CommitLog<LoggedTransaction>;
  readonly #options: StoreOptions;
  /** In the history: one copy on one host. */
  readonly name: string;
  readonly #versions = new Versions();
  #status: StoreStatus = "damaged";
  /** Numbers of transactions by id: a repeat of a commit is answered and not done again. */
  readonly #ids = new Map<string, number>();

  constructor(host: Host, options: StoreOptions = {}) {
    const { name = "store", compactAfter = 512, answersEarly, ignoresFailedSync } = options;
    this.#host = host;
    this.name = `${name}@${host.id}`;
    this.#options = options;
    const copies = options.copies ?? (host.defect("store-single-copy") ? 1 : 2);
    const log = new RecordLog(host, `${name}.log`, { copies, longestRecord: 64_000_000 });
    this.#log = new CommitLog(log, {
      record: (transaction) => this.#record(transaction),
      everything: (unrecorded) => this.#everything(unrecorded),
      answersEarly: answersEarly ?? (() => host.defect("store-answers-before-sync")),
      ignoresFailedSync: ignoresFailedSync ?? (() => false),
      synced: () => (this.#log.records < compactAfter ? undefined : this.#compact()),
      rewritten: () => host.reached(STORAGE_GOALS.rewritten),
    });
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** To be called, and waited for, before anything else. */
  async open(): Promise<StoreStatus> {
    const { records, status } = await this.#log.recover();
    // One copy does not say how much was synced: of records that shared a sync a later one may be there without an earlier one.
    if (status === "unreadable" || (status === "damaged" && this.#options.copies !== 1)) {
      this.#recordStatus("damaged");
      return "damaged";
    }
    for (const text of records) this.#restore(JSON.parse(text) as LogRecord); // only such records are appended
    if (status === "unequal") this.#host.reached(STORAGE_GOALS.copyRepaired);
    if (status !== "sound") await this.#log.replace(true, true);
    if (this.#log.isBehind) this.#host.reached(STORAGE_GOALS.recordedLate);
    this.#log.recordUpTo(this.#log.txn);
    this.#status = "open";
    this.#recordStatus("open");
    return "open";
  }

  begin(): Transaction {
    return new OpenTransaction(this, newTransactionId(this.#host));
  }

  async read({ snapshot = this.#log.recorded, read }: ReadRequest): Promise<ReadReply> {
    if (this.#status === "damaged") return { ok: false, code: "damaged" };
    if (snapshot < this.#versions.horizon) return { ok: false, code: "too-old" };
    return { ok: true, snapshot, entries: this.#find(snapshot, read) };
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    while (this.#log.replacing !== undefined) await this.#log.replacing;
    if (this.#status === "damaged") return { status: "unavailable" };
    const before = this.#ids.get(request.id);
    if (before !== undefined) {
      this.#host.reached(STORAGE_GOALS.commitRepeated);
      await this.#log.untilDurable(before);
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
    const txn = this.#append(request);
    if (txn === undefined) return { status: "full" };
    await this.#log.untilDurable(txn);
    this.#recordAnswer(txn);
    return { status: "committed", txn };
  }

  /**
   * Carries a transaction out in one go, for the store's own host. Its value is given once all that it rests on is durable: of
   * one that wrote nothing, a refusal for instance, everything that it read. What such a one saw is not recorded.
   *
   * @param work does all of it before it returns.
   * @returns undefined when the disk has no room: then nothing was done.
   */
  async execute<T>(work: (transaction: SerialTransaction) => T): Promise<T | undefined> {
    while (this.#log.replacing !== undefined) await this.#log.replacing;
    invariant(this.#status === "open", "a store carries nothing out unless it is open");
    const transaction = new SerialTransaction(this.#versions);
    const value = work(transaction);
    transaction.end();
    if (transaction.writes === 0) await this.#log.untilDurable();
    else {
      const txn = this.#append(transaction.request(newTransactionId(this.#host), this.#log.txn));
      if (txn === undefined) return undefined;
      await this.#log.untilDurable(txn);
      this.#recordAnswer(txn);
    }
    return value;
  }

  /** Puts a transaction that commits at the end, under the number that it gives. Undefined when there is no room. */
  #append(request: CommitRequest): number | undefined {
    const { id, writes } = request;
    const transaction: LoggedTransaction = { txn: this.#log.txn + 1, id, writes };
    const record: LogRecord = { ...transaction, recorded: this.#log.recorded };
    if (!this.#log.append(transaction, JSON.stringify(record))) {
      this.#host.reached(STORAGE_GOALS.full);
      return undefined;
    }
    this.#recordReads(request, transaction.txn);
    this.#apply(transaction);
    return transaction.txn;
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
      for (const { key, value, due, version } of record.entries) {
        this.#versions.apply(version, [due === undefined ? { key, value } : { key, value, due }]);
      }
      for (const [id, txn] of record.ids) this.#ids.set(id, txn);
      this.#log.restoreAll(record.txn, record.recorded, record.unrecorded);
      // Deletions before this are forgotten: snapshots that knew better are not to be asked.
      this.#versions.forgetBelow(record.txn);
    } else {
      this.#log.restore(record, record.recorded);
      this.#apply(record);
    }
  }

  #apply({ txn, id, writes }: LoggedTransaction): void {
    this.#versions.apply(txn, writes);
    this.#ids.set(id, txn);
    const { keepSnapshots = 1000 } = this.#options;
    if (txn % keepSnapshots !== 0) return;
    const horizon = txn - keepSnapshots;
    this.#versions.forgetBelow(horizon);
    // Ids are known for longer, so that the repeat of an old commit is not taken for a conflict.
    for (const [known, at] of this.#ids) if (at <= horizon - keepSnapshots) this.#ids.delete(known);
  }

  async #compact(): Promise<void> {
    const kept = await this.#log.replace(false, true);
    if (kept !== undefined) this.#host.reached(STORAGE_GOALS.compacted);
  }

  #everything(unrecorded: readonly LoggedTransaction[]): string {
    const { txn, recorded } = this.#log;
    const record: LogRecord = {
      txn,
      entries: this.#versions.entries(),
      ids: [...this.#ids],
      recorded,
      unrecorded,
    };
    return JSON.stringify(record);
  }

  #record(transaction: LoggedTransaction): void {
    const writes = transaction.writes.map(({ key, value = null }) => ({ key, value }));
    this.#host.record({ kind: "durable", store: this.name, txn: transaction.txn, writes });
    this.#options.onDurable?.(writes);
  }

  #recordStatus(status: StoreStatus): void {
    this.#host.record({
      kind: "state",
      entity: "store",
      name: this.name,
      from: "closed",
      to: status,
      detail: { txn: this.#log.txn },
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
