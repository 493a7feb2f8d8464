/**
 * `node dist/bench/campaign.js [SCENARIO] [RUNS] [LONG]`: what campaigns cost. Runs a second with one thread and with
 * two, in turns so that both meet the same machine, and their ratio, which says something only on an idle machine; the
 * processor time of a run, which says it on any; then the memory of a long campaign at run 1,000 and later.
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

interface Pace {
  readonly runsPerSecond: number;
  /** Milliseconds of processor time. */
  readonly cpuPerRun: number;
}

/** The start of the threads is left out: a campaign of few runs is taken off. */
async function pace(jobs: number): Promise<Pace> {
  const warm = Math.ceil(runs / 10);
  const before = process.cpuUsage();
  const short = await runCampaign({ jobs, settings: settings(warm) });
  const between = process.cpuUsage();
  const long = await runCampaign({ jobs, settings: settings(runs) });
  const after = process.cpuUsage();
  const cpu = (from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number =>
    (to.user - from.user + (to.system - from.system)) / 1000;
  return {
    runsPerSecond: ((runs - warm) * 1000) / (long.wallTimeMs - short.wallTimeMs),
    cpuPerRun: (cpu(between, after) - cpu(before, between)) / (runs - warm),
  };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(44)} ${figure}\n`);
}

const alone: Pace[] = [];
const together: Pace[] = [];
for (let round = 0; round < ROUNDS; round++) {
  alone.push(await pace(1));
  together.push(await pace(2));
}
const speed = (paces: readonly Pace[]): number => median(paces.map(({ runsPerSecond }) => runsPerSecond));
const cost = (paces: readonly Pace[]): number => median(paces.map(({ cpuPerRun }) => cpuPerRun));
for (const [name, paces] of [
  ["one thread", alone],
  ["two threads", together],
] as const) {
  print(
    `${scenario}, ${name}`,
    `${speed(paces).toFixed(1)} runs/s, ${cost(paces).toFixed(1)} ms of processor a run`,
  );
}
print("speed-up", (speed(together) / speed(alone)).toFixed(2));

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
