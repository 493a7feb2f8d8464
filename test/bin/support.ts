/** Runs the command in this process, with a made-up simulator and a terminal that only remembers. */
import { main } from "../../bin/program.js";
import { NO_PROJECT } from "../../bin/project.js";
import type { Simulator, Universes } from "../../bin/simulator.js";
import type { Terminal } from "../../bin/terminal.js";
import { perform } from "../../bin/universe-command.js";
import type { CampaignOptions, CampaignResult } from "../../src/explore/campaign/campaign.js";
import { type CampaignRun, runAt, runsOf, WHOLE } from "../../src/explore/campaign/settings.js";
import { emptySummary, type Summary } from "../../src/explore/campaign/summary.js";
import { versions } from "../../src/explore/formats/versions.js";
import { addBreakage, addRun } from "../../src/explore/runs/observe-run.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import type { Scenario } from "../../src/storm/scenario.js";
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
  readonly simulator?: Partial<Simulator & Universes>;
  readonly debug?: boolean;
}

/** What runs in this process needs none; shrinking does. */
class NoThreads extends RunPool {
  override attempt(): never {
    throw new Error("these tests have no threads: --no-shrink");
  }
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
    interruption: () => new AbortController().signal,
  };
  const simulator: Simulator & Universes = {
    registry: "data:,none",
    scenarios: [small, boastful],
    run: fakeRun,
    verify: (plan) => ({ outcome: fakeRun(plan), divergence: undefined }),
    pool: (options) => new NoThreads({ ...options, registry: "" }),
    campaign: (options) => campaignInProcess(options, simulator),
    keeper: async ({ path }) => ({
      path,
      release: () => {},
      save: (result) => {
        files[path] = JSON.stringify(result);
        return true;
      },
    }),
    ...stage.simulator,
  };
  const code = await main(args, {
    terminal,
    simulator: async () => simulator,
    apart: ({ command }) => perform(command, simulator, terminal),
    project: async () => NO_PROJECT,
    catalogue: () => undefined,
    debug: stage.debug ?? false,
  });
  return { code, out: out.join(""), err: err.join(""), files, progress };
}

/** A campaign of made-up runs, without threads. */
async function campaignInProcess(options: CampaignOptions, simulator: Universes): Promise<CampaignResult> {
  const { settings, shard = WHOLE, failFast, onProgress, onFinding } = options;
  const total = runsOf(settings, shard);
  const summary = emptySummary();
  let failed = 0;
  let done = 0;
  while (done < total && !(failFast === true && failed > 0)) {
    const run = runAt(settings, shard, done++);
    const scenario = simulator.scenarios.find(({ id }) => id === run.scenario) ?? small;
    const known = summary.findings.length;
    if (await addOne(summary, run, scenario, simulator)) failed++;
    for (const finding of summary.findings.slice(known)) onFinding?.(finding);
    onProgress?.({ done, total, failed, runsPerSecond: 250, remainingMs: (total - done) * 4 });
  }
  return {
    format: 1,
    kind: "campaign",
    versions: versions(),
    settings,
    shard,
    done,
    complete: done === total,
    wallTimeMs: done * 4,
    notices: [],
    summary,
  };
}

async function addOne(
  summary: Summary,
  run: CampaignRun,
  scenario: Scenario,
  simulator: Universes,
): Promise<boolean> {
  try {
    const plan = scenario.plan(run.seed);
    const { outcome, divergence } = run.verify
      ? await simulator.verify(plan)
      : { outcome: await simulator.run(plan), divergence: undefined };
    return addRun(summary, run, scenario, { outcome, divergence, world: undefined });
  } catch (error) {
    return addBreakage(summary, run, error);
  }
}
