/**
 * A place for a campaign's result that is nobody else's: two campaigns at once never write the same file, and what an
 * unfinished campaign has found is never overwritten by another one. A claim is a file beside the result with the number of
 * the process; one that was left behind by a process that is gone counts for nothing.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { InputError, printable } from "../formats/input-error.js";
import type { CampaignResult } from "./campaign.js";
import { readResult } from "./result-file.js";
import type { CampaignSettings, Shard } from "./settings.js";

export interface ClaimRequest {
  /** Where the result is to be kept. */
  readonly path: string;
  /** Whether somebody named the path; otherwise the next free one beside it will do. */
  readonly isNamed: boolean;
  readonly settings: CampaignSettings;
  readonly shard: Shard;
  /** The campaign goes on from what is there. */
  readonly isResumed: boolean;
}

export interface Claim {
  readonly path: string;
  /** Gives the place free; harmless when it is. */
  release(): void;
}

/** Places beside the first that are tried. */
const MOST_PLACES = 100;

/** @throws InputError when the named place is another campaign's. */
export function claimResult(request: ClaimRequest): Claim {
  const { path, isNamed } = request;
  for (let place = 1; place <= MOST_PLACES; place++) {
    const candidate = place === 1 ? path : path.replace(/(\.[^./\\]*)?$/, `-${place}$1`);
    const problem = problemWith(candidate, request);
    if (problem === undefined) return claimed(candidate);
    if (isNamed) throw new InputError(problem);
  }
  throw new InputError(
    `${printable(path)} and ${MOST_PLACES - 1} places beside it are taken; --save names another`,
  );
}

/** Why the place is not to be had; undefined when it is, and claimed. */
function problemWith(path: string, request: ClaimRequest): string | undefined {
  const lock = lockOf(path);
  if (!tryLock(lock)) return `${printable(path)} is being written by another campaign`;
  const known = request.isResumed ? undefined : unfinishedIn(path);
  if (known === undefined || isSame(known, request)) return undefined;
  remove(lock);
  const { settings, done } = known;
  return `${printable(path)} has an unfinished campaign of ${settings.scenarios.join(", ")} with ${done} runs; go on with --resume ${printable(path)}, or remove it`;
}

const lockOf = (path: string): string => `${path}.lock`;

/** Whether the place is this process's now. Where nothing can be written there is nothing to lose either. */
function tryLock(lock: string): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code !== "EEXIST") return true;
      if (isAlive(lock)) return false;
      remove(lock);
    }
  }
  return false;
}

function remove(lock: string): void {
  try {
    rmSync(lock, { force: true });
  } catch {
    // where nothing could be written there is nothing to remove
  }
}

function isAlive(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else is there, and not ours to signal.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** A result that is not complete; what can't be read is none. */
function unfinishedIn(path: string): CampaignResult | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const result = readResult(path);
    return result.complete ? undefined : result;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

const isSame = (known: CampaignResult, { settings, shard }: ClaimRequest): boolean =>
  JSON.stringify([known.settings, known.shard]) === JSON.stringify([settings, shard]);

function claimed(path: string): Claim {
  return { path, release: () => remove(lockOf(path)) };
}
