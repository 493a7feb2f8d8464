/**
 * A record log: records of text, each with its length and a checksum, in one record file or in two that hold the same.
 *
 * A record counts once it is synced. Recovery gives the records up to the first that is sound in no copy. The rest is the
 * tail that a crash tore off (`torn`), unless a later record proves that the medium lost what counted (`damaged`): then the
 * owner decides what that means. With one copy any later record is such a proof for users that sync each before they append
 * the next, and none for others; damage to the very last one looks like a torn tail. With two copies each record says how many were synced
 * when it was written, every record that was synced stands twice, and a single damage to either file loses nothing.
 *
 * When an fsync fails its pages are clean and gone and asking again proves nothing: the owner then begins the log anew with
 * `replace`, which also makes a long log short. The file takes the old one's place at once or not at all. Two copies are
 * replaced one after the other, each with the number of its generation, so that one of them is whole at any time; for this
 * nothing may be appended meanwhile.
 */
import { crc32, DiskError, type Host, ms } from "seedstorm";
import { type ReadRecord, RecordFile, scanRecords } from "./record-file.js";

const HEADER_BYTES = 8;
const SECTOR_BYTES = 512;
/** Before the disk is asked again that had no room or failed. */
const RETRY = ms(200);

/** A file of which there is no copy, and that can't be read. */
const UNREADABLE = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface RecordLogOptions {
  /** Default: 1. */
  readonly copies?: 1 | 2;
  /** What says that it is longer is no record. Default: 4,000,000 bytes. */
  readonly longestRecord?: number;
}

export interface RecoveredLog {
  readonly records: readonly string[];
  /**
   * `torn`: behind the last record there is something that never counted; so for two copies that were never begun.
   * `unequal`: one copy has what the other lacks. After these the log must be replaced before anything is appended.
   * `unreadable`: there is but one copy, and it has a sector that can't be read.
   */
  readonly status: "sound" | "torn" | "unequal" | "damaged" | "unreadable";
}

/** With where the records end in the file, the first of two copies' being the header. */
interface ScannedLog extends RecoveredLog {
  readonly ends: readonly number[];
}

const NOTHING = { records: [], ends: [] };

export class RecordLog {
  readonly #host: Host;
  readonly #files: readonly RecordFile[];
  readonly #longest: number;
  readonly #read: ReadRecord<string> = (bytes, start) => readFrame(bytes, start, this.#longest);
  readonly #frame = new Frame();
  #generation = 0;
  #records = 0;
  /** How many of them are known to be synced. */
  #synced = 0;

  /** @param name of the file; the second copy's is `NAME.2`. */
  constructor(host: Host, name: string, { copies = 1, longestRecord = 4_000_000 }: RecordLogOptions = {}) {
    this.#host = host;
    const names = copies === 1 ? [name] : [name, `${name}.2`];
    this.#files = names.map((file) => new RecordFile(host.disk, file));
    this.#longest = longestRecord;
  }

  /** Records in the log, synced or not. */
  get records(): number {
    return this.#records;
  }

