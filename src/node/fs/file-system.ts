/**
 * The files of one process: the host's simulated disk, and beneath it a read-only image of the program's own package, so
 * that what a package reads of itself (a schema, a template, a binary) is there, as on an installed machine.
 *
 * What is written is seen at once and survives a crash of the host only when it was synced; an exit of the process loses
 * nothing. Directories are kept as names that end in a slash. There are no links, no permissions and no times: every
 * file is as old as the universe. All here is synchronous: asynchronous forms take their time around it.
 */
import fs from "node:fs";
import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { Disk, DiskError } from "../../sim/disk.js";
import { pastTheGuard } from "../../sim/traps/guard.js";
import { systemError } from "../net/errors.js";

// The image is on the real disk, where nobody changes it.
const existsSync = pastTheGuard((path: string) => fs.existsSync(path));
const statSync = pastTheGuard((path: string) => fs.statSync(path));
const readFileSync = pastTheGuard((path: string) => fs.readFileSync(path));
const entriesOf = pastTheGuard((path: string) => fs.readdirSync(path, { withFileTypes: true }));

interface OpenFile {
  path: string;
  position: number;
  readonly append: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
}

export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

export interface Status {
  readonly size: number;
  readonly isDirectory: boolean;
}

/** Directories that are there from the beginning. */
const STANDARD = new Set(["/", "/tmp", "/var", "/var/lib", "/root", "/data"]);
const FIRST_DESCRIPTOR = 3;

export class FileSystem {
  readonly #disk: Disk;
  /** The folder of the program's package, whose files can be read. */
  readonly #image: string;
  readonly #open = new Map<number, OpenFile>();
  #nextDescriptor = FIRST_DESCRIPTOR;

  constructor(disk: Disk, entry: string) {
    this.#disk = disk;
    this.#image = packageOf(entry);
  }

  /** An absolute path, without dots and a slash at its end. */
  path(given: unknown): string {
    const text = given instanceof URL || isFileUrl(given) ? fileURLToPath(given) : String(given);
    const path = posix.resolve("/", text);
    return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  }

