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
import { crc32, DiskError, type Host, millis } from "seedstorm";
import { GOALS } from "./goals.js";

const HEADER_BYTES = 8;
/** Longest record: what says it is longer is not a record. */
const LONGEST = 65_536;
/** Before the disk is asked again that had no room or failed. */
const RETRY = millis(200);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Recovered {
  readonly records: readonly string[];
  /** Something that counted is missing. */
  readonly damaged: boolean;
}

export class Journal {
  readonly #host: Host;
  readonly #name: string;
  readonly #snapshot: () => readonly string[];
  #records = 0;
  /** Length after the last compaction, in records. */
  #shortest = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param snapshot records that stand for all that was written so far. */
  constructor(host: Host, name: string, snapshot: () => readonly string[]) {
    this.#host = host;
    this.#name = name;
    this.#snapshot = snapshot;
  }

  /** Reads what is there and makes the file sound again. */
  async recover(): Promise<Recovered> {
    const { disk } = this.#host;
    if (!disk.exists(this.#name)) return { records: [], damaged: false };
    let file: Uint8Array;
    try {
      file = await disk.read(this.#name);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      disk.remove(this.#name);
      return { records: [], damaged: true };
    }
    const records: string[] = [];
    let end = 0;
    for (;;) {
      const record = recordAt(file, end);
      if (record === undefined) break;
      records.push(record.text);
      end = record.end;
    }
    this.#records = records.length;
    this.#shortest = records.length;
    if (end === file.length) return { records, damaged: false };
    if (!anySoundAfter(file, end)) {
      await this.#rewrite(records);
      return { records, damaged: false };
    }
    disk.remove(this.#name);
    this.#records = 0;
    this.#shortest = 0;
    return { records, damaged: true };
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
    const { disk } = this.#host;
    try {
      disk.append(this.#name, frame(record));
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
    try {
      if (!this.#host.defect("RW14")) await disk.fsync(this.#name);
      this.#records++;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      await this.#rewrite([...this.#snapshot(), record]);
      this.#host.reached(GOALS.journalRewritten);
    }
    return true;
  }

  /**
   * Makes the file short again when most of its records say nothing new. To be called from within
   * `exclusive`.
   */
  async tidy(): Promise<void> {
    if (this.#records > 2 * this.#shortest + 64) await this.#rewrite(this.#snapshot());
  }

  /** Goes on until it is done: what was written must not be lost. */
  async #rewrite(records: readonly string[]): Promise<void> {
    const { disk } = this.#host;
    const fresh = `${this.#name}.new`;
    for (;;) {
      try {
        disk.remove(fresh);
        disk.append(fresh, joined(records));
        await disk.fsync(fresh);
        break;
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        await this.#host.sleep(RETRY);
      }
    }
    disk.rename(fresh, this.#name);
    while (!(await this.#synced())) await this.#host.sleep(RETRY);
    this.#records = records.length;
    this.#shortest = records.length;
  }

  async #synced(): Promise<boolean> {
    try {
      await this.#host.disk.fsync(this.#name);
      return true;
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
  }
}

function frame(record: string): Uint8Array {
  const body = encoder.encode(record);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes.set(body, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, body.length);
  view.setUint32(0, crc32(bytes.subarray(4)));
  return bytes;
}

function joined(records: readonly string[]): Uint8Array {
  const frames = records.map(frame);
  const bytes = new Uint8Array(frames.reduce((length, record) => length + record.length, 0));
  let end = 0;
  for (const record of frames) {
    bytes.set(record, end);
    end += record.length;
  }
  return bytes;
}

function recordAt(
  file: Uint8Array,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  if (file.length - start < HEADER_BYTES) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + start, HEADER_BYTES);
  const length = view.getUint32(4);
  const end = start + HEADER_BYTES + length;
  if (length === 0 || length > LONGEST || end > file.length) return undefined;
  if (view.getUint32(0) !== crc32(file.subarray(start + 4, end))) return undefined;
  return { text: decoder.decode(file.subarray(start + HEADER_BYTES, end)), end };
}

function anySoundAfter(file: Uint8Array, start: number): boolean {
  for (let at = start + 1; at + HEADER_BYTES < file.length; at++) {
    if (recordAt(file, at) !== undefined) return true;
  }
  return false;
}