  async recover(): Promise<RecoveredLog> {
    const files = await Promise.all(this.#files.map((file) => this.#bytesOf(file)));
    if (files.includes(UNREADABLE)) return { records: [], status: "unreadable" };
    const { ends, ...recovered } = this.#isDouble ? this.#scanDouble(files) : this.#scan(files);
    for (const file of this.#files) file.recovered(0, ends);
    this.#records = recovered.records.length;
    this.#synced = this.#records; // it was read from the medium
    return recovered;
  }

  /** Puts a record at the end, not yet durable. False: there is no room, and nothing was written. */
  append(record: string): boolean {
    const bytes = [this.#frame.of(this.#isDouble ? `${this.#synced} ${record}` : record)];
    const written: RecordFile[] = [];
    try {
      for (const file of this.#files) {
        file.append(bytes);
        written.push(file);
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      for (const file of written) file.cutAfter(file.records - 1);
      return false;
    }
    this.#records++;
    return true;
  }

  /** Makes durable what was appended before. False: some of it is gone, and only `replace` helps. */
  async sync(): Promise<boolean> {
    const records = this.#records;
    const synced = await Promise.all(this.#files.map((file) => isDone(file.sync())));
    if (synced.includes(false)) return false;
    this.#synced = records;
    return true;
  }

  /**
   * Begins the log anew with these records. Goes on until it is done, or gives up at the first refusal when it need not be.
   * False: nothing has changed.
   */
  async replace(records: readonly string[], insist: boolean): Promise<boolean> {
    const generation = this.#generation + 1;
    const texts = this.#isDouble
      ? [headerOf(generation, records.length), ...records.map((record) => `0 ${record}`)]
      : records;
    // Copies: they are needed until the last file is in its place.
    const frames = texts.map((text) => this.#frame.of(text).slice());
    let begun = insist;
    for (const file of this.#files) {
      while (!(await isDone(file.prepare(frames)))) {
        if (!begun) return false;
        await this.#host.sleep(RETRY);
      }
      // With the first copy in place the second must follow.
      begun = true;
      file.place();
      while (!(await isDone(file.sync()))) await this.#host.sleep(RETRY);
    }
    this.#generation = generation;
    this.#records = records.length;
    this.#synced = records.length;
    return true;
  }

  /** Removes the log, for an owner that gives up what is left of it. */
  remove(): void {
    for (const file of this.#files) file.remove();
    this.#records = 0;
  }

  get #isDouble(): boolean {
    return this.#files.length > 1;
  }

  /** What can be read of a file: a sector that can't be is all zeroes. Undefined when there is no such file. */
  async #bytesOf(file: RecordFile): Promise<Uint8Array | undefined> {
    try {
      return await file.read();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (!this.#isDouble) return UNREADABLE;
    }
    const { disk } = this.#host;
    const bytes = new Uint8Array(disk.size(file.name));
    for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
      try {
        bytes.set(await disk.read(file.name, at, SECTOR_BYTES), at);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
      }
    }
    return bytes;
  }

  /** Two copies: the newest generation that can be had whole, from either or from both together. */
  #scanDouble(files: readonly (Uint8Array | undefined)[]): ScannedLog {
    const present = files.filter((file) => file !== undefined);
    const headers = present.map((file) => this.#read(file, 0, undefined)?.record);
    const known = [...new Set(headers)].filter((header) => header !== undefined);
    known.sort((a, b) => parseHeader(b).generation - parseHeader(a).generation);
    let best: ScannedLog = { ...NOTHING, status: "damaged" };
    for (const header of known) {
      const { generation, count } = parseHeader(header);
      this.#generation = Math.max(this.#generation, generation);
      const own = present.filter((_, at) => headers[at] === header);
      const nameless = present.filter((_, at) => headers[at] === undefined);
      // A copy whose header can't be read is asked only for what the other has not.
      for (const copies of [own, [...own, ...nameless]]) {
        const { ends, ...scanned } = this.#scan(copies);
        const records = scanned.records.slice(1).map((text) => text.slice(text.indexOf(" ") + 1));
        const isWhole = scanned.status === "sound" && copies.length === files.length;
        // What it began with was durable before it took the place of the generation before.
        const isDamaged = scanned.status === "damaged" || records.length < count;
        const status = isDamaged ? "damaged" : isWhole ? "sound" : "unequal";
        if (!isDamaged) return { records, ends, status };
        if (records.length > best.records.length) best = { records, ends, status };
      }
    }
    // Where there is no second copy the first one was never finished with: nothing can have counted.
    return present.length < files.length ? { ...NOTHING, status: "torn" } : best;
  }

  /** Copies of one and the same log, record by record from whichever has it. */
  #scan(files: readonly (Uint8Array | undefined)[]): ScannedLog {
    const copies = files.filter((file) => file !== undefined);
    const { records, ends, end, isUnequal } = scanRecords(copies, 0, this.#read);
    if (copies.every((copy) => copy.length <= end)) {
      return { records, ends, status: isUnequal ? "unequal" : "sound" };
    }
    const isDamaged = copies.some((copy) => this.#provesLoss(copy, end, records.length));
    return { records, ends, status: isDamaged ? "damaged" : "torn" };
  }

  /** Whether a record behind `start` shows that the one there, which is sound nowhere, was synced. */
  #provesLoss(file: Uint8Array, start: number, records: number): boolean {
    for (let at = start + 1; at + HEADER_BYTES < file.length; at++) {
      const later = this.#read(file, at, undefined);
      if (later === undefined) continue;
      // The header is none of the records that are counted as synced.
      if (!this.#isDouble || Number.parseInt(later.record, 10) + 1 > records) return true;
    }
    return false;
  }
}

/** False when the disk would not. */
async function isDone(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof DiskError) return false;
    throw error;
  }
}

/** First record of each of two copies: the number of their generation, and how many records that began with. */
function headerOf(generation: number, count: number): string {
  return `${generation} ${count}`;
}

function parseHeader(text: string): { readonly generation: number; readonly count: number } {
  const [generation = 0, count = 0] = text.split(" ").map(Number);
  return { generation, count };
}

/** Bytes of a character in UTF-8, at most, by unit of a text's length. */
const MOST_BYTES = 3;

/** A record as it stands in a file: checksum, length and text, in a buffer that is used again and again. */
class Frame {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);

  /** The bytes stay what they are until the next record's are asked for. */
  of(record: string): Uint8Array {
    const atMost = HEADER_BYTES + record.length * MOST_BYTES;
    if (atMost > this.#bytes.length) {
      this.#bytes = new Uint8Array(atMost * 2);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const { written } = encoder.encodeInto(record, this.#bytes.subarray(HEADER_BYTES));
    const end = HEADER_BYTES + written;
    this.#view.setUint32(4, written);
    this.#view.setUint32(0, crc32(this.#bytes, 0, 4, end));
    return this.#bytes.subarray(0, end);
  }
}

function readFrame(file: Uint8Array, start: number, longest: number): ReturnType<ReadRecord<string>> {
  if (file.length - start < HEADER_BYTES) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + start, HEADER_BYTES);
  const length = view.getUint32(4);
  const end = start + HEADER_BYTES + length;
  if (length === 0 || length > longest || end > file.length) return undefined;
  if (view.getUint32(0) !== crc32(file, 0, start + 4, end)) return undefined;
  return { record: decoder.decode(file.subarray(start + HEADER_BYTES, end)), end };
}
