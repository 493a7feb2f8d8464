/**
 * The bytes of one file: what code under test sees of it (the cached view), what the medium holds of it (the durable
 * image), and the writes that are in the one and not yet in the other.
 *
 * A file that only ever grows keeps both in one buffer, the durable image being its beginning: an append is one
 * copy and an fsync moves a number. The first write that is not an append, or the first trouble, gives the
 * durable image a buffer of its own, for the rest of the incarnation. Names and latencies are not known here.
 */
import type { Random } from "./random.js";

/** What a device writes whole or not at all, in bytes. */
export const SECTOR = 512;

/** A file that is never synced is written back by itself: the older half of its writes, when they come to this many. */
const WRITE_BACK_AT = 4_096;

const SMALLEST_BUFFER = 2048;

/** What a crash did to a change that was not synced. */
export type CrashOutcome = "kept" | "torn" | "lost";

/** What a crash did to a file. */
export interface CrashedFile {
  /** For each of the changes that were not synced, in their order. */
  readonly unsynced: readonly CrashOutcome[];
  /** Changes that an fsync had failed to write since the last crash: the cache showed them until now. */
  readonly dropped: number;
}

/** A change that the cached view has and the medium has not. */
interface UnsyncedWrite {
  readonly kind: "write" | "truncate";
  /** Where the bytes go; for a truncation the new length. */
  readonly offset: number;
  readonly length: number;
  /** The bytes, once a later change would hide them; until then they are read from the cached view. */
  bytes: Uint8Array | undefined;
}

export class StoredFile {
  /** Counts the failed fsyncs: whoever synced in the meantime must be told too. */
  failures = 0;

  #bytes: Uint8Array = new Uint8Array(SMALLEST_BUFFER);
  #length = 0;
  /** The durable image, where it is not just the first `#durableLength` of `#bytes`. */
  #durable: Uint8Array | undefined;
  #durableLength = 0;
  #unsynced: UnsyncedWrite[] = [];
  #written = 0;
  #dropped = 0;
  #unreadableSectors: Set<number> | undefined;

  /** @param number ascending with the creation of files on a disk. */
  constructor(readonly number: number) {}

  /** Length of the cached view. */
  get length(): number {
    return this.#length;
  }

  get durableLength(): number {
    return this.#durableLength;
  }

  /** How many changes were made so far: a mark for `commit` and `lose`. */
  get written(): number {
    return this.#written;
  }

  append(bytes: Uint8Array): void {
    this.#put(this.#length, bytes);
  }

