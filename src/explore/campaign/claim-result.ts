/**
 * A place for a campaign's result that is nobody else's: two campaigns at once never write the same file, and what an
 * unfinished campaign has found is never overwritten by another one. A claim is a file beside the result with the number of
 * the process and when that was started; one that was left behind by a process that is gone counts for nothing, even when
 * another one has its number by now, as in a container that is started again.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
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
const WRITING_MS = 10_000;

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
      // The result makes its folder, too: a claim without one would keep nobody away.
      mkdirSync(dirname(lock), { recursive: true });
      writeFileSync(lock, `${process.pid} ${startOf(process.pid)}`, { flag: "wx" });
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code !== "EEXIST" || !existsSync(lock)) return true;
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
    const text = readFileSync(lock, "utf8");
    // Somebody has made the file, and is about to write into it.
    if (text === "") return Date.now() - statSync(lock).mtimeMs < WRITING_MS;
    const [number = "", start = ""] = text.split(" ");
    const pid = Number(number);
    if (!Number.isSafeInteger(pid) || pid <= 0 || !process.kill(pid, 0)) return false;
    const now = startOf(pid);
    return start === "" || now === "" || start === now;
  } catch (error) {
    // A process of somebody else is there, and not ours to signal.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process was started, in the system's own terms; empty where the system does not say. */
function startOf(pid: number): string {
  try {
    // Linux: the twenty-second word, of which the second, in brackets, may contain anything.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return "";
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
