/**
 * The disk: files behind a page cache, on a medium that can fail.
 *
 * What it can do. A write is visible at once, but is sure to survive a crash only once an fsync that was
 * asked for after it has completed. A crash decides for each unsynced write by itself whether it got to the
 * medium, so a younger one may be there and an older one not (zeroes or old bytes stand in its place), and
 * it may tear the last one of each file: at a sector's edge where old data is overwritten, at any byte
 * where the file grows. A creation, a rename or a removal is there or is not. An fsync can fail: the writes
 * it was for are then *clean and gone*, shown by the cache until a crash, not on the medium, and a later
 * fsync succeeds without writing them (changes of names are journalled: they wait for it). Stored bits rot,
 * a write lands in another place and is missing in its own, a sector can't be read until something is
 * written to it: none of that is reported when it happens, and all of it shows in the next read of clean
 * data, since the cache holds on only to what is dirty. The disk can be full, slow, or stalled for a while,
 * and it can come back empty.
 *
 * What it never does. It never loses or changes what an fsync made durable, except by those faults of the
 * medium and by being wiped. It never damages names, never tears a sector that held data, never refuses a
 * write except for lack of space. When it drops writes, every fsync of that file that was under way reports
 * it. It has no throughput: an operation takes its latency, however large it is.
 *
 * Why a system must survive that: all of it happens to real disks and real page caches, most of it without
 * a sign. What is acknowledged must be fsynced before; what is read must be checked; a failed fsync must be
 * treated as a crash, since asking again proves nothing; and what one disk lost must be had from another.
 */
/** Why a disk operation failed. */
export type DiskErrorCode = "EIO" | "ENOSPC" | "ENOENT";

export class DiskError extends Error {
  override readonly name = "DiskError";
  constructor(
    readonly code: DiskErrorCode,
    readonly file: string,
    operation: string,
  ) {
    super(`${code}: ${operation} ${file}`);
  }
}

/**
 * The disk of one host, as code under test sees it. Writes go to the page cache and are visible at once;
 * only a completed `fsync` makes them survive a crash. Files keep their bytes across restarts.
 */
export interface Disk {
  /** Adds to the end of a file, which is created if need be. Throws DiskError ENOSPC. */
  append(file: string, bytes: Uint8Array): void;
  /** Overwrites from `offset`; a gap is filled with zeroes. Throws DiskError ENOSPC when the file would grow. */
  write(file: string, offset: number, bytes: Uint8Array): void;
  /** Cuts a file to `length`; nothing happens when it is shorter. Throws DiskError ENOENT. */
  truncate(file: string, length: number): void;
  /**
   * The whole file, or `length` bytes from `offset`; fewer where the file ends. A copy, as of the call. Rejects with
   * DiskError ENOENT or EIO.
   */
  read(file: string, offset?: number, length?: number): Promise<Uint8Array>;
  /** As `read`, while the host stands still: it comes back at once and takes no time. Throws what `read` rejects with. */
  readNow(file: string, offset?: number, length?: number): Uint8Array;
  /**
   * Resolves when all writes to the file before the call are durable, and its name with them. Rejects with DiskError
   * EIO: they may be lost, and asking again won't write them. For a name that was removed it makes the removal
   * durable; with ENOENT when there never was such a file.
   */
  fsync(file: string): Promise<void>;
  /**
   * As `fsync`, while the host stands still: it comes back at once and takes no time, with the same crash points. Throws
   * what `fsync` rejects with, and HostEnded when the host was crashed there: the code that called must not go on.
   */
  fsyncNow(file: string): void;
  /**
   * Puts a file there as it has been since the machine was installed: it is durable, without an fsync and its crash points.
   * Throws a RangeError when there is a file of this name.
   */
  install(file: string, bytes: Uint8Array): void;
  /**
   * Replaces `to` atomically; durable after the next fsync of `to`. Says nothing about the bytes: those that were not
   * synced may be missing under the new name. Throws DiskError ENOENT.
   */
  rename(from: string, to: string): void;
  /** Removes a file, durably after the next fsync of its name; harmless when there is none. */
  remove(file: string): void;
  exists(file: string): boolean;
  /** Length in bytes; 0 when there is no such file. */
  size(file: string): number;
  /** Names in the order in which their files were created. */
  list(): string[];
}

/** Thrown into code that calls synchronously, when its host has just crashed. Nobody hears of it. */
export class HostEnded extends Error {
  override readonly name = "HostEnded";
}
