/**
 * A place that takes no writing. Linux has a device that is always full. Elsewhere it is a folder, which refuses a file's
 * content just as surely, for a reason of its own.
 */
import { existsSync } from "node:fs";
import { temporaryFolder } from "./folder.js";

const DEVICE = "/dev/full";

export interface FullDisk {
  readonly path: string;
  /** Why nothing can be written there, as the command says it. */
  readonly problem: string;
}

export function fullDisk(): FullDisk {
  return existsSync(DEVICE)
    ? { path: DEVICE, problem: "the disk is full" }
    : { path: temporaryFolder(), problem: "it is a folder" };
}
