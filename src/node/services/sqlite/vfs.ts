/**
 * SQLite's files, clock and randomness on a simulated host. Database, journal and write-ahead log are files of the host's
 * disk: a write is in the page cache, `xSync` is an fsync with its crash points, and what a crash leaves is what the next
 * process opens. Disk errors come back as SQLite's own. Temporary files are memory, as they have no name on a real disk.
 *
 * An operation takes no virtual time: the program stands still, as it does outside, and nothing else of the host runs.
 */
import { dirname } from "node:path/posix";
import { type Disk, DiskError } from "../../../sim/disk.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import { FileSystem } from "../../fs/file-system.js";
import { type Callback, install, type Signature } from "./callbacks.js";
import type { Library } from "./library.js";
import { LOCK, SharedFile } from "./locks.js";

const OK = 0;
const IOERR = 10;
const FULL = 13;
const BUSY = 5;
const CANTOPEN = 14;
const NOTFOUND = 12;
const IOERR_READ = IOERR | (1 << 8);
const IOERR_SHORT_READ = IOERR | (2 << 8);
const IOERR_WRITE = IOERR | (3 << 8);
const IOERR_FSYNC = IOERR | (4 << 8);
const IOERR_TRUNCATE = IOERR | (6 << 8);
const IOERR_DELETE = IOERR | (10 << 8);

const OPEN_CREATE = 0x4;
const OPEN_EXCLUSIVE = 0x10;
const OPEN_DELETE_ON_CLOSE = 0x8;
const OPEN_READ_ONLY = 0x1;
const OPEN_JOURNAL = 0x800;
const OPEN_WAL = 0x8_0000;
const SHM_UNLOCK = 1;
const SHM_SHARED = 4;

/** As on Unix: a sector's neighbours survive a write that is torn. */
const SECTOR_SIZE = 4_096;
const POWERSAFE_OVERWRITE = 0x1000;

const VFS_BYTES = 88;
const VFS_VERSION = 2;
const METHODS_BYTES = 72;
const METHODS_VERSION = 2;
const LONGEST_PATH = 512;
/** Of SQLite's structure for an open file: its methods, and the number that it has here. */
const FILE_BYTES = 8;
/** Milliseconds from the beginning of Julian days to 1970. */
const JULIAN_EPOCH = 210_866_760_000_000n;
const MS_A_DAY = 86_400_000;

type Pointer = number;

/** An open file. */
interface Handle {
  /** Undefined for a temporary file. */
  readonly path: string | undefined;
  readonly deleteOnClose: boolean;
  readonly shared: SharedFile;
  /** A journal or a log that was created: with its first sync goes one of its folder, as on Unix. */
  isNew: boolean;
  readonly memory: { bytes: Uint8Array };
}

/** Of a disk, between two crashes of its host: processes come and go. */
const removals = new WeakMap<Disk, Set<string>>();

/** Makes a library's files those of the process. */
export function furnish(library: Library, simulated: SimulatedProcess): void {
  new Vfs(library, simulated).register();
}

class Vfs {
  readonly #library: Library;
  readonly #simulated: SimulatedProcess;
  readonly #files: FileSystem;
  readonly #handles = new Map<number, Handle>();
  readonly #shared = new Map<string, SharedFile>();
  /** Names whose removal may not last yet. */
  readonly #removed: Set<string>;
  #opened = 0;
  #methods: Pointer = 0;

