/**
 * Worker threads that survive what they run.
 *
 * Threads come from piscina, which replaces one that ended. What is added here is the watch over each task: a
 * thread that begins no new run for too long is ended, and the caller is told in which run it hung or died, so that
 * the others of its batch can be handed out again. Time is counted in ticks of the watch, not by the clock: a laptop that
 * was asleep, or a process that was stopped, has not hung.
 */
import { availableParallelism, totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Piscina } from "piscina";
import { sentence } from "./observe-run.js";
import { newPosition, positionText, type RunPosition } from "./position.js";
import { PoolUnusable, type Runner } from "./runner.js";
import type { Task, TaskEnd } from "./task.js";
import { type Assignment, BEGUN, STOP, type TaskResult, type ThreadData } from "./worker.js";

export interface PoolOptions {
  /** Threads at most. Default: as many as the machine runs at once. */
  readonly jobs?: number;
  /** URL of the module that exports `scenarios`. */
  readonly registry: string;
  /** URL of the worker's compiled module. Default: the one beside this file. */
  readonly worker?: string;
  /** Milliseconds after which a run that does not end has hung. Default 30,000. */
  readonly hangMs?: number;
  /** Megabytes of heap that each thread may have. Default: what Node gives it. */
  readonly memoryMb?: number;
}

/**
 * What a thread's young generation may take, in megabytes: two halves of a third each, and as much for what is large. A
 * universe leaves some 12 MB of garbage behind, and what a scavenge costs is what is alive when it comes; with halves of 32
 * MB it comes once in several universes, with Node's 16 MB in each.
 */
const YOUNG_GENERATION_MB = 96;

/**
 * V8 learns which literals live long and allocates those in the old generation. Here it learns of one universe what is
 * wrong of the next: what it put there by mistake keeps a universe that is over through every scavenge, and that
 * teaches it more of the same. A campaign without it takes a quarter less processor time. The flag is the process's;
 * threads that run already may go on as they were.
 */
const NO_PRETENURING = "--no-allocation-site-pretenuring";

const DEFAULT_HANG_MS = 30_000;
/** A thread that is asked for its first run must load the scenarios first. */
const START_MS = 60_000;
const TICK_MS = 100;
const MB = 1_048_576;
/** Of the machine's memory, or of what the process may have of it. */
const MOST_OF_IT = 0.8;
/** What a process takes besides the heaps of its threads. */
const OWN_MB = 512;

interface Watched {
  readonly cells: Int32Array;
  readonly position: RunPosition;
  readonly abort: AbortController;
  begun: number;
  /** Milliseconds of the watch since it last began a run. */
  idle: number;
  /** Why the watch has ended it; undefined while it goes on. */
  ended: "hung" | "memory" | undefined;
}

