/**
 * `node:fs` of one process: its synchronous functions over the files, and from them the forms with promises, with
 * callbacks and as streams. Reads and syncs take the time of the simulated disk, everything else an event of its own.
 */
import * as fs from "node:fs";
import { outsideTheGuard } from "../../sim/traps/guard.js";
import { EPOCH } from "../env/date.js";
import { refused } from "../env/refused.js";
import type { SimulatedProcess } from "../env/simulated-process.js";
import { type Entry, FileSystem, type Status } from "./file-system.js";

type Options =
  | BufferEncoding
  | { readonly encoding?: BufferEncoding | null; readonly flag?: string }
  | null
  | undefined;
type Flags = string | number | undefined;
type Callback = (error: unknown, ...results: unknown[]) => void;
type Sync = Readonly<Record<string, (...args: never[]) => unknown>>;

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;
const DIRECTORY_MODE = 0o40755;
const FILE_MODE = 0o100644;
const BLOCK = 512;

function flagsOf(flags: Flags): string {
  if (flags === undefined) return "r";
  if (typeof flags === "string") return flags.replace("s", "");
  const exclusive = (flags & O_EXCL) !== 0 ? "x" : "";
  const both = (flags & O_RDWR) !== 0 ? "+" : "";
  if ((flags & O_APPEND) !== 0) return `a${exclusive}${both}`;
  if ((flags & (O_CREAT | O_TRUNC)) !== 0) return `w${exclusive}${both}`;
  return (flags & (O_WRONLY | O_RDWR)) !== 0 ? "r+" : "r";
}

function encodingOf(options: Options): BufferEncoding | undefined {
  return (typeof options === "string" ? options : options?.encoding) ?? undefined;
}

function decoded(bytes: Buffer, options: Options): Buffer | string {
  const encoding = encodingOf(options);
  return encoding === undefined ? bytes : bytes.toString(encoding);
}

function encoded(data: unknown, options?: Options): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(String(data), encodingOf(options) ?? "utf8");
}

function statsOf({ size, isDirectory }: Status): object {
  const date = (): Date => new Date(EPOCH);
  const no = (): boolean => false;
  return {
    size,
    mode: isDirectory ? DIRECTORY_MODE : FILE_MODE,
    dev: 1,
    ino: 1,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: 4_096,
    blocks: Math.ceil(size / BLOCK),
    ...{ atimeMs: EPOCH, mtimeMs: EPOCH, ctimeMs: EPOCH, birthtimeMs: EPOCH },
    ...{ atime: date(), mtime: date(), ctime: date(), birthtime: date() },
    isFile: () => !isDirectory,
    isDirectory: () => isDirectory,
    ...{ isSymbolicLink: no, isFIFO: no, isSocket: no, isBlockDevice: no, isCharacterDevice: no },
  };
}

function directoryEntry(parent: string, { name, isDirectory }: Entry): object {
  const no = (): boolean => false;
  return {
    name,
    parentPath: parent,
    path: parent,
    isFile: () => !isDirectory,
    isDirectory: () => isDirectory,
    ...{ isSymbolicLink: no, isFIFO: no, isSocket: no, isBlockDevice: no, isCharacterDevice: no },
  };
}

/** Where the bytes of a read go. */
function readArguments(view: ArrayBufferView, given: readonly unknown[]) {
  const [first] = given;
  const named = typeof first === "object" && first !== null;
  const [offset, length, position] = (
    named
      ? [
          (first as { offset?: number }).offset,
          (first as { length?: number }).length,
          (first as { position?: number }).position,
        ]
      : given
  ) as readonly (number | null | undefined)[];
  const start = offset ?? 0;
  return { start, length: length ?? view.byteLength - start, position: position ?? null };
}

