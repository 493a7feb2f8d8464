/** Runs the command in this process, with a made-up simulator and a terminal that only remembers. */
import { main } from "../../bin/program.js";
import type { Simulator } from "../../bin/simulator.js";
import type { Terminal } from "../../bin/terminal.js";
import { boastful, fakeRun, small } from "../support/small-scenario.js";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly files: Readonly<Record<string, string>>;
  readonly progress: readonly string[];
}

export interface Stage {
  readonly columns?: number;
  readonly colors?: 0 | 1;
  readonly simulator?: Partial<Simulator>;
  readonly debug?: boolean;
}

export const DRAWN_SEED = 4242;

export async function command(args: readonly string[], stage: Stage = {}): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const progress: string[] = [];
  const files: Record<string, string> = {};
  let now = 0;
  const terminal: Terminal = {
    out: (lines) => out.push(...lines.map((line) => `${line}\n`)),
    err: (lines) => err.push(...lines.map((line) => `${line}\n`)),
    columns: stage.columns ?? 80,
    outColors: stage.colors ?? 0,
    errColors: stage.colors ?? 0,
    progress: (text) => progress.push(text),
    now: () => {
      now += 40;
      return now;
    },
    drawSeed: () => DRAWN_SEED,
    write: (path, text) => {
      files[path] = text;
    },
  };
  const simulator: Simulator = {
    scenarios: [small, boastful],
    run: fakeRun,
    verify: (plan) => ({ outcome: fakeRun(plan), divergence: undefined }),
    ...stage.simulator,
  };
  const code = await main(args, { terminal, simulator: async () => simulator, debug: stage.debug ?? false });
  return { code, out: out.join(""), err: err.join(""), files, progress };
}
