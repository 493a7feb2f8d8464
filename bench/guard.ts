/**
 * What the guard over the outside and the check of message bodies cost: the same universes with and without, in turns and in an order
 * that alternates, by processor time. `node build/bench/guard.js [ROUNDS]`; figures are medians over rounds of paired runs, since on a
 * machine that does other work, too, no single one says anything.
 */
import { findScenario } from "../src/scenarios/index.js";
import type { Plan } from "../src/sim/plan.js";
import { type RunOptions, runOn } from "../src/storm/run.js";
import type { System } from "../src/storm/scenario.js";
import { counterPlan, counterSystem } from "./small-system.js";

const [ROUNDS = 30] = process.argv.slice(2).map(Number);
const WARM_UP = 20;

interface Subject {
  readonly name: string;
  readonly system: System;
  /** Universes of one measurement. */
  readonly each: number;
  plan(seed: number): Plan;
}

const storm = findScenario("storm");
if (storm === undefined) throw new RangeError("there is no scenario storm");
const subjects: readonly Subject[] = [
  { name: "a storm", system: storm.system, each: 4, plan: (seed) => storm.plan(seed) },
  { name: "a toy", system: counterSystem, each: 400, plan: counterPlan },
];

/** Processor time of these universes, in ms each. */
async function cost({ system, plan, each }: Subject, first: number, options: RunOptions): Promise<number> {
  const plans = Array.from({ length: each }, (_, i) => plan(first + i));
  const before = process.cpuUsage();
  for (const one of plans) await runOn(system, one, options);
  const { user, system: kernel } = process.cpuUsage(before);
  return (user + kernel) / 1_000 / each;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function compare(subject: Subject, off: RunOptions, on: RunOptions) {
  for (let n = 0; n < WARM_UP; n++) await cost({ ...subject, each: 1 }, n, n % 2 === 0 ? on : off);
  const without: number[] = [];
  const withIt: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seed = 1_000 + round * subject.each;
    const pair = { off: 0, on: 0 };
    for (const side of round % 2 === 0 ? (["off", "on"] as const) : (["on", "off"] as const))
      pair[side] = await cost(subject, seed, side === "on" ? on : off);
    without.push(pair.off);
    withIt.push(pair.on);
    ratios.push(pair.on / pair.off);
  }
  return { off: median(without), on: median(withIt), more: (median(ratios) - 1) * 100 };
}

console.log("processor time of a universe, in ms: without, with, more");
for (const subject of subjects) {
  for (const [name, off, on] of [
    ["guard", { traps: false }, { traps: true }],
    ["checked bodies", { checkBodies: false }, { checkBodies: true }],
  ] as const) {
    const { off: without, on: withIt, more } = await compare(subject, off, on);
    console.log(
      `${subject.name}, ${name}: ${without.toFixed(3)}  ${withIt.toFixed(3)}  ${more.toFixed(1)} %`,
    );
  }
}
