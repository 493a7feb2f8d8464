/**
 * Reads a text file that a person named. Promises that it ends: a file, a pipe or a device is read up to a
 * bound and refused beyond it, a folder is refused, bytes that are not UTF-8 are refused; each with one sentence.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { InputError, printable } from "./input-error.js";

/** The largest file that is read: 64 MiB. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

const CHUNK_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EISDIR: "it is a folder",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** Why a file could not be opened, read or written, in words. */
export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (code === "" ? "its name is not usable" : `the system says ${code}`);
}

export interface ReadOptions {
  /** Default 64 MiB; of what is zipped, unzipped. */
  readonly maxBytes?: number;
  /** Unzips what is gzipped. Default false. */
  readonly gunzip?: boolean;
  /** `-` means standard input. Default false. */
  readonly stdin?: boolean;
}

/** @throws InputError */
export function readText(path: string, options: ReadOptions = {}): string {
  const { maxBytes = MAX_FILE_BYTES, gunzip = false, stdin = false } = options;
  const isStdin = stdin && path === "-";
  const name = isStdin ? "standard input" : printable(path);
  let bytes: Buffer;
  try {
    bytes = isStdin ? readBytes(STDIN, name, maxBytes) : readOpened(path, name, maxBytes);
    if (gunzip && bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = unzipped(bytes, name, maxBytes);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`cannot read ${name}: ${fileProblem(error)}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // takes a byte order mark off
  } catch {
    throw new InputError(`cannot read ${name}: expected text in UTF-8, and it holds bytes that are not`);
  }
}

/** What `read` makes of the content of a file; its complaints begin with the file's name. @throws InputError */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${printable(path)}: ${error.message}`);
    throw error;
  }
}

function readOpened(path: string, name: string, maxBytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    return readBytes(file, name, maxBytes);
  } finally {
    closeSync(file);
  }
}

const STDIN = 0;

function readBytes(file: number, name: string, maxBytes: number): Buffer {
  const about = fstatSync(file);
  if (about.isDirectory()) throw new InputError(`cannot read ${name}: it is a folder`);
  // a small file fits into its first chunk, with a byte to spare to see its end
  const chunkBytes = about.isFile() ? Math.min(about.size + 1, CHUNK_BYTES) : CHUNK_BYTES;
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const length = readSome(file, chunk);
    if (length === 0) return Buffer.concat(chunks, total);
    total += length;
    if (total > maxBytes)
      throw new InputError(`cannot read ${name}: it is larger than ${sizeText(maxBytes)}`);
    chunks.push(chunk.subarray(0, length));
  }
}

/** A pipe that nobody has written to yet says so; it is asked again. */
function readSome(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function unzipped(bytes: Buffer, name: string, maxBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const isLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    const why = isLarge
      ? `unzipped it is larger than ${sizeText(maxBytes)}`
      : "its gzip is damaged or not complete";
    throw new InputError(`cannot read ${name}: ${why}`);
  }
}

const sizeText = (bytes: number): string =>
  bytes >= CHUNK_BYTES ? `${Math.floor(bytes / CHUNK_BYTES)} MiB` : `${bytes} bytes`;
