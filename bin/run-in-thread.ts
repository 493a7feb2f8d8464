/** One plan, run in a thread of its own: an endless loop or a memory that is used up ends that thread, and not the command. */

import { type PoolOptions, PoolUnusable, type RunPool } from "../src/explore/index.js";
import type { Outcome, Plan } from "../src/index.js";
import { MEMORY_MB } from "./apart.js";

/** @throws Error what the run itself threw, by name and message. */
export async function runInThread(
  makePool: (options: Omit<PoolOptions, "registry">) => RunPool,
  plan: Plan,
): Promise<Outcome> {
  const pool = makePool({ jobs: 1, memoryMb: MEMORY_MB });
  try {
    const end = await pool.attempt({ kind: "outcome", plan, verify: false });
    if (end.kind === "lost") throw new Error(end.message);
    if (end.kind === "closed") throw new PoolUnusable("the thread was closed before it was done");
    const { result } = end;
    switch (result.kind) {
      case "outcome":
        return result.outcome;
      case "threw":
        throw Object.assign(new Error(result.message), { name: result.name, stack: result.stack });
      default:
        throw new PoolUnusable("a thread did something else than was asked");
    }
  } finally {
    await pool.close();
  }
}
