/**
 * `seedstorm check [SCENARIO…]`: many universes, one after the other in one thread. Ends with a table; each
 * failure comes with the command that tells it as a story. A campaign that did not keep its promises has failed too.
 */

import { InputError } from "../src/explore/input-error.js";
import { Tally } from "../src/explore/tally.js";
import { campaignJson } from "../src/report/json.js";
import { look } from "../src/report/look.js";
import { type CampaignTelling, campaignLines, problemLines } from "../src/report/table.js";
import type { Outcome, Scenario } from "../src/scenarios/scenario.js";
import { type ExitCode, firstLine, HarnessError, HELD, VIOLATED } from "./exit-codes.js";
import { deliver, diverged } from "./perform.js";
import { commandFor } from "./run.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export interface CheckOptions {
  /** Runs of each scenario. */
  readonly runs: number;
  /** The first run's seed; the others follow it. */
  readonly seed: number;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Stops at the first run that fails. */
  readonly failFast: boolean;
  /** Runs each plan twice and compares. */
  readonly verify: boolean;
  readonly output: string | undefined;
}

/** Milliseconds between two updates of the progress line. */
const PROGRESS_INTERVAL = 100;

export async function check(
  scenarioIds: readonly string[],
  options: CheckOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const { runs, seed: firstSeed, json, quiet, verify, output } = options;
  const scenarios =
    scenarioIds.length === 0
      ? simulator.scenarios
      : [...new Set(scenarioIds)].map((id) => scenarioNamed(id, simulator.scenarios));
  if (firstSeed > Number.MAX_SAFE_INTEGER - (runs - 1)) {
    throw new InputError(
      `--seed: ${runs} runs from seed ${firstSeed} on go beyond ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  const started = terminal.now();
  const tally = new Tally(scenarios);
  try {
    await runAll(tally, options, simulator, terminal, started);
  } finally {
    terminal.progress("");
  }
  const wallTimeMs = terminal.now() - started;
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const telling: CampaignTelling = {
    tally,
    wallTimeMs,
    command: (id, seed) => commandFor(byId.get(id) ?? scenarioNamed(id, scenarios), seed),
    verified: verify,
  };
  const view = look(terminal.columns, output === undefined ? terminal.outColors : 0);
  const lines = json
    ? [JSON.stringify(campaignJson(tally, wallTimeMs, firstSeed), null, 2)]
    : quiet
      ? isKept(tally)
        ? []
        : problemLines(telling, view)
      : campaignLines(telling, view);
  deliver(lines, output, terminal);
  return isKept(tally) ? HELD : VIOLATED;
}

/** A campaign that stopped early has been told why; its other promises are not judged. */
function isKept(tally: Tally): boolean {
  return tally.failures.length === 0 && !tally.shortfalls().some(({ binding }) => binding);
}

async function runAll(
  tally: Tally,
  { runs, seed: firstSeed, failFast, verify }: CheckOptions,
  simulator: Simulator,
  terminal: Terminal,
  started: number,
): Promise<void> {
  let lastProgress = started;
  let done = 0;
  for (const row of tally.scenarios) {
    for (let i = 0; i < runs; i++) {
      const outcome = await runOne(row.scenario, firstSeed + i, verify, simulator);
      const failed = tally.add(outcome, row);
      done++;
      if (failed && failFast) return;
      const now = terminal.now();
      if (now - lastProgress < PROGRESS_INTERVAL) continue;
      lastProgress = now;
      const pace = Math.round((done * 1000) / (now - started));
      const violated = tally.total(({ violated }) => violated);
      terminal.progress(`${row.scenario.id} ${i + 1}/${runs} · ${violated} violated · ${pace} runs/s`);
    }
  }
}

async function runOne(
  scenario: Scenario,
  seed: number,
  verify: boolean,
  simulator: Simulator,
): Promise<Outcome> {
  const command = commandFor(scenario, seed);
  try {
    const plan = scenario.plan(seed);
    if (!verify) return await simulator.run(plan);
    const { outcome, divergence } = await simulator.verify(plan);
    if (divergence !== undefined) throw diverged(divergence, `${command} --verify`);
    return outcome;
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError(
      `the simulator failed on ${scenario.id} with seed ${seed}: ${firstLine(error)}`,
      command,
      error,
    );
  }
}
