/** Worker threads for the length of a command. */
import { PoolUnusable, type RunPool } from "../src/explore/index.js";
import { HarnessError } from "./exit-codes.js";
import type { Simulator } from "./simulator.js";
import type { Terminal } from "./terminal.js";

/** The command's threads, started when they are first asked for. */
export type Threads = () => RunPool;

/**
 * Does what needs threads, and ends them and the line of progress however that ends.
 *
 * @param jobs how many; as many as there are cores when undefined.
 * @throws HarnessError when threads can't be had.
 */
export async function withThreads<T>(
  jobs: number | undefined,
  simulator: Simulator,
  terminal: Terminal,
  use: (threads: Threads) => Promise<T>,
): Promise<T> {
  let pool: RunPool | undefined;
  const threads = (): RunPool => {
    pool ??= simulator.pool(jobs === undefined ? {} : { jobs });
    return pool;
  };
  try {
    return await use(threads);
  } catch (error) {
    if (error instanceof PoolUnusable) throw new HarnessError(error.message, undefined, error);
    throw error;
  } finally {
    terminal.progress("");
    await pool?.close();
  }
}