  constructor(library: Library, simulated: SimulatedProcess) {
    this.#library = library;
    this.#simulated = simulated;
    const { disk } = simulated.host;
    this.#files = new FileSystem(disk, simulated.options.entry);
    this.#removed = removals.get(disk) ?? new Set();
    removals.set(disk, this.#removed);
  }

  register(): void {
    const { c, view } = this.#library;
    const methods = this.#fileMethods();
    const functions = this.#vfsFunctions();
    const first = install(c.__indirect_function_table, [...methods, ...functions]);
    this.#methods = this.#library.allocate(METHODS_BYTES);
    const vfs = this.#library.allocate(VFS_BYTES);
    const name = this.#library.allocate(8);
    this.#library.bytes.set(Buffer.from("disk\0"), name);
    view.setInt32(this.#methods, METHODS_VERSION, true);
    methods.forEach((_, index) => {
      view.setUint32(this.#methods + 4 + 4 * index, first + index, true);
    });
    const head = [VFS_VERSION, FILE_BYTES, LONGEST_PATH, 0, name, 0];
    head.forEach((value, index) => {
      view.setUint32(vfs + 4 * index, value, true);
    });
    // No extensions are loaded: the four functions for that, from the fifth on, are not there.
    const [xOpen, xDelete, xAccess, xFullPathname, ...others] = functions.map(
      (_, index) => first + methods.length + index,
    );
    const pointers = [xOpen, xDelete, xAccess, xFullPathname, 0, 0, 0, 0, ...others];
    pointers.forEach((value = 0, index) => {
      view.setUint32(vfs + 4 * (head.length + index), value, true);
    });
    c.sqlite3_initialize();
    c.sqlite3_vfs_register(vfs, 1);
  }

  /** In the order in which they stand in `sqlite3_vfs`, those for extensions left out. */
  #vfsFunctions(): Callback[] {
    const callback = (signature: Signature, call: (...args: never[]) => number): Callback => ({
      signature,
      call,
    });
    return [
      callback("iiiii>i", (_vfs: Pointer, name: Pointer, file: Pointer, flags: number, result: Pointer) =>
        this.#open(name, file, flags, result),
      ),
      callback("iii>i", (_vfs: Pointer, name: Pointer, syncs: number) => this.#delete(name, syncs !== 0)),
      callback("iiii>i", (_vfs: Pointer, name: Pointer, _flags: number, result: Pointer) => {
        const found = this.#files.exists(this.#library.text(name));
        this.#library.view.setInt32(result, found ? 1 : 0, true);
        return OK;
      }),
      callback("iiii>i", (_vfs: Pointer, name: Pointer, length: number, result: Pointer) => {
        const path = Buffer.from(`${this.#files.path(this.#library.text(name))}\0`);
        if (path.length > length) return CANTOPEN;
        this.#library.bytes.set(path, result);
        return OK;
      }),
      callback("iii>i", (_vfs: Pointer, length: number, result: Pointer) => {
        this.#simulated.entropy.fill(this.#library.bytes.subarray(result, result + length));
        return length;
      }),
      callback("ii>i", (_vfs: Pointer, micros: number) => micros),
      callback("ii>i", (_vfs: Pointer, result: Pointer) => {
        const days = (Number(JULIAN_EPOCH) + this.#simulated.now()) / MS_A_DAY;
        this.#library.view.setFloat64(result, days, true);
        return OK;
      }),
      callback("iii>i", () => OK),
      callback("ii>i", (_vfs: Pointer, result: Pointer) => {
        const now = JULIAN_EPOCH + BigInt(this.#simulated.now());
        this.#library.view.setBigInt64(result, now, true);
        return OK;
      }),
    ];
  }

  /** In the order in which they stand in `sqlite3_io_methods`. */
  #fileMethods(): Callback[] {
    const method = (
      signature: Signature,
      call: (handle: Handle, id: number, ...args: never[]) => unknown,
    ): Callback => ({
      signature,
      call: (file: Pointer, ...args: never[]) => {
        const id = this.#library.view.getInt32(file + 4, true);
        const handle = this.#handles.get(id);
        if (handle === undefined) return IOERR;
        return call(handle, id, ...args);
      },
    });
    const set = (at: Pointer, value: number): void => this.#library.view.setInt32(at, value, true);
    return [
      method("i>i", (handle, id) => this.#close(handle, id)),
      method("iiil>i", (handle, _id, to: Pointer, length: number, at: bigint) =>
        this.#read(handle, to, length, Number(at)),
      ),
      method("iiil>i", (handle, _id, from: Pointer, length: number, at: bigint) =>
        this.#write(handle, this.#library.bytes.slice(from, from + length), Number(at)),
      ),
      method("il>i", (handle, _id, length: bigint) => this.#truncate(handle, Number(length))),
      method("ii>i", (handle) => this.#sync(handle)),
      method("ii>i", ({ path, memory }, _id, result: Pointer) => {
        const size = path === undefined ? memory.bytes.length : this.#simulated.host.disk.size(path);
        this.#library.view.setBigInt64(result, BigInt(size), true);
        return OK;
      }),
      method("ii>i", ({ shared }, id, level: number) => (shared.lock(id, level) ? OK : BUSY)),
      method("ii>i", ({ shared }, id, level: number) => {
        shared.unlock(id, level);
        return OK;
      }),
      method("ii>i", ({ shared }, _id, result: Pointer) => {
        set(result, shared.isReserved ? 1 : 0);
        return OK;
      }),
      method("iii>i", () => NOTFOUND),
      method("i>i", () => SECTOR_SIZE),
      method("i>i", () => POWERSAFE_OVERWRITE),
      method("iiiii>i", ({ shared }, id, region: number, bytes: number, extend: number, result: Pointer) => {
        shared.users.add(id);
        set(result, this.#region(shared, region, bytes, extend !== 0));
        return OK;
      }),
      method("iiii>i", ({ shared }, id, first: number, count: number, flags: number) => {
        if ((flags & SHM_UNLOCK) !== 0) {
          shared.unlockSlots(id, first, count);
          return OK;
        }
        return shared.lockSlots(id, first, count, (flags & SHM_SHARED) === 0) ? OK : BUSY;
      }),
      method("i>", () => {}), // a barrier: there is one thread
      method("ii>i", ({ shared }, id) => {
        this.#unmap(shared, id);
        return OK;
      }),
    ];
  }

  #open(name: Pointer, file: Pointer, flags: number, result: Pointer): number {
    const path = name === 0 ? undefined : this.#library.text(name);
    const { view } = this.#library;
    view.setUint32(file, 0, true); // without methods it is not open
    let granted = flags;
    let isNew = false;
    if (path !== undefined) {
      const exists = this.#files.exists(path);
      if (exists && (flags & OPEN_EXCLUSIVE) !== 0) return CANTOPEN;
      if (!exists && (flags & OPEN_CREATE) === 0) return CANTOPEN;
      isNew = !exists && (flags & (OPEN_JOURNAL | OPEN_WAL)) !== 0;
      // Creates it, or brings one of the package's own to the disk.
      const opened = this.#tried(CANTOPEN, () =>
        this.#files.close(this.#files.open(path, exists ? "r+" : "a")),
      );
      if (opened !== OK) return opened;
    } else granted &= ~OPEN_READ_ONLY;
    const id = ++this.#opened;
    const shared = (path === undefined ? undefined : this.#shared.get(path)) ?? new SharedFile();
    if (path !== undefined) this.#shared.set(path, shared);
    const deleteOnClose = (flags & OPEN_DELETE_ON_CLOSE) !== 0;
    this.#handles.set(id, { path, deleteOnClose, shared, isNew, memory: { bytes: new Uint8Array(0) } });
    if (result !== 0) view.setInt32(result, granted, true);
    view.setUint32(file, this.#methods, true);
    view.setInt32(file + 4, id, true);
    return OK;
  }

  #close({ path, deleteOnClose, shared }: Handle, id: number): number {
    this.#handles.delete(id);
    shared.unlock(id, LOCK.none);
    this.#unmap(shared, id);
    if (path === undefined) return OK;
    if (deleteOnClose) this.#simulated.host.disk.remove(path);
    if (![...this.#handles.values()].some((other) => other.shared === shared)) this.#shared.delete(path);
    return OK;
  }

  /** The last one that uses the log's index gives its memory back: the next one makes it again from the log. */
  #unmap(shared: SharedFile, id: number): void {
    shared.users.delete(id);
    if (shared.users.size > 0) return;
    for (const region of shared.regions.splice(0)) this.#library.c.free(region);
  }

  #delete(name: Pointer, syncs: boolean): number {
    const path = this.#library.text(name);
    return this.#tried(IOERR_DELETE, () => {
      this.#simulated.host.disk.remove(path);
      this.#removed.add(path);
      if (syncs) this.#syncRemovals(path);
    });
  }

  #sync(handle: Handle): number {
    const { path } = handle;
    if (path === undefined) return OK;
    return this.#tried(IOERR_FSYNC, () => {
      this.#simulated.host.disk.fsyncNow(path);
      if (handle.isNew) this.#syncRemovals(path);
      handle.isNew = false;
    });
  }

  /** A sync of the folder that a file is in: names that were removed from it won't come back. */
  #syncRemovals(path: string): void {
    for (const removed of this.#removed) {
      if (dirname(removed) !== dirname(path)) continue;
      this.#removed.delete(removed);
      this.#simulated.host.disk.fsyncNow(removed);
    }
  }

  #read({ path, memory }: Handle, to: Pointer, length: number, at: number): number {
    let read = 0;
    const outcome = this.#tried(IOERR_READ, () => {
      const bytes =
        path === undefined
          ? memory.bytes.subarray(at, at + length)
          : this.#simulated.host.disk.readNow(path, at, length);
      this.#library.bytes.set(bytes, to);
      read = bytes.length;
    });
    if (outcome !== OK || read === length) return outcome;
    this.#library.bytes.fill(0, to + read, to + length); // what SQLite relies on
    return IOERR_SHORT_READ;
  }

  #write({ path, memory }: Handle, bytes: Uint8Array, at: number): number {
    if (path !== undefined)
      return this.#tried(IOERR_WRITE, () => this.#simulated.host.disk.write(path, at, bytes));
    if (at + bytes.length > memory.bytes.length) {
      const grown = new Uint8Array(at + bytes.length);
      grown.set(memory.bytes);
      memory.bytes = grown;
    }
    memory.bytes.set(bytes, at);
    return OK;
  }

  #truncate({ path, memory }: Handle, length: number): number {
    if (path === undefined) memory.bytes = memory.bytes.slice(0, length);
    else return this.#tried(IOERR_TRUNCATE, () => this.#simulated.host.disk.truncate(path, length));
    return OK;
  }

  #region(shared: SharedFile, region: number, bytes: number, extend: boolean): Pointer {
    while (extend && shared.regions.length <= region) {
      const at = this.#library.allocate(bytes);
      this.#library.bytes.fill(0, at, at + bytes);
      shared.regions.push(at);
    }
    return shared.regions[region] ?? 0;
  }

  /** Does something on the disk; its errors are results. An end of the host goes through, and nobody hears of it. */
  #tried(failed: number, act: () => void): number {
    try {
      act();
      return OK;
    } catch (error) {
      if (error instanceof DiskError) return error.code === "ENOSPC" ? FULL : failed;
      if (error instanceof Error && "syscall" in error) return failed; // a file system's refusal
      throw error;
    }
  }
}
