/**
 * Worker threads that survive what they run.
 *
 * Threads come from piscina, which replaces one that ended. What is added here is the watch over each task: a
 * thread that begins no new run for too long is ended, and the caller is told in which run it hung or died, so that
 * the others of its batch can be handed out again.
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Piscina } from "piscina";
import { PoolUnusable, type Runner } from "./runner.js";
import { sentence } from "./sentence.js";
import type { Task, TaskEnd } from "./task.js";
import { threadLimits, Watch } from "./watch.js";
import type { Assignment, TaskResult, ThreadData } from "./worker.js";

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
 * V8 learns which literals live long and allocates those in the old generation. Here it learns of one universe what is
 * wrong of the next: what it put there by mistake keeps a universe that is over through every scavenge, and that
 * teaches it more of the same. A campaign without it takes a quarter less processor time. The flag is the process's;
 * threads that run already may go on as they were.
 */
const NO_PRETENURING = "--no-allocation-site-pretenuring";

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
  readonly #piscina: Piscina<Assignment, TaskResult>;
  readonly #watch: Watch;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #failure: Error | undefined;
  /** Some task was done: the threads can work. */
  #proved = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.jobs = Math.max(1, options.jobs ?? defaultJobs());
    this.#watch = new Watch({ ...options, jobs: this.jobs });
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
      resourceLimits: threadLimits(options.memoryMb),
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
    const abort = new AbortController();
    const watched = this.#watch.over(() => abort.abort());
    try {
      const { cells, position } = watched;
      const assignment: Assignment = { task, cells, position };
      const result = await this.#piscina.run(assignment, { signal: abort.signal });
      if (result.kind === "unusable") throw new PoolUnusable(result.message);
      this.#proved = true;
      return { kind: "done", result };
    } catch (error) {
      if (error instanceof PoolUnusable) throw error;
      if (this.#failure !== undefined) throw new PoolUnusable(sentence(this.#failure));
      if (this.#closed) return { kind: "closed" };
      return watched.loss(error);
    } finally {
      watched.release();
    }
  }

  /** Tasks that are under way end after the run that they are in, and hand back what they have. */
  stop(): void {
    this.#watch.stopAll();
  }

  /** Ends all threads at once; tasks that are under way end as `closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.endAll();
    await this.#piscina.destroy();
  }

  /** A thread failed while it had nothing to do. When none has ever worked, it is because they can't start. */
  #fail(error: Error): void {
    if (this.#proved) return;
    this.#failure = error;
    this.#watch.endAll();
  }
}