  status(path: string, call = "stat"): Status {
    if (this.#disk.exists(path)) return { size: this.#disk.size(path), isDirectory: false };
    if (this.#isDirectory(path)) return { size: 4_096, isDirectory: true };
    if (this.#inImage(path)) {
      const real = statSync(path);
      return { size: real.size, isDirectory: real.isDirectory() };
    }
    throw systemError("ENOENT", call, { path });
  }

  exists(path: string): boolean {
    return this.#disk.exists(path) || this.#isDirectory(path) || this.#inImage(path);
  }

  /** Whether reading takes the time of the simulated disk. */
  isOnDisk(path: string): boolean {
    return this.#disk.exists(path);
  }

  read(path: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Buffer {
    if (this.#disk.exists(path))
      return this.#tried("read", path, () => view(this.#disk.readNow(path, offset, length)));
    if (this.status(path, "open").isDirectory) throw systemError("EISDIR", "read", { path });
    return readFileSync(path).subarray(offset, offset + length);
  }

  /** As `read`, with the latency of the disk. */
  async readSlowly(path: string, offset?: number, length?: number): Promise<Buffer> {
    if (!this.#disk.exists(path)) return this.read(path, offset, length);
    return view(
      await this.#disk.read(path, offset, length).catch((error) => this.#fail("read", path, error)),
    );
  }

  write(path: string, bytes: Uint8Array): void {
    const descriptor = this.open(path, "w");
    this.writeTo(descriptor, bytes, null);
    this.close(descriptor);
  }

  append(path: string, bytes: Uint8Array): void {
    this.#mayCreate(path, "open");
    this.#tried("write", path, () => this.#disk.append(path, bytes));
  }

  truncate(path: string, length: number): void {
    const { size } = this.status(path, "open");
    this.#tried("ftruncate", path, () => {
      if (length <= size) this.#disk.truncate(path, length);
      else this.#disk.write(path, length - 1, new Uint8Array(1));
    });
  }

  sync(path: string): void {
    if (this.#disk.exists(path)) this.#tried("fsync", path, () => this.#disk.fsyncNow(path));
    else this.#syncDirectory(path, (name) => this.#disk.fsyncNow(name));
  }

  /** As `sync`, with the latency of the disk. */
  async syncSlowly(path: string): Promise<void> {
    if (this.#disk.exists(path))
      await this.#disk.fsync(path).catch((error) => this.#fail("fsync", path, error));
    else this.#syncDirectory(path, (name) => this.#disk.fsyncNow(name));
  }

  /** Makes the names in a directory last. */
  #syncDirectory(path: string, sync: (name: string) => void): void {
    for (const name of this.#disk.list()) if (posix.dirname(name) === path) sync(name);
  }

  remove(path: string, call = "unlink"): void {
    if (this.#disk.exists(path)) this.#disk.remove(path);
    else if (this.#isDirectory(path)) throw systemError("EISDIR", call, { path });
    else throw systemError(this.#inImage(path) ? "EROFS" : "ENOENT", call, { path });
  }

  removeDirectory(path: string): void {
    if (!this.#isDirectory(path))
      throw systemError(this.exists(path) ? "ENOTDIR" : "ENOENT", "rmdir", { path });
    if (this.list(path).length > 0) throw systemError("ENOTEMPTY", "rmdir", { path });
    this.#disk.remove(`${path}/`);
  }

  /** Removes a directory with all that is in it, or a file. */
  removeAll(path: string): void {
    if (this.#disk.exists(path)) this.#disk.remove(path);
    for (const name of this.#disk.list()) if (name.startsWith(`${path}/`)) this.#disk.remove(name);
  }

  /** @returns whether there was none before. */
  makeDirectory(path: string, recursive: boolean): boolean {
    if (this.exists(path)) {
      if (recursive && this.status(path).isDirectory) return false;
      throw systemError("EEXIST", "mkdir", { path });
    }
    const parent = posix.dirname(path);
    if (!this.#isDirectory(parent)) {
      if (!recursive) throw systemError("ENOENT", "mkdir", { path });
      this.makeDirectory(parent, true);
    }
    this.#tried("mkdir", path, () => this.#disk.append(`${path}/`, new Uint8Array(0)));
    return true;
  }

  list(path: string): Entry[] {
    const entries = new Map<string, boolean>();
    const inside = path === "/" ? "/" : `${path}/`;
    if (this.#inImage(path)) {
      for (const entry of entriesOf(path)) entries.set(entry.name, entry.isDirectory());
    } else if (!this.#isDirectory(path)) {
      throw systemError(this.exists(path) ? "ENOTDIR" : "ENOENT", "scandir", { path });
    }
    for (const name of this.#disk.list()) {
      if (!name.startsWith(inside) || name === inside) continue;
      const [first = "", ...rest] = name.slice(inside.length).split("/");
      entries.set(first, rest.length > 0);
    }
    return [...entries]
      .map(([name, isDirectory]) => ({ name, isDirectory }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  rename(from: string, to: string): void {
    if (this.#disk.exists(from)) {
      this.#mayCreate(to, "rename");
      this.#disk.rename(from, to);
      for (const file of this.#open.values()) if (file.path === from) file.path = to;
      return;
    }
    if (!this.#isDirectory(from)) throw systemError("ENOENT", "rename", { path: from });
    for (const name of this.#disk.list()) {
      if (name.startsWith(`${from}/`)) this.#disk.rename(name, to + name.slice(from.length));
    }
  }

  open(path: string, flags: string): number {
    const exists = this.#disk.exists(path);
    const writes = flags !== "r" && flags !== "rs";
    if (flags.includes("x") && this.exists(path)) throw systemError("EEXIST", "open", { path });
    if (flags.startsWith("r") && !exists) {
      if (this.status(path, "open").isDirectory && writes) throw systemError("EISDIR", "open", { path });
      if (writes) this.#copyUp(path);
    }
    if (!flags.startsWith("r")) {
      if (!exists) {
        this.#mayCreate(path, "open");
        if (flags.startsWith("a") && this.#inImage(path)) this.#copyUp(path);
        else this.#tried("open", path, () => this.#disk.append(path, new Uint8Array(0)));
      } else if (flags.startsWith("w")) this.#disk.truncate(path, 0);
    }
    const descriptor = this.#nextDescriptor++;
    this.#open.set(descriptor, {
      path,
      position: 0,
      append: flags.startsWith("a"),
      readable: flags.includes("+") || flags.startsWith("r"),
      writable: writes,
    });
    return descriptor;
  }

  close(descriptor: number): void {
    this.file(descriptor, "close");
    this.#open.delete(descriptor);
  }

  /** The open file of a descriptor. */
  file(descriptor: number, call: string): OpenFile {
    const file = this.#open.get(descriptor);
    if (file === undefined) throw systemError("EBADF", call);
    return file;
  }

  /** The next bytes, or those at `position`. */
  readFrom(descriptor: number, length: number, position: number | bigint | null | undefined): Buffer {
    const file = this.file(descriptor, "read");
    if (!file.readable) throw systemError("EBADF", "read");
    const here = position === null || position === undefined || Number(position) < 0;
    const bytes = this.read(file.path, here ? file.position : Number(position), length);
    if (here) file.position += bytes.length;
    return bytes;
  }

  writeTo(descriptor: number, bytes: Uint8Array, position: number | null | undefined): void {
    const file = this.file(descriptor, "write");
    if (!file.writable) throw systemError("EBADF", "write");
    this.#tried("write", file.path, () => {
      if (file.append) this.#disk.append(file.path, bytes);
      else this.#disk.write(file.path, position ?? file.position, bytes);
    });
    if (position === null || position === undefined) file.position += bytes.length;
  }

  /** A file of the image is copied to the disk before it is changed. */
  #copyUp(path: string): void {
    const bytes = readFileSync(path);
    this.#tried("open", path, () => this.#disk.append(path, bytes));
  }

  #mayCreate(path: string, call: string): void {
    const parent = posix.dirname(path);
    if (!this.#isDirectory(parent) && !this.#inImage(parent)) throw systemError("ENOENT", call, { path });
  }

  #isDirectory(path: string): boolean {
    if (STANDARD.has(path) || this.#disk.exists(`${path}/`)) return true;
    return this.#disk.list().some((name) => name.startsWith(`${path}/`));
  }

  #inImage(path: string): boolean {
    return (path === this.#image || path.startsWith(`${this.#image}/`)) && existsSync(path);
  }

  #tried<T>(call: string, path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      return this.#fail(call, path, error);
    }
  }

  #fail(call: string, path: string, error: unknown): never {
    if (error instanceof Error && error.name === "DiskError")
      throw systemError((error as DiskError).code, call, { path });
    throw error;
  }
}

function isFileUrl(given: unknown): given is string {
  return typeof given === "string" && given.startsWith("file://");
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The nearest folder with a `package.json`, from the entry file on upwards; the entry's own folder where there is none. */
function packageOf(entry: string): string {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    if (existsSync(posix.join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return dirname(entry);
  }
}
