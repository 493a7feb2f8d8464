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
import { Directory, type NameChange } from "./disk-directory.js";
import { Condition, type OnFired } from "./disk-faults.js";
import { type CrashFate, SECTOR, StoredFile } from "./disk-file.js";

export type { CrashFate } from "./disk-file.js";

import { draw, type Random, tableOf } from "./random.js";
import type { Micros } from "./time.js";

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

/** What a host waits for: made once, where a closure for each step that it takes would cost more than the step. */
export interface DiskOperation {
  readonly label: string;
  complete(): void;
}

/** What a disk needs of the host it is opened for. Given by the world, for one incarnation. */
export interface DiskAccess {
  /** The stream that latencies are drawn from. */
  readonly random: Random;
  /** Completes an operation after `delay` of true time in this incarnation; never, when that has ended. */
  schedule(operation: DiskOperation, delay: Micros): void;
  /** The crash point before a durable write. False: the host was crashed there, and nobody is left to be answered. */
  durableWrite(operation: string, file: string): boolean;
  /** The crash point after a durable write took effect. False as above. */
  durableWritten(operation: string, file: string): boolean;
  /** Whether the incarnation still lives. */
  alive(): boolean;
}

/** Microseconds; shaped like a data-centre NVMe drive: quick as a rule, with a long tail when it cleans up. */
const FSYNC_LATENCY = tableOf(
  [
    [0, 80],
    [0.5, 200],
    [0.9, 450],
    [0.99, 2_000],
    [0.998, 8_000],
    [1, 20_000],
  ],
  1,
);
const READ_LATENCY = tableOf(
  [
    [0, 60],
    [0.5, 100],
    [0.9, 180],
    [0.99, 700],
    [1, 5_000],
  ],
  1,
);

/** What a crash took back of one file. */
export interface FileLoss {
  readonly file: string;
  /** Unsynced changes that did not get to the medium, and such as got there in part. */
  readonly lost: number;
  readonly torn: number;
  /** Changes that a failed fsync had dropped before: they were in the cache until now. */
  readonly dropped: number;
}

/** What a crash took back of a disk: never all empty. */
export interface CrashLoss {
  readonly files: readonly FileLoss[];
  /** Changes of names that did not get to the medium. */
  readonly names: readonly NameChange[];
}

/** What happens on a drive, for recorders. Files are told apart by their numbers: names change. */
export type DiskEvent =
  | {
      readonly kind: "write" | "truncate";
      readonly file: string;
      readonly number: number;
      /** Where the bytes go; for a truncation the new length. */
      readonly offset: number;
      readonly bytes: number;
    }
  | { readonly kind: "rename"; readonly file: string; readonly to: string }
  | { readonly kind: "remove"; readonly file: string }
  /** An fsync was asked for; `marks` is the same object when it is over. There may be no file of the name any more. */
  | {
      readonly kind: "sync";
      readonly file: string;
      readonly number: number | undefined;
      readonly marks: object;
    }
  | { readonly kind: "synced" | "sync failed"; readonly marks: object }
  | {
      readonly kind: "crash";
      /** For each file with unsynced changes, what became of them, in their order. */
      readonly files: readonly { readonly number: number; readonly unsynced: readonly CrashFate[] }[];
      readonly loss: CrashLoss | undefined;
    }
  | { readonly kind: "wipe" };

/** The drive in one machine: it outlives the machine's incarnations. */
export class DiskDevice {
  /** Notified of what happens; it only looks on. */
  watcher: ((event: DiskEvent) => void) | undefined;
  #directory = new Directory();
  #filesCreated = 0;
  readonly #full = new Condition();
  readonly #slow = new Condition();
  readonly #stalled = new Condition();
  #waiting: Operation[] = [];
  readonly #failFsync: OnFired[] = [];
  readonly #misdirect: { readonly random: Random; readonly onFired: OnFired }[] = [];

  /** The disk as one incarnation sees it; when that has ended, calls do nothing and never settle. */
  open(access: DiskAccess): Disk {
    return new OpenDisk(this, access);
  }

