/**
 * Transactions of one host on a record log, one after the other: each is appended as soon as it is decided, durable with the
 * next sync, which several share, and recorded in the history once, in order and before anybody is answered by it.
 *
 * One that was durable when the host crashed, and may not have been recorded, is recorded at the next start, with the same number:
 * for this each record of the log says how far had been recorded. When an fsync fails the log is begun anew with one record
 * that holds everything; so it is when the owner finds that it has grown long. What a transaction is, and what such a record
 * looks like, is the owner's.
 */
import { invariant } from "../invariant.js";
import type { RecordLog, RecoveredLog } from "./record-log.js";

export interface Numbered {
  /** From 1, one more with each. */
  readonly txn: number;
}

export interface CommitLogOwner<T> {
  /** Puts a durable transaction into the history. */
  record(transaction: T): void;
  /** The record with which the log begins anew: all there is, and which of it is not in the history yet. */
  everything(unrecorded: readonly T[]): string;
  /** Whether answers are given before what they are based on is durable, as a planted defect has it. */
  answersEarly(): boolean;
  /** Whether a failed sync is taken for a good one, as a planted defect has it. */
  ignoresFailedSync?(): boolean;
  /** A sync is through, and what it made durable is recorded. The time to make a long log short. */
  synced(): Promise<void> | undefined;
  /** A sync failed, and the log was begun anew. */
  rewritten(): void;
}

export class CommitLog<T extends Numbered> {
  readonly #log: RecordLog;
  readonly #owner: CommitLogOwner<T>;
  /** The last transaction that was appended; the last one that is durable and in the history. */
  #txn = 0;
  #recorded = 0;
  #unrecorded: T[] = [];
  #waiting: { readonly txn: number; readonly resolve: () => void }[] = [];
  #isSyncing = false;
  #replacing: Promise<boolean> | undefined = undefined;

  constructor(log: RecordLog, owner: CommitLogOwner<T>) {
    this.#log = log;
    this.#owner = owner;
  }

  get txn(): number {
    return this.#txn;
  }

  get recorded(): number {
    return this.#recorded;
  }

  /** Records of the log. */
  get records(): number {
    return this.#log.records;
  }

  /** Whether something is appended that is not in the history yet. */
  get isBehind(): boolean {
    return this.#unrecorded.length > 0;
  }

  /** While the log is begun anew nothing may be appended. */
  get replacing(): Promise<unknown> | undefined {
    return this.#replacing;
  }

  /** What is left of the log. The owner gives what its records say to `restore`, in their order. */
  recover(): Promise<RecoveredLog> {
    return this.#log.recover();
  }

  /** A record that was appended for a transaction. */
  restore(transaction: T, recorded: number): void {
    invariant(transaction.txn === this.#txn + 1, "transactions stand in the log one after the other");
    this.#restore(transaction.txn, recorded, [...this.#unrecorded, transaction]);
  }

  /** A record that began the log: everything up to `txn`. */
  restoreAll(txn: number, recorded: number, unrecorded: readonly T[]): void {
    this.#restore(txn, recorded, unrecorded);
  }

  /** Puts a transaction at the end; the last one's number is one less. False: there is no room. */
  append(transaction: T, record: string): boolean {
    invariant(transaction.txn === this.#txn + 1, "transactions stand in the log one after the other");
    if (!this.#log.append(record)) return false;
    this.#txn = transaction.txn;
    this.#unrecorded.push(transaction);
    return true;
  }

  /** Resolves when everything up to `txn` is durable and in the history; undefined when it is. */
  untilDurable(txn = this.#txn): Promise<void> | undefined {
    if (this.#recorded >= txn) return undefined;
    const durable = new Promise<void>((resolve) => this.#waiting.push({ txn, resolve }));
    if (!this.#isSyncing) void this.#sync();
    return this.#owner.answersEarly() ? undefined : durable;
  }

  /**
   * Begins the log anew, with the record of everything. Gives the last transaction that is in it: others may have come meanwhile.
   * Undefined when the disk had no room, which changes nothing.
   *
   * @param insist whether the old log is of no use any more.
   * @param records whether what is in it is recorded before anybody who waited for it appends something.
   */
  async replace(insist: boolean, records = false): Promise<number | undefined> {
    const txn = this.#txn;
    const replacing = this.#log.replace([this.#owner.everything(this.#unrecorded)], insist);
    this.#replacing = replacing;
    const isDone = await replacing;
    this.#replacing = undefined;
    if (!isDone) return undefined;
    if (records) this.recordUpTo(txn);
    return txn;
  }

  /** What is durable goes into the history, and who waited for it goes on. */
  recordUpTo(upTo: number): void {
    for (const transaction of this.#unrecorded) {
      if (transaction.txn > upTo) break;
      this.#owner.record(transaction);
    }
    this.#recorded = Math.max(this.#recorded, upTo);
    this.#unrecorded = this.#unrecorded.filter(({ txn }) => txn > upTo);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ txn }) => txn > upTo);
    for (const { txn, resolve } of waiting) if (txn <= upTo) resolve();
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true;
    while (this.#recorded < this.#txn) {
      const target = this.#txn;
      if ((await this.#log.sync()) || this.#owner.ignoresFailedSync?.()) {
        this.recordUpTo(target);
        const shortening = this.#owner.synced();
        if (shortening !== undefined) await shortening;
      } else {
        await this.replace(true, true);
        this.#owner.rewritten();
      }
    }
    this.#isSyncing = false;
  }

  #restore(txn: number, recorded: number, unrecorded: readonly T[]): void {
    invariant(recorded <= txn, "nothing is recorded before it is written");
    this.#txn = txn;
    this.#recorded = recorded;
    this.#unrecorded = unrecorded.filter((transaction) => transaction.txn > recorded);
  }
}
