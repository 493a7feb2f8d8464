/**
 * One plan, run in a thread of its own: an endless loop or a memory that is used up ends that thread, and not
 * the command. What became of the thread is reported with host and virtual time.
 */

import { type PoolOptions, PoolUnusable, type RunPool } from "../src/explore/index.js";
import type { Plan, Verification } from "../src/index.js";
export interface RunLimits {
  /** Real milliseconds after which a run that does not end has hung. Default 30,000. */
  readonly hangMs?: number | undefined;
}

/** The run did not come to its end: it hangs, or it took its thread with it. */
export class RunLost extends Error {
  override readonly name = "RunLost";
  readonly why: "hung" | "died";

  constructor(why: "hung" | "died", message: string) {
    super(message);
    this.why = why;
  }
}

/** What the largest universes take, which are measured and not sought by the thousand; a machine that swaps tells nobody anything. */
const MEMORY_MB = 4_096;

/** @throws RunLost; what the run itself threw, by name and message. */
export async function runInThread(
  makePool: (options: Omit<PoolOptions, "registry">) => RunPool,
  plan: Plan,
  verify: boolean,
  { hangMs }: RunLimits = {},
): Promise<Verification> {
  const pool = makePool({ jobs: 1, memoryMb: MEMORY_MB, ...(hangMs === undefined ? {} : { hangMs }) });
  try {
    const end = await pool.attempt({ kind: "outcome", plan, verify });
    if (end.kind === "lost") throw new RunLost(end.why, end.message);
    if (end.kind === "closed") throw new PoolUnusable("the thread was closed before it was done");
    const { result } = end;
    switch (result.kind) {
      case "outcome":
        return { outcome: result.outcome, divergence: result.divergence };
      case "threw":
        throw Object.assign(new Error(result.message), { name: result.name, stack: result.stack });
      default:
        throw new PoolUnusable("a thread did something else than was asked");
    }
  } finally {
    await pool.close();
  }
}
