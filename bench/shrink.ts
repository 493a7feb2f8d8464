/**
 * `node build/bench/shrink.js [SEEDS] [DEFECT…]`: how small failures get. Each planted defect is looked for in the storm
 * until so many universes failed by a property that must catch it; each is shrunk, and medians are printed.
 */

import { DEFAULT_EVENT_BUDGET } from "../src/explore/campaign/settings.js";
import { RunPool } from "../src/explore/runs/pool.js";
import { runOnePlan } from "../src/explore/runs/run-plans.js";
import { shrink } from "../src/explore/shrink/shrink.js";
import { findScenario, REGISTRY } from "../src/scenarios/index.js";

const DEFECTS = ["GW2", "GW3", "GW6", "cursor-skips", "dedupe-lost-on-restart", "redelivery-while-held"];

const seeds = Number(process.argv[2] ?? 20);
const defects = process.argv.length > 3 ? process.argv.slice(3) : DEFECTS;
/** Universes that are tried at most before a defect counts as not found. */
const MOST_TRIED = 2_000;

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

const storm = findScenario("storm");
if (storm === undefined) throw new Error("there is no storm");
const pool = new RunPool({ registry: REGISTRY });
const request = { eventBudget: DEFAULT_EVENT_BUDGET };
for (const id of defects) {
  const defect = storm.system.defects.find((one) => one.id === id);
  if (defect === undefined) throw new Error(`there is no defect ${id}`);
  const sizes: {
    readonly faults: number;
    readonly orders: number;
    readonly runs: number;
    readonly ms: number;
  }[] = [];
  let tried = 0;
  for (let seed = 1; sizes.length < seeds && tried < MOST_TRIED; seed++) {
    tried++;
    const plan = storm.plan(seed, { defects: [id] });
    const result = await runOnePlan(pool, plan, request);
    const violation = result?.violations.find(({ property }) => defect.caughtBy.includes(property));
    if (violation === undefined) continue;
    const { property, signature } = violation;
    const ms = Number.POSITIVE_INFINITY; // bounded by runs alone: how small it gets is not for the machine to decide
    const shrunk = await shrink(plan, { pool, system: storm.system, property, signature, ms });
    if (shrunk === undefined) continue;
    const { to, runs, ms: took } = shrunk.shrinkTrace;
    sizes.push({ faults: to.faults, orders: to.operations, runs, ms: took });
  }
  const of = (pick: (size: (typeof sizes)[number]) => number): number => median(sizes.map(pick));
  const worst = sizes.reduce((most, { faults }) => Math.max(most, faults), 0);
  const figures = [
    `${sizes.length} of ${tried} universes failed`,
    `median ${of(({ faults }) => faults)} faults (most ${worst}), ${of(({ orders }) => orders)} orders`,
    `${of(({ runs }) => runs)} runs, ${(of(({ ms }) => ms) / 1000).toFixed(1)} s`,
  ];
  process.stdout.write(`${id.padEnd(28)} ${figures.join(" · ")}\n`);
}
await pool.close();
