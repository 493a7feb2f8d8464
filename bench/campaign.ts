/**
 * `node dist/bench/campaign.js [SCENARIO] [RUNS]`: what campaigns cost. Runs a second with one thread and with two, in
 * turns so that both meet the same machine, and their ratio; then the memory of a long campaign at run 1,000 and later.
 */
import { runCampaign } from "../src/explore/campaign.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET } from "../src/explore/settings.js";

const scenario = process.argv[2] ?? "storm";
const runs = Number(process.argv[3] ?? 400);
const longRuns = Number(process.argv[4] ?? 5_000);

const ROUNDS = 3;

function settings(count: number): CampaignSettings {
  return {
    scenarios: [scenario],
    seed: 1,
    runs: count,
    defects: [],
    knobs: {},
    verifyEvery: 0,
    eventBudget: DEFAULT_EVENT_BUDGET,
  };
}

/** Runs a second, the start of the threads left out: a campaign of few runs is taken off. */
async function pace(jobs: number): Promise<number> {
  const warm = Math.ceil(runs / 10);
  const short = await runCampaign({ jobs, settings: settings(warm) });
  const long = await runCampaign({ jobs, settings: settings(runs) });
  return ((runs - warm) * 1000) / (long.wallTimeMs - short.wallTimeMs);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(44)} ${figure}\n`);
}

const [alone, together]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  alone.push(await pace(1));
  together.push(await pace(2));
}
print(`${scenario}, one thread`, `${median(alone).toFixed(1)} runs/s`);
print(`${scenario}, two threads`, `${median(together).toFixed(1)} runs/s`);
print("speed-up", (median(together) / median(alone)).toFixed(2));

const MEGABYTE = 1024 * 1024;
let next = Math.min(1_000, longRuns);
await runCampaign({
  settings: settings(longRuns),
  onProgress: ({ done }) => {
    if (done < next) return;
    print(`memory at run ${done}`, `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
    next = next < longRuns / 2 ? next * 2 : longRuns;
  },
});
print(`memory at run ${longRuns}`, `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
