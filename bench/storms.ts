/**
 * What a storm costs on a warm thread, and of what: the same plans as they are, without properties, with the bodies of messages checked, and
 * verified, in turns, by processor time. Then what it costs on cold threads, one and two, where V8 has yet to compile what it runs. Ratios
 * are medians over pairs of the same plan, so that other work on the machine falls on both sides.
 */
import { runCampaign } from "../src/explore/campaign/campaign.js";
import { DEFAULT_EVENT_BUDGET } from "../src/explore/campaign/settings.js";
import type { RunPool } from "../src/explore/runs/pool.js";
import { withPool } from "../src/explore/runs/pool.js";
import { findScenario, REGISTRY } from "../src/scenarios/index.js";
import type { Plan } from "../src/sim/plan.js";
import { runOn } from "../src/storm/run.js";
import type { System } from "../src/storm/scenario.js";
import { verifyOn } from "../src/storm/verify.js";
import { median } from "./median.js";

type Print = (name: string, figure: string) => void;

const WARM_UP = 100;
const PLANS = 100;
/** Universes of a short campaign. */
const SHORT = 300;

const WAYS: readonly (readonly [name: string, run: (system: System, plan: Plan) => Promise<unknown>])[] = [
  ["as it is", (system, plan) => runOn(system, plan)],
  ["without properties", (system, plan) => runOn({ ...system, properties: [] }, plan)],
  ["with bodies checked", (system, plan) => runOn(system, plan, { checkBodies: true })],
  ["verified: run twice and compared", (system, plan) => verifyOn(system, plan)],
];

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function costOf(body: () => Promise<unknown>): Promise<number> {
  const before = processorTime();
  await body();
  return processorTime() - before;
}

/** A storm in each of the ways, and its ratio to the storm as it is. */
export async function warmStorms(print: Print): Promise<void> {
  const storm = findScenario("storm");
  if (storm === undefined) throw new RangeError("there is no scenario storm");
  const costs = WAYS.map((): number[] => []);
  for (let seed = 1; seed <= WARM_UP + PLANS; seed++) {
    const plan = storm.plan(seed);
    // Back and forth, so that no way always comes after the same other one.
    const order = seed % 2 === 0 ? [...WAYS.keys()] : [...WAYS.keys()].reverse();
    for (const way of order) {
      const cost = await costOf(async () => WAYS[way]?.[1](storm.system, plan));
      if (seed > WARM_UP) costs[way]?.push(cost);
    }
  }
  WAYS.forEach(([name], way) => {
    const own = costs[way] ?? [];
    const ratios = own.map((cost, i) => cost / (costs[0]?.[i] ?? cost));
    print(
      `storm, ${name}`,
      `${median(own).toFixed(1)} ms of processor, ${median(ratios).toFixed(2)} x as it is`,
    );
  });
}

interface Campaign {
  /** Milliseconds of processor time. */
  readonly perRun: number;
  readonly wallMs: number;
}

async function campaign(pool: RunPool): Promise<Campaign> {
  let wallMs = 0;
  const settings = { scenarios: ["storm"], seed: 1, runs: SHORT, defects: [], knobs: {} };
  const cost = await costOf(async () => {
    const options = { ...settings, verifyEvery: 0, eventBudget: DEFAULT_EVENT_BUDGET };
    ({ wallTimeMs: wallMs } = await runCampaign({ pool, settings: options }));
  });
  return { perRun: cost / SHORT, wallMs };
}

/** A short campaign on threads that have run nothing yet, and again on the same threads. */
export async function coldStorms(print: Print): Promise<void> {
  const walls: number[] = [];
  for (const jobs of [1, 2]) {
    const [cold, warm] = await withPool({ registry: REGISTRY, jobs }, async (pool) => {
      const first = await campaign(pool);
      for (let round = 0; round < 2; round++) await campaign(pool);
      return [first, await campaign(pool)] as const;
    });
    walls.push(cold.wallMs);
    print(
      `${SHORT} storms, threads that start cold: ${jobs}`,
      `${cold.perRun.toFixed(1)} ms of processor a run, ${(cold.perRun / warm.perRun).toFixed(2)} x warm (${warm.perRun.toFixed(1)})`,
    );
  }
  const [one = 0, two = 1] = walls;
  print("two cold threads", `${(one / two).toFixed(2)} x as fast as one`);
}