/** The functions that Node calls `…Sync`, by their names without it. */
function synchronous(simulated: SimulatedProcess, files: FileSystem) {
  const readInto = (bytes: Buffer, view: ArrayBufferView, start: number): number => {
    new Uint8Array(view.buffer, view.byteOffset + start, bytes.length).set(bytes);
    return bytes.length;
  };
  const writeBytes = (
    data: unknown,
    given: readonly unknown[],
  ): { bytes: Uint8Array; position: number | null } => {
    if (typeof data === "string") {
      const [position, encoding] = given as [number | null | undefined, BufferEncoding | undefined];
      return { bytes: Buffer.from(data, encoding), position: typeof position === "number" ? position : null };
    }
    const view = encoded(data);
    const { start, length, position } = readArguments(view, given);
    return { bytes: view.subarray(start, start + length), position };
  };
  return {
    access: (path: unknown) => void files.status(files.path(path), "access"),
    appendFile: (path: unknown, data: unknown, options?: Options) =>
      files.append(files.path(path), encoded(data, options)),
    chmod: () => {},
    chown: () => {},
    close: (descriptor: number) => files.close(descriptor),
    copyFile: (from: unknown, to: unknown) => files.write(files.path(to), files.read(files.path(from))),
    exists: (path: unknown) => files.exists(files.path(path)),
    fstat: (descriptor: number) => statsOf(files.status(files.file(descriptor, "fstat").path)),
    ftruncate: (descriptor: number, length = 0) =>
      files.truncate(files.file(descriptor, "ftruncate").path, length),
    lstat: (path: unknown) => statsOf(files.status(files.path(path), "lstat")),
    mkdir: (path: unknown, options?: { readonly recursive?: boolean } | number) => {
      const recursive = typeof options === "object" && options.recursive === true;
      return files.makeDirectory(files.path(path), recursive) && recursive ? files.path(path) : undefined;
    },
    mkdtemp: (prefix: string) => {
      const path = `${files.path(prefix)}${simulated.entropy.uuid().slice(0, 6)}`;
      files.makeDirectory(path, true);
      return path;
    },
    open: (path: unknown, flags?: Flags) => files.open(files.path(path), flagsOf(flags)),
    read: (descriptor: number, view: ArrayBufferView, ...given: unknown[]) => {
      const { start, length, position } = readArguments(view, given);
      return readInto(files.readFrom(descriptor, length, position), view, start);
    },
    readdir: (path: unknown, options?: { readonly withFileTypes?: boolean } | string) => {
      const folder = files.path(path);
      const entries = files.list(folder);
      const typed = typeof options === "object" && options?.withFileTypes === true;
      return typed ? entries.map((entry) => directoryEntry(folder, entry)) : entries.map(({ name }) => name);
    },
    readFile: (path: unknown, options?: Options) =>
      decoded(
        files.read(typeof path === "number" ? files.file(path, "read").path : files.path(path)),
        options,
      ),
    realpath: (path: unknown) => {
      files.status(files.path(path), "realpath");
      return files.path(path);
    },
    rename: (from: unknown, to: unknown) => files.rename(files.path(from), files.path(to)),
    rm: (path: unknown, options: { readonly recursive?: boolean; readonly force?: boolean } = {}) => {
      const target = files.path(path);
      if (options.recursive === true && files.exists(target)) files.removeAll(target);
      else if (files.exists(target) || options.force !== true) files.remove(target, "rm");
    },
    rmdir: (path: unknown) => files.removeDirectory(files.path(path)),
    stat: (path: unknown, options?: { readonly throwIfNoEntry?: boolean }) => {
      const target = files.path(path);
      if (options?.throwIfNoEntry === false && !files.exists(target)) return undefined;
      return statsOf(files.status(target));
    },
    truncate: (path: unknown, length = 0) => files.truncate(files.path(path), length),
    unlink: (path: unknown) => files.remove(files.path(path)),
    utimes: () => {},
    write: (descriptor: number, data: unknown, ...given: unknown[]) => {
      const { bytes, position } = writeBytes(data, given);
      files.writeTo(descriptor, bytes, position);
      return bytes.length;
    },
    writeFile: (path: unknown, data: unknown, options?: Options) => {
      const flag = typeof options === "object" && options !== null ? options.flag : undefined;
      const descriptor = files.open(files.path(path), flag ?? "w");
      files.writeTo(descriptor, encoded(data, options), null);
      files.close(descriptor);
    },
    writev: (descriptor: number, views: readonly ArrayBufferView[], position?: number | null) => {
      const bytes = Buffer.concat(views.map((view) => encoded(view)));
      files.writeTo(descriptor, bytes, position);
      return bytes.length;
    },
    fsync: (descriptor: number) => files.sync(files.file(descriptor, "fsync").path),
    fdatasync: (descriptor: number) => files.sync(files.file(descriptor, "fdatasync").path),
  };
}

