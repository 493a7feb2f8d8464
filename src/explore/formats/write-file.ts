/**
 * Writes a file in one step: readers, and whoever is killed in between, see the old file or the new one and nothing
 * between them. Folders on the way are made. A link stays one, and the file that it leads to is replaced; what is no file (a
 * device, a pipe) is written to as it is, and never replaced.
 */
import { mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { InputError, printable } from "./input-error.js";
import { fileProblem } from "./read-file.js";

/** @throws InputError when the file can't be written; what was there before is still there then. */
export function writeWhole(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const known = statSync(path, { throwIfNoEntry: false });
    if (known === undefined) replace(path, text);
    else if (known.isFile()) replace(realpathSync(path), text);
    else writeFileSync(path, text);
  } catch (error) {
    throw new InputError(`cannot write ${printable(path)}: ${writeProblem(error)}`);
  }
}

function replace(path: string, text: string): void {
  const making = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(making, text, { flush: true });
    renameSync(making, path);
  } catch (error) {
    removeQuietly(making);
    throw error;
  }
}

function writeProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return "the disk is full";
  if (code === "EDQUOT") return "the quota is used up";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "EEXIST" || code === "ENOTDIR") return "a part of its path is a file and no folder";
  return fileProblem(error);
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // what could not be written can't be removed either
  }
}
