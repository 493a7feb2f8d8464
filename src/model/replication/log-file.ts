/**
 * The write-ahead log: one file, a header that says where it begins and for which content generation, then one record
 * for each entry. Nothing in it counts until it is synced. What is read back is what is sound: the first record that is torn, rotten or
 * out of its chain ends it. Whether what is missing had been acknowledged, the storage knows.
 */
import { crc32, type Disk, DiskError } from "seedstorm";
import { invariant } from "../invariant.js";
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
  readonly #disk: Disk;
  readonly #name: string;
  readonly #seed: number;
  #baseIndex = 0;
  /** Where each record ends, the first one's index being one above the base. */
  #ends: number[] = [];

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#name = name;
    this.#seed = checksumSeedOf(name);
  }

  /** Index of the last entry in the file as the page cache shows it. */
  get lastIndex(): number {
    return this.#baseIndex + this.#ends.length;
  }

  /** Adds entries; they must follow `lastIndex`. Throws DiskError ENOSPC. */
  append(entries: readonly Entry[]): void {
    const [first] = entries;
    invariant(first?.index === this.lastIndex + 1, "what is appended to a log file follows what is in it");
    if (entries.length === 1) this.#disk.append(this.#name, first.bytes);
    else this.#disk.append(this.#name, joined(undefined, entries));
    for (const entry of entries) this.#ends.push(this.#length() + entry.bytes.length);
  }

  /** Cuts off everything behind `index`. */
  cutAfter(index: number): void {
    if (index >= this.lastIndex) return;
    this.#ends.length = Math.max(0, index - this.#baseIndex);
    this.#disk.truncate(this.#name, this.#length());
  }

  sync(): Promise<void> {
    return this.#disk.fsync(this.#name);
  }

  /** Replaces the file by a new one with all of `log`, at once or not at all. Throws or rejects with DiskError. */
  async rewrite(log: Log, contentGeneration: number): Promise<void> {
    const fresh = `${this.#name}.new`;
    const { base } = log;
    const entries = log.slice(base.index + 1, Number.MAX_SAFE_INTEGER);
    this.#disk.remove(fresh);
    this.#disk.append(fresh, joined(headerOf(base, contentGeneration, this.#seed), entries));
    await this.#disk.fsync(fresh);
    this.#disk.rename(fresh, this.#name);
    this.#baseIndex = base.index;
    this.#ends = [];
    for (const entry of entries) this.#ends.push(this.#length() + entry.bytes.length);
    await this.#disk.fsync(this.#name);
  }

  /**
   * Reads what is sound; undefined when there is nothing for this content generation or it can't be read.
   *
   * @param trusting takes records without looking at their checksums.
   */
  async recover(contentGeneration: number, trusting: boolean): Promise<LogContent | undefined> {
    if (!this.#disk.exists(this.#name)) return undefined;
    const file = await this.#read();
    if (file === undefined || file.length < HEADER_BYTES) return undefined;
    const header = file.subarray(CONTENT_GENERATION, HEADER_BYTES);
    if (get32(file, CHECKSUM) !== crc32(header, this.#seed)) return undefined;
    if (get32(file, CONTENT_GENERATION) !== contentGeneration) return undefined;
    const base: LogMark = {
      index: get32(file, BASE_INDEX),
      term: get32(file, BASE_TERM),
      chain: get32(file, BASE_CHAIN),
    };
    const entries: Entry[] = [];
    this.#baseIndex = base.index;
    this.#ends = [];
    let end = HEADER_BYTES;
    let last: LogMark = base;
    for (;;) {
      const entry = readEntry(file, end, last.index, last.chain, trusting);
      if (entry === undefined) break;
      entries.push(entry);
      end += entry.bytes.length;
      this.#ends.push(end);
      last = entry;
    }
    const spoiltBytes = file.length - end;
    if (spoiltBytes > 0) this.#disk.truncate(this.#name, end);
    return { base, entries, spoiltBytes };
  }

  remove(): void {
    this.#disk.remove(this.#name);
    this.#baseIndex = 0;
    this.#ends = [];
  }

  #length(): number {
    return this.#ends[this.#ends.length - 1] ?? HEADER_BYTES;
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await this.#disk.read(this.#name);
    } catch (error) {
      if (error instanceof DiskError) return undefined;
      throw error;
    }
  }
}

function headerOf(base: LogMark, contentGeneration: number, seed: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  put32(header, CONTENT_GENERATION, contentGeneration);
  put32(header, BASE_INDEX, base.index);
  put32(header, BASE_TERM, base.term);
  put32(header, BASE_CHAIN, base.chain);
  put32(header, CHECKSUM, crc32(header, seed, CONTENT_GENERATION));
  return header;
}

function joined(header: Uint8Array | undefined, entries: readonly Entry[]): Uint8Array {
  let length = header?.length ?? 0;
  for (const entry of entries) length += entry.bytes.length;
  const bytes = new Uint8Array(length);
  let end = 0;
  if (header !== undefined) {
    bytes.set(header);
    end = header.length;
  }
  for (const entry of entries) {
    bytes.set(entry.bytes, end);
    end += entry.bytes.length;
  }
  return bytes;
}
