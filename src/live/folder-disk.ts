/**
 * A disk that is a folder of a real one. What it promises is what the operating system does: an fsync of a file brings its bytes
 * and its name to the medium. Files stay open between calls.
 *
 * What it leaves out: faults that only a simulated medium can have. A process that is killed loses nothing that it wrote, synced or
 * not, since the page cache is the machine's; only the machine's own crash would show what was not synced.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Disk, DiskError, type DiskErrorCode } from "../sim/disk.js";

const CODES: readonly DiskErrorCode[] = ["EIO", "ENOSPC", "ENOENT"];
/** A disk quota, and a file as large as one may be, are as good as a full disk. */
const FULL: ReadonlySet<unknown> = new Set(["EDQUOT", "EFBIG"]);

const fsyncLater = promisify(fsync);

export class FolderDisk implements Disk {
  readonly #folder: string;
  readonly #open = new Map<string, number>();
  /** Names that went since the folder was synced last. */
  readonly #gone = new Set<string>();
  /** Whether names came or went since the folder was synced last; of those of an earlier process it is not known. */
  #namesChanged = true;

  /** @param folder is made where it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  append(file: string, bytes: Uint8Array): void {
    this.#write(file, bytes, this.size(file));
  }

  write(file: string, offset: number, bytes: Uint8Array): void {
    this.#write(file, bytes, offset);
  }

  truncate(file: string, length: number): void {
    this.#mustExist(file, "truncate");
    doing("truncate", file, () => {
      if (this.size(file) > length) ftruncateSync(this.#handle(file), length);
    });
  }

  async read(file: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    return this.readNow(file, offset, length);
  }

  readNow(file: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Uint8Array {
    this.#mustExist(file, "read");
    return doing("read", file, () => {
      const handle = this.#handle(file);
      const wanted = Math.max(0, Math.min(length, fstatSync(handle).size - offset));
      const bytes = new Uint8Array(wanted);
      let done = 0;
      while (done < wanted) {
        const read = readSync(handle, bytes, done, wanted - done, offset + done);
        if (read === 0) break;
        done += read;
      }
      return bytes.subarray(0, done);
    });
  }

  async fsync(file: string): Promise<void> {
    this.#mustBeKnown(file);
    try {
      if (this.exists(file)) await fsyncLater(this.#handle(file));
    } catch (error) {
      throw diskError(error, "fsync", file);
    }
    this.#syncNames(file);
  }

  fsyncNow(file: string): void {
    this.#mustBeKnown(file);
    doing("fsync", file, () => {
      if (this.exists(file)) fsyncSync(this.#handle(file));
    });
    this.#syncNames(file);
  }

  install(file: string, bytes: Uint8Array): void {
    if (this.exists(file)) throw new RangeError(`there is a file ${file} already`);
    this.append(file, bytes);
    this.fsyncNow(file);
  }

  rename(from: string, to: string): void {
    this.#mustExist(from, "rename");
    if (from === to) return;
    this.#close(from);
    this.#close(to);
    doing("rename", from, () => renameSync(this.#path(from), this.#path(to)));
    this.#gone.add(from);
    this.#namesChanged = true;
  }

  remove(file: string): void {
    if (!this.exists(file)) return;
    this.#close(file);
    doing("remove", file, () => rmSync(this.#path(file)));
    this.#gone.add(file);
    this.#namesChanged = true;
  }

  exists(file: string): boolean {
    return existsSync(this.#path(file));
  }

  size(file: string): number {
    return statSync(this.#path(file), { throwIfNoEntry: false })?.size ?? 0;
  }

  list(): string[] {
    const born = (name: string): number => statSync(join(this.#folder, name)).birthtimeMs;
    return readdirSync(this.#folder)
      .sort((a, b) => born(a) - born(b))
      .map(decodeURIComponent);
  }

  /** What could be written of it stays away when not all of it could be. */
  #write(file: string, bytes: Uint8Array, offset: number): void {
    const before = this.size(file);
    try {
      const handle = this.#handle(file);
      let done = 0;
      while (done < bytes.length) done += writeSync(handle, bytes, done, bytes.length - done, offset + done);
    } catch (error) {
      if (this.size(file) > before) ftruncateSync(this.#handle(file), before);
      throw diskError(error, "write", file);
    }
  }

  /** A name is durable when its folder is. */
  #syncNames(file: string): void {
    if (!this.#namesChanged) return;
    doing("fsync", file, () => {
      const handle = openSync(this.#folder, "r");
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    });
    this.#namesChanged = false;
    this.#gone.clear();
  }

  #handle(file: string): number {
    const known = this.#open.get(file);
    if (known !== undefined) return known;
    const path = this.#path(file);
    const isThere = existsSync(path);
    const handle = openSync(path, isThere ? "r+" : "w+");
    if (!isThere) this.#namesChanged = true;
    this.#open.set(file, handle);
    return handle;
  }

  #close(file: string): void {
    const handle = this.#open.get(file);
    if (handle === undefined) return;
    this.#open.delete(file);
    closeSync(handle);
  }

  #path(file: string): string {
    return join(this.#folder, encodeURIComponent(file));
  }

  #mustBeKnown(file: string): void {
    if (!this.exists(file) && !this.#gone.has(file)) throw new DiskError("ENOENT", file, "fsync");
  }

  #mustExist(file: string, operation: string): void {
    if (!this.exists(file)) throw new DiskError("ENOENT", file, operation);
  }
}

function doing<T>(operation: string, file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw diskError(error, operation, file);
  }
}

/** What the operating system says, as a disk says it; what a disk never says stays what it is. */
function diskError(error: unknown, operation: string, file: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (FULL.has(error.code)) return new DiskError("ENOSPC", file, operation);
  const code = CODES.find((each) => each === error.code);
  return code === undefined ? error : new DiskError(code, file, operation);
}
