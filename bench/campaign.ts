/**
 * `node build/bench/campaign.js [SCENARIO] [RUNS] [LONG]`: what campaigns cost, in two parts.
 *
 * The pace of one thread and of two, and their ratio, is that of the steady state: threads are started once and run until
 * what they run is compiled, which takes each of them some seconds and none of it can be shared; then one thread and
 * two take turns, each thread with RUNS universes a round (500 by default), and the median of the rounds counts. The ratio
 * says something only on an idle machine, where two threads keep two cores busy; the processor time of a run on any. What
 * a campaign on cold threads costs can be had by `seedstorm check` and a clock.
 *
 * The memory is that of a campaign of LONG runs (5,000 by default) on all cores, at run 1,000 and later.
 */

import { runCampaign } from "../src/explore/campaign/campaign.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET } from "../src/explore/campaign/settings.js";
import { RunPool, withPool } from "../src/explore/runs/pool.js";
import { REGISTRY } from "../src/scenarios/index.js";
import { median } from "./median.js";

const scenario = process.argv[2] ?? "storm";
const runs = Number(process.argv[3] ?? 500);
const longRuns = Number(process.argv[4] ?? 5_000);

const ROUNDS = 5;
/** Universes after which a thread has compiled what it runs, by and large. */
const WARM_UP = 600;

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

/** A round of one side. */
async function pace(pool: RunPool): Promise<Pace> {
  const count = runs * pool.jobs;
  const before = process.cpuUsage();
  const { wallTimeMs } = await runCampaign({ pool, settings: settings(count) });
  const { user, system } = process.cpuUsage(before);
  return { runsPerSecond: (count * 1000) / wallTimeMs, cpuPerRun: (user + system) / 1000 / count };
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(44)} ${figure}\n`);
}

const sides = [1, 2].map((jobs) => ({
  pool: new RunPool({ registry: REGISTRY, jobs }),
  paces: [] as Pace[],
}));
for (const { pool } of sides) await runCampaign({ pool, settings: settings(WARM_UP * pool.jobs) });
for (let round = 0; round < ROUNDS; round++) {
  for (const { pool, paces } of sides) paces.push(await pace(pool));
}
const speeds = sides.map(({ pool, paces }) => {
  const speed = median(paces.map(({ runsPerSecond }) => runsPerSecond));
  const cost = median(paces.map(({ cpuPerRun }) => cpuPerRun));
  const threads = pool.jobs === 1 ? "one warm thread" : "two warm threads";
  const cores = (speed * cost) / 1000;
  print(
    `${scenario}, ${threads}`,
    `${speed.toFixed(1)} runs/s, ${cost.toFixed(1)} ms of processor a run, ${cores.toFixed(2)} cores busy`,
  );
  return speed;
});
print("speed-up", ((speeds[1] ?? 0) / (speeds[0] ?? 1)).toFixed(2));
for (const { pool } of sides) await pool.close();

const MEGABYTE = 1024 * 1024;
let next = Math.min(1_000, longRuns);
const onProgress = ({ done }: { readonly done: number }): void => {
  if (done < next) return;
  print(`memory at run ${done}`, `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  next = next < longRuns / 2 ? next * 2 : longRuns;
};
await withPool({ registry: REGISTRY }, (pool) =>
  runCampaign({ pool, settings: settings(longRuns), onProgress }),
);
print(`memory at run ${longRuns}`, `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
