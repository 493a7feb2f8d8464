/**
 * Folders for what tests write: each is new and empty, and all are removed after the last test of the file, by the hook that
 * every test file is given (`vitest.config.ts`): files share this module, and what it registers itself would be the first one's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const home = process.cwd();
const made: string[] = [];

export function removeFolders(): void {
  process.chdir(home); // who stands in a folder can't remove it everywhere
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "seedstorm-"));
  made.push(folder);
  return folder;
}

/** The process stands in a new folder until it enters another one, or the file's tests are over. */
export function enterTemporaryFolder(): string {
  const folder = temporaryFolder();
  process.chdir(folder);
  return folder;
}