  /**
   * The power fails: of what was not synced, `random` decides. Call it when an incarnation ends. Returns what was lost; undefined
   * when nothing was.
   */
  crash(random: Random): CrashLoss | undefined {
    this.#waiting = [];
    const names = this.#directory.crash(random);
    const crashed = this.#directory.entries().map(([name, file]) => {
      return { name, number: file.number, ...file.crash(random) };
    });
    const files = crashed.flatMap(({ name, unsynced, dropped }): FileLoss[] => {
      const lost = unsynced.filter((fate) => fate === "lost").length;
      const torn = unsynced.filter((fate) => fate === "torn").length;
      return lost + torn + dropped === 0 ? [] : [{ file: name, lost, torn, dropped }];
    });
    const loss = files.length + names.length === 0 ? undefined : { files, names };
    this.watcher?.({ kind: "crash", files: crashed, loss });
    return loss;
  }

  /** A process ends and the power stays on: the cache keeps what it wrote; what it waited for is nobody's any more. */
  abandon(): void {
    this.#waiting = [];
  }

  /** The machine comes back with an empty drive. Call it while no incarnation lives. */
  wipe(): void {
    this.#waiting = [];
    this.#directory = new Directory();
    this.watcher?.({ kind: "wipe" });
  }

  /** From now on nothing grows: ENOSPC. Fires at the first refusal. */
  fill(onFired: OnFired): void {
    this.#full.begin(onFired);
  }

  /** Ends the fault that began with this callback; without one, all of its kind. So with its like below. */
  unfill(onFired?: OnFired): void {
    this.#full.end(onFired);
  }

  /** Every operation takes `factor` times as long. Fires at the first operation. */
  slow(factor: number, onFired: OnFired): void {
    this.#slow.begin(onFired, factor);
  }

  unslow(onFired?: OnFired): void {
    this.#slow.end(onFired);
  }

  /** Operations that would complete wait until the stall is over. Fires when the first one has to. */
  stall(onFired: OnFired): void {
    this.#stalled.begin(onFired);
  }

  unstall(onFired?: OnFired): void {
    this.#stalled.end(onFired);
    if (this.#stalled.active) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const operation of waiting) operation.access.schedule(operation, 0);
  }

  /** The next fsync to complete fails. Fires when it does. */
  failNextFsync(onFired: OnFired): void {
    this.#failFsync.push(onFired);
  }

  /**
   * Of the next fsync that has bytes to write, the last write lands on another stored sector, of any file, or beside all
   * files; its own place keeps what it held. Fires when that happens.
   */
  misdirectNextWrite(random: Random, onFired: OnFired): void {
    this.#misdirect.push({ random, onFired });
  }

  /** One stored bit turns over. Fires at once, unless nothing is stored: the data on the medium is different from now on. */
  rot(random: Random, onFired: OnFired): void {
    const file = this.#anyStored(random);
    if (file === undefined) return;
    file.flipBit(random.below(file.durableLength), random.below(8));
    onFired();
  }

  /**
   * A sector with stored data can't be read until something is written to it. Fires at once, unless nothing is stored:
   * the data is gone from now on, whether it is read sooner or later.
   */
  latentSectorError(random: Random, onFired: OnFired): void {
    const file = this.#anyStored(random);
    if (file === undefined) return;
    file.losesSector(random.below(Math.ceil(file.durableLength / SECTOR)));
    onFired();
  }

  /** Ends every condition and calls off the failures that still wait for an occasion. What is damaged stays damaged. */
  heal(): void {
    this.unfill();
    this.unslow();
    this.unstall();
    this.#failFsync.length = 0;
    this.#misdirect.length = 0;
  }

  /** @internal for OpenDisk */
  get directory(): Directory {
    return this.#directory;
  }

  /** @internal The file of this name, made when there is none. */
  fileFor(name: string): StoredFile {
    const known = this.#directory.get(name);
    if (known !== undefined) return known;
    const created = new StoredFile(this.#filesCreated++);
    this.#directory.create(name, created);
    return created;
  }

  /** @internal A new file whose bytes and name are on the medium. */
  install(name: string, bytes: Uint8Array): void {
    const file = this.fileFor(name);
    file.append(bytes);
    file.commit(file.written);
    this.#directory.commit(name, this.#directory.changed);
  }

  /** @internal Whether growth must be refused; if so, that was the fault's doing. */
  refusesGrowth(): boolean {
    if (!this.#full.active) return false;
    this.#full.fire();
    return true;
  }

  /** @internal An operation begins: it completes after so long on a healthy drive. */
  begin(operation: Operation, usual: Micros): void {
    operation.access.schedule(operation, this.#latency(usual));
  }

  /** @internal An operation is about to complete. False: it waits until the stall is over. */
  mayComplete(operation: Operation): boolean {
    if (!this.#stalled.active) return true;
    this.#waiting.push(operation);
    this.#stalled.fire();
    return false;
  }

  /** @internal The first changes of a file reach the medium, or don't: false when the fsync fails. */
  sync(synced: Marks): boolean {
    const { name, file } = synced;
    if (file !== undefined) {
      const failure = this.#failFsync.shift();
      if (failure !== undefined || file.failures !== synced.failures) {
        file.lose(synced.written);
        failure?.();
        this.watcher?.({ kind: "sync failed", marks: synced });
        return false;
      }
      if (this.#misdirect.length > 0) this.#sendAstray(file, synced.written);
      file.commit(synced.written);
    }
    this.#directory.commit(name, synced.changed);
    this.watcher?.({ kind: "synced", marks: synced });
    return true;
  }

  #latency(usual: Micros): Micros {
    if (!this.#slow.active) return usual;
    this.#slow.fire();
    return Math.floor(usual * this.#slow.factor);
  }

  #anyStored(random: Random): StoredFile | undefined {
    const files = this.#stored();
    return files.length === 0 ? undefined : random.pick(files);
  }

  #stored(): StoredFile[] {
    return this.#directory.entries().flatMap(([, file]) => (file.durableLength > 0 ? [file] : []));
  }

  #sendAstray(file: StoredFile, mark: number): void {
    const stray = file.misdirect(mark);
    const fault = stray === undefined ? undefined : this.#misdirect.shift();
    if (stray === undefined || fault === undefined) return;
    const victim = this.#anyStored(fault.random) ?? file;
    const landing = SECTOR * fault.random.below(Math.ceil(victim.durableLength / SECTOR));
    if (victim !== file || landing !== stray.offset) victim.overwriteMedium(landing, stray.bytes);
    fault.onFired();
  }
}

/** How far a file and its directory had got when an fsync was asked for. */
interface Marks {
  readonly name: string;
  readonly file: StoredFile | undefined;
  readonly written: number;
  readonly changed: number;
  readonly failures: number;
}

/** Something that a host asked of its drive and waits for. */
abstract class Operation implements DiskOperation {
  abstract readonly label: string;

  constructor(
    readonly device: DiskDevice,
    readonly access: DiskAccess,
  ) {}

  complete(): void {
    if (this.device.mayComplete(this)) this.finish();
  }

  protected abstract finish(): void;
}

class Read extends Operation {
  readonly label = "disk read";

  constructor(
    device: DiskDevice,
    access: DiskAccess,
    readonly name: string,
    readonly bytes: Uint8Array | undefined,
    readonly resolve: (bytes: Uint8Array) => void,
    readonly reject: (error: DiskError) => void,
  ) {
    super(device, access);
  }

  protected finish(): void {
    if (this.bytes === undefined) this.reject(new DiskError("EIO", this.name, "read"));
    else this.resolve(this.bytes);
  }
}

class Sync extends Operation {
  readonly label = "disk fsync";

  constructor(
    device: DiskDevice,
    access: DiskAccess,
    readonly marks: Marks,
    readonly resolve: () => void,
    readonly reject: (error: DiskError) => void,
  ) {
    super(device, access);
  }

  protected finish(): void {
    const { marks, access } = this;
    if (!this.device.sync(marks)) this.reject(new DiskError("EIO", marks.name, "fsync"));
    else if (access.durableWritten("fsync", marks.name)) this.resolve();
  }
}

class OpenDisk implements Disk {
  readonly #device: DiskDevice;
  readonly #access: DiskAccess;

  constructor(device: DiskDevice, access: DiskAccess) {
    this.#device = device;
    this.#access = access;
  }

  append(name: string, bytes: Uint8Array): void {
    if (!this.#access.alive()) return;
    if (bytes.length > 0 && this.#device.refusesGrowth()) throw new DiskError("ENOSPC", name, "append");
    const file = this.#device.fileFor(name);
    this.#watch("write", name, file, file.length, bytes.length);
    file.append(bytes);
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    if (!this.#access.alive()) return;
    const grows = bytes.length > 0 && offset + bytes.length > this.size(name);
    if (grows && this.#device.refusesGrowth()) throw new DiskError("ENOSPC", name, "write");
    const file = this.#device.fileFor(name);
    this.#watch("write", name, file, offset, bytes.length);
    file.write(offset, bytes);
  }

  truncate(name: string, length: number): void {
    if (!this.#access.alive()) return;
    const file = this.#existing(name, "truncate");
    if (length < file.length) this.#watch("truncate", name, file, length, 0);
    file.truncate(length);
  }

  read(name: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (!this.#access.alive()) return;
      const file = this.#existing(name, "read");
      const bytes = file.read(offset, offset + length);
      const operation = new Read(this.#device, this.#access, name, bytes, resolve, reject);
      this.#device.begin(operation, draw(READ_LATENCY, this.#access.random));
    });
  }

  readNow(name: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Uint8Array {
    if (!this.#access.alive()) throw new HostEnded(`the host is down: ${name} is not read`);
    const bytes = this.#existing(name, "read").read(offset, offset + length);
    if (bytes === undefined) throw new DiskError("EIO", name, "read");
    return bytes;
  }

  fsync(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const access = this.#access;
      if (!access.alive()) return;
      const marks = this.#beginSync(name);
      if (marks === undefined) return;
      const operation = new Sync(this.#device, access, marks, resolve, reject);
      this.#device.begin(operation, draw(FSYNC_LATENCY, access.random));
    });
  }

  fsyncNow(name: string): void {
    const access = this.#access;
    const marks = access.alive() ? this.#beginSync(name) : undefined;
    if (marks === undefined) throw new HostEnded(`the host went down before an fsync of ${name}`);
    if (!this.#device.sync(marks)) throw new DiskError("EIO", name, "fsync");
    if (!access.durableWritten("fsync", name))
      throw new HostEnded(`the host went down after an fsync of ${name}`);
  }

  /** Passes the crash point before an fsync. Returns what it is to bring to the medium; undefined: it crashed. */
  #beginSync(name: string): Marks | undefined {
    const device = this.#device;
    const { directory } = device;
    const file = directory.get(name);
    if (file === undefined && !directory.knows(name)) throw new DiskError("ENOENT", name, "fsync");
    if (!this.#access.durableWrite("fsync", name)) return undefined;
    const marks: Marks = {
      name,
      file,
      written: file === undefined ? 0 : file.written,
      changed: directory.changed,
      failures: file === undefined ? 0 : file.failures,
    };
    device.watcher?.({ kind: "sync", file: name, number: file?.number, marks });
    return marks;
  }

  install(name: string, bytes: Uint8Array): void {
    if (!this.#access.alive()) return;
    if (this.exists(name)) throw new RangeError(`there is a file ${name} already`);
    this.#device.install(name, bytes);
  }

  rename(from: string, to: string): void {
    if (!this.#access.alive()) return;
    const file = this.#existing(from, "rename");
    if (from === to) return;
    this.#device.directory.rename(from, to, file);
    this.#device.watcher?.({ kind: "rename", file: from, to });
  }

  remove(name: string): void {
    if (!this.exists(name)) return;
    this.#device.directory.remove(name);
    this.#device.watcher?.({ kind: "remove", file: name });
  }

  exists(name: string): boolean {
    return this.#access.alive() && this.#device.directory.get(name) !== undefined;
  }

  size(name: string): number {
    return this.#access.alive() ? (this.#device.directory.get(name)?.length ?? 0) : 0;
  }

  list(): string[] {
    return this.#access.alive() ? this.#device.directory.entries().map(([name]) => name) : [];
  }

  /** Of a write of nothing there is nothing to tell. */
  #watch(kind: "write" | "truncate", name: string, file: StoredFile, offset: number, bytes: number): void {
    if (kind === "write" && bytes === 0) return;
    this.#device.watcher?.({ kind, file: name, number: file.number, offset, bytes });
  }

  #existing(name: string, operation: string): StoredFile {
    const file = this.#device.directory.get(name);
    if (file === undefined) throw new DiskError("ENOENT", name, operation);
    return file;
  }
}