  /** Overwrites from `offset`; a gap between the end and `offset` is filled with zeroes. */
  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (offset < this.#length) {
      this.#separate();
      this.#keepHidden(offset, offset + bytes.length);
    }
    this.#put(offset, bytes);
  }

  /** Cuts to `length`; a longer length changes nothing. */
  truncate(length: number): void {
    if (length >= this.#length) return;
    this.#separate();
    this.#keepHidden(length, this.#length);
    this.#length = length;
    this.#remember({ kind: "truncate", offset: length, length: 0, bytes: undefined });
  }

  /** A copy of what stands there; shorter where the file ends. Undefined: a sector of it can't be read. */
  read(from: number, to: number): Uint8Array | undefined {
    const end = Math.min(to, this.#length);
    if (this.#unreadableSectors !== undefined && this.#touchesUnreadable(from, end)) return undefined;
    return this.#bytes.slice(from, Math.max(from, end));
  }

  /** The first `mark` changes reach the medium. */
  commit(mark: number): void {
    const count = this.#unsyncedUpTo(mark);
    if (count === 0) return;
    if (this.#durable === undefined) {
      const last = this.#unsynced[count - 1] as UnsyncedWrite; // count is within the list
      this.#durableLength = last.offset + last.length;
    } else {
      for (let i = 0; i < count; i++) this.#store(this.#unsynced[i] as UnsyncedWrite); // as above
    }
    if (this.#unreadableSectors !== undefined) {
      for (let i = 0; i < count; i++) this.#heal(this.#unsynced[i] as UnsyncedWrite); // as above
    }
    this.#forget(count);
  }

  /** The first `mark` changes never reach the medium, though the cached view goes on showing them. */
  lose(mark: number): void {
    this.failures++;
    const count = this.#unsyncedUpTo(mark);
    if (count === 0) return;
    this.#dropped += count;
    this.#separate();
    this.#forget(count);
  }

  /**
   * The power fails: each unsynced change reached the medium or did not, and the last write may have got there in
   * part. A sector that held data before is written whole or not at all, so an overwrite is cut where a sector
   * begins; what lies beyond the old end can be cut at any byte.
   */
  crash(random: Random): CrashedFile {
    const unsynced: CrashOutcome[] = [];
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (this.#unsynced.length > 0) {
      this.#separate();
      const last = this.#unsynced.length - 1;
      for (const [i, change] of this.#unsynced.entries()) {
        const drawn = i === last && change.length > 1 ? random.below(3) : random.below(2);
        let outcome: CrashOutcome = drawn === 1 ? "kept" : "lost";
        if (drawn === 1) this.#store(change);
        else if (drawn === 2 && this.#storeTorn(change, random.between(1, change.length - 1)))
          outcome = "torn";
        if (drawn !== 0 && this.#unreadableSectors !== undefined) this.#heal(change);
        unsynced.push(outcome);
      }
      this.#forget(this.#unsynced.length);
    }
    if (this.#durable !== undefined) this.#bytes = this.#durable;
    this.#durable = undefined;
    this.#length = this.#durableLength;
    return { unsynced, dropped };
  }

  /**
   * The last write among the first `mark` changes goes astray: its place keeps what it held. All before it
   * is committed; the change itself is left to be committed, with nothing new in it.
   *
   * @returns the bytes that are looking for another place, and the place they missed.
   */
  misdirect(mark: number): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    const count = this.#unsyncedUpTo(mark);
    let index = count - 1;
    while (index >= 0 && this.#unsynced[index]?.kind !== "write") index--;
    if (index < 0) return undefined;
    this.#separate();
    this.commit(mark - count + index);
    const change = this.#unsynced[0] as UnsyncedWrite; // all before it were committed just now
    const end = change.offset + change.length;
    const bytes = change.bytes ?? this.#bytes.slice(change.offset, end);
    change.bytes = this.#mediumCopy(change.offset, end);
    this.commit(mark - count + index + 1);
    this.#showMedium(change.offset, end);
    return { offset: change.offset, bytes };
  }

  /** Something else than the file's owner puts bytes on the medium; never beyond its end. */
  overwriteMedium(offset: number, bytes: Uint8Array): void {
    const end = Math.min(offset + bytes.length, this.#durableLength);
    this.#medium().set(bytes.subarray(0, end - offset), offset);
    this.#showMedium(offset, end);
  }

  /** One bit on the medium turns over. */
  flipBit(offset: number, bit: number): void {
    const old = this.#medium()[offset] ?? 0;
    this.overwriteMedium(offset, Uint8Array.of(old ^ (1 << bit)));
  }

  /** The sector can't be read any more, until something is written to it. */
  losesSector(sector: number): void {
    this.#unreadableSectors ??= new Set();
    this.#unreadableSectors.add(sector);
  }

  #put(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const end = offset + bytes.length;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#length, end);
    if (offset > this.#length) this.#bytes.fill(0, this.#length, offset);
    this.#bytes.set(bytes, offset);
    if (end > this.#length) this.#length = end;
    this.#remember({ kind: "write", offset, length: bytes.length, bytes: undefined });
  }

  #remember(change: UnsyncedWrite): void {
    this.#unsynced.push(change);
    this.#written++;
    if (this.#unsynced.length >= WRITE_BACK_AT) this.commit(this.#written - WRITE_BACK_AT / 2);
  }

  #unsyncedUpTo(mark: number): number {
    return Math.max(0, mark - (this.#written - this.#unsynced.length));
  }

  #forget(count: number): void {
    if (count === this.#unsynced.length) this.#unsynced.length = 0;
    else this.#unsynced.splice(0, count);
  }

  /** Gives the durable image its own buffer. */
  #separate(): void {
    this.#durable ??= grown(this.#bytes, this.#durableLength, this.#durableLength);
  }

  #medium(): Uint8Array {
    return this.#durable ?? this.#bytes;
  }

  /** What the medium holds there, zeroes where it holds nothing. */
  #mediumCopy(from: number, to: number): Uint8Array {
    const copy = new Uint8Array(to - from);
    if (from < this.#durableLength)
      copy.set(this.#medium().subarray(from, Math.min(to, this.#durableLength)));
    return copy;
  }

  /** Clean bytes are read from the medium: after trouble there, the cached view shows what it holds now. */
  #showMedium(from: number, to: number): void {
    if (this.#durable === undefined) return;
    const medium = this.#mediumCopy(from, to);
    for (let i = from; i < Math.min(to, this.#length); i++) {
      if (!this.#isDirty(i, i + 1)) this.#bytes[i] = medium[i - from] ?? 0;
    }
  }

  #isDirty(from: number, to: number): boolean {
    return this.#unsynced.some((change) => overlaps(change, from, to));
  }

  /** Unsynced writes that the next change hides must keep their bytes: they may reach the medium without it. */
  #keepHidden(from: number, to: number): void {
    for (const change of this.#unsynced) {
      if (change.bytes === undefined && overlaps(change, from, to)) {
        change.bytes = this.#bytes.slice(change.offset, change.offset + change.length);
      }
    }
  }

  #store(change: UnsyncedWrite): void {
    if (change.kind === "truncate") this.#durableLength = Math.min(this.#durableLength, change.offset);
    else this.#storeBytes(change, change.length);
  }

  /** Returns whether any of it got there. */
  #storeTorn(change: UnsyncedWrite, length: number): boolean {
    let cut = change.offset + length;
    if (cut < this.#durableLength) cut -= cut % SECTOR;
    if (cut <= change.offset) return false;
    this.#storeBytes(change, cut - change.offset);
    return true;
  }

  #storeBytes(change: UnsyncedWrite, length: number): void {
    const { offset } = change;
    const end = offset + length;
    let durable = this.#durable ?? this.#bytes;
    if (end > durable.length) {
      durable = grown(durable, this.#durableLength, end);
      this.#durable = durable;
    }
    if (offset > this.#durableLength) durable.fill(0, this.#durableLength, offset);
    durable.set(
      change.bytes === undefined ? this.#bytes.subarray(offset, end) : change.bytes.subarray(0, length),
      offset,
    );
    if (end > this.#durableLength) this.#durableLength = end;
  }

  #touchesUnreadable(from: number, to: number): boolean {
    for (const sector of this.#unreadableSectors ?? []) {
      const start = sector * SECTOR;
      if (start < to && from < start + SECTOR && !this.#isDirty(start, start + SECTOR)) return true;
    }
    return false;
  }

  #heal(change: UnsyncedWrite): void {
    for (const sector of this.#unreadableSectors ?? []) {
      const start = sector * SECTOR;
      const cutOff = change.kind === "truncate" && change.offset <= start;
      if (cutOff || overlaps(change, start, start + SECTOR)) this.#unreadableSectors?.delete(sector);
    }
  }
}

function overlaps(change: UnsyncedWrite, from: number, to: number): boolean {
  return change.kind === "write" && change.offset < to && from < change.offset + change.length;
}

/** A copy of the first `length` bytes with room for `needed`, and as much again. */
function grown(bytes: Uint8Array, length: number, needed: number): Uint8Array {
  const bigger = new Uint8Array(Math.max(SMALLEST_BUFFER, needed * 2));
  bigger.set(bytes.subarray(0, length));
  return bigger;
}
