/**
 * `seedstorm work --queue URL`: this machine does what campaigns elsewhere put on a queue, until Ctrl-C. A block that it is in the
 * middle of then goes to another worker.
 */
import { workerModule } from "../src/explore/index.js";
import { identityOf, identityText, work } from "../src/queue/index.js";
import { count } from "../src/report/index.js";
import { type ExitCode, HELD } from "./exit-codes.js";
import type { Simulator } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { withThreads } from "./threads.js";

export interface WorkCommandOptions {
  readonly queue: string;
  readonly jobs: number | undefined;
  readonly patienceMs: number;
  readonly quiet: boolean;
}

export async function workOnQueue(
  { queue, jobs, patienceMs, quiet }: WorkCommandOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const identity = identityOf([simulator.registry, workerModule()]);
  const signal = terminal.interruption();
  return withThreads<ExitCode>(jobs, simulator, terminal, async (threads) => {
    const pool = threads();
    await work({
      url: queue,
      identity,
      pool,
      patienceMs,
      signal,
      onConnected: () => {
        if (!quiet) terminal.err([`worker of ${identityText(identity)}, with ${count(pool.jobs, "thread")}`]);
      },
      onNotice: (sentence) => terminal.err([sentence]),
      onBlock: ({ campaign, from, runs }, result) => {
        const end = result.kind === "done" ? "" : `: ${result.message}`;
        if (!quiet) terminal.err([`${campaign}: runs ${from} to ${from + runs - 1}${end}`]);
      },
    });
    return HELD;
  });
}
