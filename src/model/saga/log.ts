/**
 * The database's write-ahead log: one file of records, each with its length and a checksum.
 *
 * A record counts once it is synced. What comes after the first record that is not sound never counted: it
 * was torn off by a crash, or its predecessor was not kept. When a sync fails, its pages are clean and gone
 * and asking again proves nothing; then, and when the log has grown long, one record that holds everything
 * begins a new file, which takes the old one's place. Damage to what was synced is left out: the medium
 * stands for a volume that its provider replicates.
 */
import { crc32, DiskError, type Host, millis } from "seedstorm";

const HEADER_BYTES = 8;
/** Longest record: what says it is longer is not a record. */
const LONGEST = 4_000_000;
/** Before the disk is asked again that had no room or failed. */
const RETRY = millis(200);
const FILE = "wal";
const FRESH = "wal.new";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Log {
  readonly #host: Host;
  /** Records in the file. */
  records = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The records of a file that a crash may have cut anywhere. */
  async recover(): Promise<{ readonly records: readonly string[]; readonly torn: boolean }> {
    const { disk } = this.#host;
    if (!disk.exists(FILE)) return { records: [], torn: false };
    const file = await disk.read(FILE);
    const records: string[] = [];
    let end = 0;
    for (;;) {
      const record = recordAt(file, end);
      if (record === undefined) break;
      records.push(record.text);
      end = record.end;
    }
    this.records = records.length;
    return { records, torn: end < file.length };
  }

  /** Puts a record at the end, not yet durable. False: there is no room, and nothing was written. */
  append(record: string): boolean {
    try {
      this.#host.disk.append(FILE, frame(record));
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
    this.records++;
    return true;
  }

  /** Makes durable what was appended before. False: some of it is gone, and only a new file helps. */
  sync(): Promise<boolean> {
    return this.#synced(FILE);
  }

  /**
   * Begins a new file with one record. Goes on until it is done, or gives up when it need not be. False:
   * nothing has changed.
   */
  async replace(record: string, insist: boolean): Promise<boolean> {
    const { disk } = this.#host;
    const bytes = frame(record);
    while (!(await this.#written(bytes))) {
      if (!insist) return false;
      await this.#host.sleep(RETRY);
    }
    disk.rename(FRESH, FILE);
    while (!(await this.#synced(FILE))) await this.#host.sleep(RETRY);
    this.records = 1;
    return true;
  }

  async #written(bytes: Uint8Array): Promise<boolean> {
    const { disk } = this.#host;
    disk.remove(FRESH);
    try {
      disk.append(FRESH, bytes);
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
    return this.#synced(FRESH);
  }

  async #synced(file: string): Promise<boolean> {
    try {
      await this.#host.disk.fsync(file);
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