/** Threads for the length of one piece of work, ended however it ends. @throws PoolUnusable when they can't be had. */
export async function withPool<T>(options: PoolOptions, use: (pool: RunPool) => Promise<T>): Promise<T> {
  const pool = new RunPool(options);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

/** URL of the module that threads run. */
export const workerModule = (): string => new URL("./worker.js", import.meta.url).href;

export function defaultJobs(): number {
  return availableParallelism();
}

export class RunPool implements Runner {
  readonly jobs: number;
  readonly #hangMs: number;
  /** Bytes that the process may take. V8 limits heaps alone, and not the buffers that they refer to. */
  readonly #mostBytes: number;
  readonly #piscina: Piscina<Assignment, TaskResult>;
  readonly #watched = new Set<Watched>();
  #watch: NodeJS.Timeout | undefined;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #failure: Error | undefined;
  /** Some task was done: the threads can work. */
  #proved = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.jobs = Math.max(1, options.jobs ?? defaultJobs());
    this.#hangMs = options.hangMs ?? DEFAULT_HANG_MS;
    const wanted = options.memoryMb === undefined ? undefined : (options.memoryMb * this.jobs + OWN_MB) * MB;
    this.#mostBytes = Math.min(wanted ?? Number.POSITIVE_INFINITY, memoryOfTheMachine() * MOST_OF_IT);
    setFlagsFromString(NO_PRETENURING);
    const data: ThreadData = {
      registry: options.registry,
    };
    this.#piscina = new Piscina({
      filename: options.worker ?? workerModule(),
      // No thread is started before it has work, so that one that can't even start is not started for ever.
      minThreads: 0,
      maxThreads: this.jobs,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A thread that waits for work must let its own event loop run: universes end in it.
      atomics: "disabled",
      workerData: data,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        ...(options.memoryMb === undefined ? {} : { maxOldGenerationSizeMb: options.memoryMb }),
      },
    });
    this.#piscina.on("error", (error: Error) => this.#fail(error));
  }

  /**
   * Has one task done by a thread; waits while all are busy.
   *
   * @throws PoolUnusable when no thread can work.
   */
  async attempt(task: Task): Promise<TaskEnd> {
    if (this.#busy >= this.jobs) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
    try {
      return await this.#attempt(task);
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  async #attempt(task: Task): Promise<TaskEnd> {
    if (this.#closed) return { kind: "closed" };
    const watched: Watched = {
      cells: new Int32Array(new SharedArrayBuffer(8)),
      position: newPosition(),
      abort: new AbortController(),
      begun: 0,
      idle: 0,
      ended: undefined,
    };
    this.#watched.add(watched);
    this.#watch ??= setInterval(() => this.#tick(), TICK_MS);
    try {
      const { cells, position: where } = watched;
      const assignment: Assignment = { task, cells, position: where };
      const result = await this.#piscina.run(assignment, { signal: watched.abort.signal });
      if (result.kind === "unusable") throw new PoolUnusable(result.message);
      this.#proved = true;
      return { kind: "done", result };
    } catch (error) {
      if (error instanceof PoolUnusable) throw error;
      if (this.#failure !== undefined) throw new PoolUnusable(sentence(this.#failure));
      if (this.#closed) return { kind: "closed" };
      const position = Atomics.load(watched.cells, BEGUN) - 1;
      const place = position < 0 ? "" : positionText(watched.position);
      if (watched.ended === "hung") {
        const is = place === "" ? "" : `: it is ${place}`;
        const message = `the run did not end within ${this.#hangMs / 1000} s${is}`;
        return { kind: "lost", why: "hung", position, message };
      }
      const was = place === "" ? "" : `, ${place}`;
      const why =
        watched.ended === "memory"
          ? `it took more memory than the process may have, which is ${Math.floor(this.#mostBytes / MB)} MB`
          : sentence(error);
      return { kind: "lost", why: "died", position, message: `${why}${was}` };
    } finally {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) {
        clearInterval(this.#watch);
        this.#watch = undefined;
      }
    }
  }

  /** Tasks that are under way end after the run that they are in, and hand back what they have. */
  stop(): void {
    for (const { cells } of this.#watched) Atomics.store(cells, STOP, 1);
  }

  /** Ends all threads at once; tasks that are under way end as `closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { abort } of this.#watched) abort.abort();
    await this.#piscina.destroy();
  }

  #tick(): void {
    for (const watched of this.#watched) {
      const begun = Atomics.load(watched.cells, BEGUN);
      if (begun !== watched.begun) {
        watched.begun = begun;
        watched.idle = 0;
        continue;
      }
      watched.idle += TICK_MS;
      if (begun === 0 ? watched.idle < Math.max(START_MS, this.#hangMs) : watched.idle < this.#hangMs)
        continue;
      this.#end(watched, "hung");
    }
    this.#watchMemory();
  }

  /** Of several runs the one that uses up the memory is the one that does not come to its end. */
  #watchMemory(): void {
    const watched = [...this.#watched];
    if (watched.some(({ ended }) => ended !== undefined)) return; // what that one took is about to come back
    if (process.memoryUsage.rss() <= this.#mostBytes) return;
    const longest = watched.reduce<Watched | undefined>(
      (most, each) => (most === undefined || each.idle > most.idle ? each : most),
      undefined,
    );
    if (longest !== undefined && longest.begun > 0) this.#end(longest, "memory");
  }

  #end(watched: Watched, why: "hung" | "memory"): void {
    watched.ended = why;
    watched.abort.abort();
  }

  /** A thread failed while it had nothing to do. When none has ever worked, it is because they can't start. */
  #fail(error: Error): void {
    if (this.#proved) return;
    this.#failure = error;
    for (const { abort } of this.#watched) abort.abort();
  }
}

/** Bytes that the machine has, or that its process is confined to. */
function memoryOfTheMachine(): number {
  const confined = process.constrainedMemory();
  return confined !== undefined && confined > 0 ? Math.min(confined, totalmem()) : totalmem();
}
