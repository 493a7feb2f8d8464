/**
 * The watch over runs in threads: it ends the thread of a run that does not come to its end, or that uses up the memory,
 * and says which run that was and where it was. Time is counted in ticks of the watch, not by the clock: a laptop that was
 * asleep, or a process that was stopped, has not hung.
 */
import { totalmem } from "node:os";
import { newPosition, positionText, type RunPosition } from "./position.js";
import { sentence } from "./sentence.js";
import { BEGUN, isResting, newCells, STOP } from "./shared-cells.js";
import type { TaskEnd } from "./task.js";

export interface WatchOptions {
  /** Milliseconds after which a run that does not end has hung. Default 30,000. */
  readonly hangMs?: number | undefined;
  /** Megabytes of heap that each thread may have. Default: what Node gives it. */
  readonly memoryMb?: number;
  /** Threads that are watched, at most. */
  readonly jobs: number;
}

/** One thread's work, from when it was given to it until it is done. */
export interface Watched {
  /** `shared-cells.ts` says what is in them. */
  readonly cells: Int32Array;
  readonly position: RunPosition;
  /** How the work ended whose thread is gone, by what was thrown then. */
  loss(error: unknown): Extract<TaskEnd, { readonly kind: "lost" }>;
  /** It is done, or lost. */
  release(): void;
}

const DEFAULT_HANG_MS = 30_000;
/** A thread that is asked for its first run must load the scenarios first. */
const START_MS = 60_000;
const TICK_MS = 100;
const MB = 1_048_576;
/** Of the machine's memory, or of what the process may have of it. */
const MOST_OF_IT = 0.8;
/** What a process takes besides the heaps of its threads. */
const OWN_MB = 512;

/**
 * What a thread's young generation may take, in megabytes: two halves of a third each, and as much for what is large. A
 * universe leaves some 12 MB of garbage behind, and what a scavenge costs is what is alive when it comes; with halves of 32
 * MB it comes once in several universes, with Node's 16 MB in each.
 */
const YOUNG_GENERATION_MB = 96;

/** Megabytes, as `resourceLimits` of a worker thread takes them. */
export interface ThreadLimits {
  readonly maxYoungGenerationSizeMb: number;
  readonly maxOldGenerationSizeMb?: number;
}

/** What V8 may take for a thread with a heap of so many megabytes. */
export function threadLimits(memoryMb: number | undefined): ThreadLimits {
  return {
    maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    ...(memoryMb === undefined ? {} : { maxOldGenerationSizeMb: memoryMb }),
  };
}

interface Seen {
  readonly cells: Int32Array;
  readonly end: () => void;
  begun: number;
  /** Milliseconds of the watch since it last began a run. */
  idle: number;
  /** Why the watch has ended it; undefined while it goes on. */
  ended: "hung" | "memory" | undefined;
}

export class Watch {
  readonly #hangMs: number;
  /** Bytes that the process may take. V8 limits heaps alone, and not the buffers that they refer to. */
  readonly #mostBytes: number;
  readonly #seen = new Set<Seen>();
  #ticking: NodeJS.Timeout | undefined;

  constructor({ hangMs = DEFAULT_HANG_MS, memoryMb, jobs }: WatchOptions) {
    this.#hangMs = hangMs;
    const wanted = memoryMb === undefined ? undefined : (memoryMb * jobs + OWN_MB) * MB;
    this.#mostBytes = Math.min(wanted ?? Number.POSITIVE_INFINITY, memoryOfTheMachine() * MOST_OF_IT);
  }

  /** @param end ends the thread at once. */
  over(end: () => void): Watched {
    const cells = newCells();
    const position = newPosition();
    const seen: Seen = { cells, end, begun: 0, idle: 0, ended: undefined };
    this.#seen.add(seen);
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS);
    return {
      cells,
      position,
      loss: (error) => this.#lossOf(seen, position, error),
      release: () => {
        this.#seen.delete(seen);
        if (this.#seen.size > 0) return;
        clearInterval(this.#ticking);
        this.#ticking = undefined;
      },
    };
  }

  /** What is under way ends after the run that it is in. */
  stopAll(): void {
    for (const { cells } of this.#seen) Atomics.store(cells, STOP, 1);
  }

  /** Ends all that is under way. */
  endAll(): void {
    for (const { end } of this.#seen) end();
  }

  #lossOf(
    { cells, ended }: Seen,
    where: RunPosition,
    error: unknown,
  ): Extract<TaskEnd, { readonly kind: "lost" }> {
    const position = Atomics.load(cells, BEGUN) - 1;
    const place = position < 0 ? "" : positionText(where);
    if (ended === "hung") {
      const is = place === "" ? "" : `: it is ${place}`;
      const message = `the run did not end within ${this.#hangMs / 1000} s${is}`;
      return { kind: "lost", why: "hung", position, message };
    }
    const was = place === "" ? "" : `, ${place}`;
    const why =
      ended === "memory"
        ? `it took more memory than the process may have, which is ${Math.floor(this.#mostBytes / MB)} MB`
        : sentence(error);
    return { kind: "lost", why: "died", position, message: `${why}${was}` };
  }

  #tick(): void {
    for (const seen of this.#seen) {
      const begun = Atomics.load(seen.cells, BEGUN);
      if (begun !== seen.begun || isResting(seen.cells)) {
        seen.begun = begun;
        seen.idle = 0;
        continue;
      }
      seen.idle += TICK_MS;
      const most = begun === 0 ? Math.max(START_MS, this.#hangMs) : this.#hangMs;
      if (seen.idle >= most) end(seen, "hung");
    }
    this.#watchMemory();
  }

  /** Of several runs the one that uses up the memory is the one that does not come to its end. */
  #watchMemory(): void {
    const all = [...this.#seen];
    if (all.some(({ ended }) => ended !== undefined)) return; // what that one took is about to come back
    if (process.memoryUsage.rss() <= this.#mostBytes) return;
    const longest = all.reduce<Seen | undefined>(
      (most, each) => (most === undefined || each.idle > most.idle ? each : most),
      undefined,
    );
    if (longest !== undefined && longest.begun > 0) end(longest, "memory");
  }
}

function end(seen: Seen, why: "hung" | "memory"): void {
  seen.ended = why;
  seen.end();
}

/** Bytes that the machine has, or that its process is confined to. */
function memoryOfTheMachine(): number {
  const confined = process.constrainedMemory();
  return confined !== undefined && confined > 0 ? Math.min(confined, totalmem()) : totalmem();
}
