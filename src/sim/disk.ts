/** Interface; the implementation follows. */

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
  /** Cuts a file to `length`. Throws DiskError ENOENT. */
  truncate(file: string, length: number): void;
  /** The whole file, or `length` bytes from `offset`. Rejects with DiskError ENOENT or EIO. */
  read(file: string, offset?: number, length?: number): Promise<Uint8Array>;
  /** Resolves when all writes to the file before the call are durable. Rejects with DiskError EIO: they may be lost. */
  fsync(file: string): Promise<void>;
  /** Replaces `to` atomically; durable after the next fsync of `to`. Throws DiskError ENOENT. */
  rename(from: string, to: string): void;
  /** Removes a file; harmless when there is none. */
  remove(file: string): void;
  exists(file: string): boolean;
  /** Length in bytes; 0 when there is no such file. */
  size(file: string): number;
  /** Names in the order of their creation. */
  list(): string[];
}