/** `FileHandle` of `fs/promises`. */
function handleOf(
  sync: ReturnType<typeof synchronous>,
  files: FileSystem,
  descriptor: number,
  turn: () => Promise<void>,
) {
  const path = (): string => files.file(descriptor, "read").path;
  const close = async (): Promise<void> => {
    await turn();
    sync.close(descriptor);
  };
  return {
    fd: descriptor,
    close,
    sync: () => files.syncSlowly(path()),
    datasync: () => files.syncSlowly(path()),
    stat: async () => sync.fstat(descriptor),
    truncate: async (length?: number) => sync.ftruncate(descriptor, length),
    chmod: async () => {},
    utimes: async () => {},
    read: async (view: ArrayBufferView, ...given: unknown[]) => {
      await turn();
      return { bytesRead: sync.read(descriptor, view, ...given), buffer: view };
    },
    readFile: async (options?: Options) => decoded(await files.readSlowly(path()), options),
    write: async (data: unknown, ...given: unknown[]) => {
      const bytesWritten = sync.write(descriptor, data, ...given);
      await turn();
      return { bytesWritten, buffer: data };
    },
    writev: async (views: readonly ArrayBufferView[], position?: number) => ({
      bytesWritten: sync.writev(descriptor, views, position),
      buffers: views,
    }),
    writeFile: async (data: unknown, options?: Options) => {
      sync.write(descriptor, encoded(data, options));
      await turn();
    },
    appendFile: async (data: unknown, options?: Options) => {
      files.append(path(), encoded(data, options));
      await turn();
    },
    [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: close,
  };
}

export function fsOf(simulated: SimulatedProcess): object {
  const files = new FileSystem(simulated.host.disk, simulated.options.entry);
  const sync = synchronous(simulated, files);
  const turn = (): Promise<void> => new Promise((resolve) => simulated.soon(resolve));
  const soon =
    (act: (...args: never[]) => unknown) =>
    async (...args: never[]) => {
      const result = act(...args);
      await turn();
      return result;
    };
  const promises: Record<string, (...args: never[]) => unknown> = {
    ...Object.fromEntries(Object.entries(sync as Sync).map(([name, act]) => [name, soon(act)])),
    open: async (path: unknown, flags?: Flags) => {
      await turn();
      return handleOf(sync, files, sync.open(path, flags), turn);
    },
    readFile: async (path: unknown, options?: Options) => {
      await turn();
      return decoded(await files.readSlowly(files.path(path)), options);
    },
  };
  const byDescriptor = (descriptor: number) => files.syncSlowly(files.file(descriptor, "fsync").path);
  const callbacks = Object.fromEntries(
    Object.entries({
      ...sync,
      readFile: promises.readFile,
      fsync: byDescriptor,
      fdatasync: byDescriptor,
    } as Sync).map(([name, act]) => [name, withCallback(simulated, act, name)]),
  );
  const module: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(sync).map(([name, act]) => [`${name}Sync`, act])),
    ...callbacks,
    promises: { ...promises, constants: fs.constants },
    constants: fs.constants,
    ...{ F_OK: fs.constants.F_OK, R_OK: fs.constants.R_OK, W_OK: fs.constants.W_OK, X_OK: fs.constants.X_OK },
    Stats: fs.Stats,
    Dirent: fs.Dirent,
    ReadStream: fs.ReadStream,
    WriteStream: fs.WriteStream,
    watch: () => refused("fs.watch", "read the file again after a while"),
    watchFile: () => refused("fs.watchFile", "read the file again after a while"),
  };
  // Node's own streams, over these functions.
  module.createReadStream = (path: string, options?: object | BufferEncoding) =>
    outsideTheGuard(() => fs.createReadStream(path, { ...optionsOf(options), fs: module } as never));
  module.createWriteStream = (path: string, options?: object | BufferEncoding) =>
    outsideTheGuard(() => fs.createWriteStream(path, { ...optionsOf(options), fs: module } as never));
  return module;
}

function optionsOf(options: object | BufferEncoding | undefined): object {
  return typeof options === "string" ? { encoding: options } : (options ?? {});
}

/** The form with a callback at the end. What writes has written when it returns, and says so in an event of its own. */
function withCallback(simulated: SimulatedProcess, act: (...args: never[]) => unknown, name: string) {
  return (...args: unknown[]): void => {
    const callback = args.pop() as Callback; // Node puts it last
    const back = (...results: [unknown, ...unknown[]]): void =>
      simulated.soon(() =>
        name === "exists" ? (callback as (found: unknown) => void)(results[1]) : callback(...results),
      );
    try {
      const result = act(...(args as never[]));
      if (result instanceof Promise) result.then((value) => back(null, value), back);
      else back(null, result, args[1]); // of `read` and `write` the buffer, too
    } catch (error) {
      back(error);
    }
  };
}
