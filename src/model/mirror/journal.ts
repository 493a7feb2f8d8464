/**
 * A journal: one file of checksummed records, from which a machine's small state is made again at boot.
 *
 * A record counts once it is synced. Users write one record at a time (`exclusive`), so at most one can be
 * torn by a crash. When an fsync fails its pages are clean and gone, so the whole state is written to a new
 * file that takes the old one's place; the same way a journal that has grown too long is made short. Recovery
 * gives the records up to the first that is not sound. Sound records *behind* it prove that the medium was
 * damaged and that something which counted is missing; whoever owns the journal decides what that means.
 * Damage to the very last record looks like a torn write and is not found out.
 */
import type { Host } from "seedstorm";
import { invariant } from "../invariant.js";
import { RecordLog } from "../storage/record-log.js";
import { GOALS } from "./goals.js";

/** Longest record: what says it is longer is not a record. */
const LONGEST = 65_536;

export interface Recovered {
  readonly records: readonly string[];
  /** Something that counted is missing. */
  readonly damaged: boolean;
}

export class Journal {
  readonly #host: Host;
  readonly #log: RecordLog;
  readonly #snapshot: () => readonly string[];
  /** Length after the last compaction, in records. */
  #shortest = 0;
  #last: Promise<unknown> = Promise.resolve();
  #isWriting = false;

  /** @param snapshot records that stand for all that was written so far. */
  constructor(host: Host, name: string, snapshot: () => readonly string[]) {
    this.#host = host;
    this.#log = new RecordLog(host, name, { longestRecord: LONGEST });
    this.#snapshot = snapshot;
  }

  /** Reads what is there and makes the file sound again. */
  async recover(): Promise<Recovered> {
    const { records, status } = await this.#log.recover();
    const damaged = status === "damaged" || status === "unreadable";
    if (damaged) this.#log.remove();
    else if (status === "torn") await this.#log.replace(records, true);
    this.#shortest = this.#log.records;
    return { records, damaged };
  }

  /** Work that writes; one piece at a time, in the order in which it was asked for. It must not reject. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result;
    return result;
  }

  /**
   * Writes one record and waits until it is durable; to be called from within `exclusive`. False: there is no
   * room, and nothing was written.
   */
  async write(record: string): Promise<boolean> {
    invariant(!this.#isWriting, "one record is written at a time, so that a crash tears one at most");
    if (!this.#log.append(record)) return false;
    this.#isWriting = true;
    if (!this.#host.defect("RW14") && !(await this.#log.sync())) {
      await this.#begin([...this.#snapshot(), record]);
      this.#host.reached(GOALS.journalRewritten);
    }
    this.#isWriting = false;
    return true;
  }

  /**
   * Makes the file short again when most of its records say nothing new. To be called from within
   * `exclusive`.
   */
  async tidy(): Promise<void> {
    invariant(!this.#isWriting, "a journal is made short between two records");
    if (this.#log.records > 2 * this.#shortest + 64) await this.#begin(this.#snapshot());
  }

  /** Goes on until it is done: what was written must not be lost. */
  async #begin(records: readonly string[]): Promise<void> {
    await this.#log.replace(records, true);
    this.#shortest = records.length;
  }
}
