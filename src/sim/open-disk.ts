/**
 * The disk of one incarnation: what it asks of the drive, how long that takes, and the crash points before and after what
 * becomes durable. When the incarnation has ended, calls do nothing and never settle.
 */
import { type Disk, DiskError, HostEnded } from "./disk.js";
import type { DiskAccess, DiskDevice, Marks, PendingOperation } from "./disk-device.js";
import type { StoredFile } from "./disk-file.js";
import { draw, tableOf } from "./random.js";

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

/** Something that a host asked of its drive and waits for. */
abstract class Operation implements PendingOperation {
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

/** The disk as one incarnation sees it; when that has ended, calls do nothing and never settle. */
export function openDisk(device: DiskDevice, access: DiskAccess): Disk {
  return new OpenDisk(device, access);
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
