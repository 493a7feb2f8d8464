/**
 * Reads a text file that a person named. Promises that it ends: a file, a pipe or a device is read up to a
 * bound and refused beyond it, a folder is refused, bytes that are not UTF-8 are refused; each with one sentence.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
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

/** @throws InputError */
export function readText(path: string, maxBytes: number = MAX_FILE_BYTES): string {
  const name = printable(path);
  let bytes: Buffer;
  try {
    bytes = readBytes(path, maxBytes);
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

function readBytes(path: string, maxBytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const about = fstatSync(file);
    if (about.isDirectory()) throw new InputError(`cannot read ${printable(path)}: it is a folder`);
    // a small file fits into its first chunk, with a byte to spare to see its end
    const chunkBytes = about.isFile() ? Math.min(about.size + 1, CHUNK_BYTES) : CHUNK_BYTES;
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(file, chunk, 0, chunkBytes, null);
      if (length === 0) return Buffer.concat(chunks, total);
      total += length;
      if (total > maxBytes) {
        const limit =
          maxBytes >= CHUNK_BYTES ? `${Math.floor(maxBytes / CHUNK_BYTES)} MiB` : `${maxBytes} bytes`;
        throw new InputError(`cannot read ${printable(path)}: it is larger than ${limit}`);
      }
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}
