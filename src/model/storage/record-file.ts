/**
 * A file of records, one behind the other: what every log of the models stands in. How a record is laid out is its owner's
 * business, who gives bytes to write and a function that reads one; so is what a missing record means.
 *
 * Nothing in the file counts until it is synced. It is replaced by a new one at once or not at all: `prepare` makes the new one
 * durable beside it, `place` puts it there. What the disk refuses is thrown as it comes, or rejects, as a DiskError; nothing was
 * written then.
 */
import type { Disk } from "seedstorm";

/** Reads the record at `start`, which follows `previous`; undefined when there is none that is sound. */
export type ReadRecord<R> = (
  bytes: Uint8Array,
  start: number,
  previous: R | undefined,
) => { readonly record: R; readonly end: number } | undefined;

export interface Scanned<R> {
  readonly records: readonly R[];
  /** Where each of them ends. */
  readonly ends: readonly number[];
  /** Where the last of them ends, or the header when there is none. */
  readonly end: number;
  /** One copy lacks what another has. */
  readonly isUnequal: boolean;
}

/** The records of one file, from copies of it: each from whichever has it, up to the first that is sound in none. */
export function scanRecords<R>(
  copies: readonly Uint8Array[],
  headerBytes: number,
  read: ReadRecord<R>,
): Scanned<R> {
  const records: R[] = [];
  const ends: number[] = [];
  let end = headerBytes;
  let isUnequal = false;
  for (let previous: R | undefined; ; ) {
    const found = copies.map((copy) => read(copy, end, previous));
    const sound = found.find((candidate) => candidate !== undefined);
    if (sound === undefined) return { records, ends, end, isUnequal };
    if (found.includes(undefined)) isUnequal = true;
    previous = sound.record;
    end = sound.end;
    records.push(sound.record);
    ends.push(end);
  }
}

/** Where records end that stand one behind the other. */
function endsOf(headerBytes: number, records: readonly Uint8Array[]): number[] {
  let end = headerBytes;
  return records.map((record) => {
    end += record.length;
    return end;
  });
}

function joined(header: Uint8Array, records: readonly Uint8Array[]): Uint8Array {
  const [only] = records;
  if (records.length === 1 && only !== undefined && header.length === 0) return only;
  let length = header.length;
  for (const record of records) length += record.length;
  const bytes = new Uint8Array(length);
  bytes.set(header);
  let end = header.length;
  for (const record of records) {
    bytes.set(record, end);
    end += record.length;
  }
  return bytes;
}

const NO_HEADER = new Uint8Array(0);

export class RecordFile {
  readonly name: string;
  readonly #disk: Disk;
  #headerBytes = 0;
  /** Where each record ends. */
  #ends: number[] = [];
  /** The same of what was prepared. */
  #fresh: { readonly headerBytes: number; readonly ends: readonly number[] } = { headerBytes: 0, ends: [] };

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.name = name;
  }

  /** Records in the file as the page cache shows it. */
  get records(): number {
    return this.#ends.length;
  }

  get #end(): number {
    return this.#ends[this.#ends.length - 1] ?? this.#headerBytes;
  }

  /** All that is in it; undefined when there is no such file. */
  async read(): Promise<Uint8Array | undefined> {
    return this.#disk.exists(this.name) ? this.#disk.read(this.name) : undefined;
  }

  /** What was read of it is how it stands, from here on. */
  recovered(headerBytes: number, ends: readonly number[]): void {
    this.#headerBytes = headerBytes;
    this.#ends = ends.slice();
  }

  append(records: readonly Uint8Array[]): void {
    this.#disk.append(this.name, joined(NO_HEADER, records));
    for (const record of records) this.#ends.push(this.#end + record.length);
  }

  /** Cuts off everything behind the first so many records. */
  cutAfter(records: number): void {
    this.#ends.length = Math.min(this.#ends.length, records);
    this.#disk.truncate(this.name, this.#end);
  }

  sync(): Promise<void> {
    return this.#disk.fsync(this.name);
  }

  /** Makes durable what `place` then puts in the file's place. */
  async prepare(records: readonly Uint8Array[], header: Uint8Array = NO_HEADER): Promise<void> {
    const name = this.#freshName;
    this.#disk.remove(name);
    this.#disk.append(name, joined(header, records));
    await this.#disk.fsync(name);
    this.#fresh = { headerBytes: header.length, ends: endsOf(header.length, records) };
  }

  /** Puts what was prepared in the file's place, durably once it is synced. */
  place(): void {
    this.#disk.rename(this.#freshName, this.name);
    this.recovered(this.#fresh.headerBytes, this.#fresh.ends);
  }

  remove(): void {
    this.#disk.remove(this.name);
    this.recovered(0, []);
  }

  get #freshName(): string {
    return `${this.name}.new`;
  }
}
