/**
 * The write-ahead log: a record file with a header that says where it begins and for which content generation, then one record
 * for each entry. Nothing in it counts until it is synced. What is read back is what is sound: the first record that is torn, rotten or
 * out of its chain ends it. Whether what is missing had been acknowledged, the storage knows.
 */
import { crc32, type Disk, DiskError } from "seedstorm";
import { invariant } from "../invariant.js";
import { type ReadRecord, RecordFile, scanRecords } from "../storage/record-file.js";
import { checksumSeedOf, type Entry, get32, put32, readEntry } from "./entry.js";
import type { Log, LogMark } from "./log.js";

const HEADER_BYTES = 20;

// Where things stand in the header.
const CHECKSUM = 0;
const CONTENT_GENERATION = 4;
const BASE_INDEX = 8;
const BASE_TERM = 12;
const BASE_CHAIN = 16;

export interface LogContent {
  readonly base: LogMark;
  readonly entries: readonly Entry[];
  /** Bytes behind the last sound record. */
  readonly spoiltBytes: number;
}

export class LogFile {
  readonly #file: RecordFile;
  readonly #seed: number;
  #baseIndex = 0;

  constructor(disk: Disk, name: string) {
    this.#file = new RecordFile(disk, name);
    this.#seed = checksumSeedOf(name);
  }

  /** Index of the last entry in the file as the page cache shows it. */
  get lastIndex(): number {
    return this.#baseIndex + this.#file.records;
  }

  /** Adds entries; they must follow `lastIndex`. Throws DiskError ENOSPC. */
  append(entries: readonly Entry[]): void {
    invariant(
      entries[0]?.index === this.lastIndex + 1,
      "what is appended to a log file follows what is in it",
    );
    this.#file.append(entries.map(bytesOf));
  }

  /** Cuts off everything behind `index`. */
  cutAfter(index: number): void {
    if (index < this.lastIndex) this.#file.cutAfter(Math.max(0, index - this.#baseIndex));
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Replaces the file by a new one with all of `log`, at once or not at all. Rejects with DiskError. */
  async rewrite(log: Log, contentGeneration: number): Promise<void> {
    const { base } = log;
    const entries = log.slice(base.index + 1, Number.MAX_SAFE_INTEGER);
    await this.#file.prepare(entries.map(bytesOf), headerOf(base, contentGeneration, this.#seed));
    this.#file.place();
    this.#baseIndex = base.index;
    await this.#file.sync();
  }

  /**
   * Reads what is sound; undefined when there is nothing for this content generation or it can't be read.
   *
   * @param trusting takes records without looking at their checksums.
   */
  async recover(contentGeneration: number, trusting: boolean): Promise<LogContent | undefined> {
    const bytes = await this.#read();
    if (bytes === undefined || bytes.length < HEADER_BYTES) return undefined;
    const header = bytes.subarray(CONTENT_GENERATION, HEADER_BYTES);
    if (get32(bytes, CHECKSUM) !== crc32(header, this.#seed)) return undefined;
    if (get32(bytes, CONTENT_GENERATION) !== contentGeneration) return undefined;
    const base: LogMark = {
      index: get32(bytes, BASE_INDEX),
      term: get32(bytes, BASE_TERM),
      chain: get32(bytes, BASE_CHAIN),
    };
    const read: ReadRecord<Entry> = (file, start, previous) => {
      const { index, chain } = previous ?? base;
      const record = readEntry(file, start, index, chain, trusting);
      return record && { record, end: start + record.bytes.length };
    };
    const { records, ends, end } = scanRecords([bytes], HEADER_BYTES, read);
    this.#baseIndex = base.index;
    this.#file.recovered(HEADER_BYTES, ends);
    const spoiltBytes = bytes.length - end;
    if (spoiltBytes > 0) this.#file.cutAfter(records.length);
    return { base, entries: records, spoiltBytes };
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await this.#file.read();
    } catch (error) {
      if (error instanceof DiskError) return undefined;
      throw error;
    }
  }
}

const bytesOf = ({ bytes }: Entry): Uint8Array => bytes;

function headerOf(base: LogMark, contentGeneration: number, seed: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  put32(header, CONTENT_GENERATION, contentGeneration);
  put32(header, BASE_INDEX, base.index);
  put32(header, BASE_TERM, base.term);
  put32(header, BASE_CHAIN, base.chain);
  put32(header, CHECKSUM, crc32(header, seed, CONTENT_GENERATION));
  return header;
}
