/**
 * What the guard over the outside and the check of message bodies cost: the same universe with and without, by processor time.
 * `node build/bench/guard.js [ROUNDS]`. Other work on a machine makes single figures worthless, and slows both sides of a round alike: each
 * round runs one seed off, on, on, off, and gives one ratio. What is printed is the median of the ratios, and between which two of them it
 * lies with 95 % certainty (by their ranks, whatever they are distributed like).
 */
import { findScenario } from "../src/scenarios/index.js";
import type { Plan } from "../src/sim/plan.js";
import { type RunOptions, runOn } from "../src/storm/run.js";
import type { System } from "../src/storm/scenario.js";
import { counterPlan, counterSystem } from "./small-system.js";

const [ROUNDS = 100] = process.argv.slice(2).map(Number);
/** Universes of one side before the first round: code that is not compiled yet costs several times as much. */
const WARM_UP = 60;

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
  { name: "a storm", system: storm.system, each: 1, plan: (seed) => storm.plan(seed) },
  { name: "a toy", system: counterSystem, each: 100, plan: counterPlan },
];

/** Processor time of these plans, in ms each: this thread's where Node can tell it from that of its compilers and collectors. */
async function cost({ system }: Subject, plans: readonly Plan[], options: RunOptions): Promise<number> {
  const { threadCpuUsage } = process as { readonly threadCpuUsage?: () => NodeJS.CpuUsage };
  const usage = threadCpuUsage === undefined ? () => process.cpuUsage() : () => threadCpuUsage.call(process);
  const before = usage();
  for (const plan of plans) await runOn(system, plan, options);
  const after = usage();
  return (after.user + after.system - before.user - before.system) / 1_000 / plans.length;
}

interface Compared {
  readonly off: number;
  readonly on: number;
  /** Per cent: the median, and between what it lies. */
  readonly more: readonly [low: number, middle: number, high: number];
}

async function compare(subject: Subject, off: RunOptions, on: RunOptions): Promise<Compared> {
  const plansOf = (round: number): Plan[] =>
    Array.from({ length: subject.each }, (_, i) => subject.plan(1_000 + round * subject.each + i));
  for (let n = 0; n < WARM_UP; n++)
    for (const options of [off, on]) await runOn(subject.system, subject.plan(n), options);
  const without: number[] = [];
  const withIt: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const plans = plansOf(round);
    const [a, b] = round % 2 === 0 ? [off, on] : [on, off];
    const outer = await cost(subject, plans, a);
    const inner = (await cost(subject, plans, b)) + (await cost(subject, plans, b));
    const both = outer + (await cost(subject, plans, a));
    without.push((a === off ? both : inner) / 2);
    withIt.push((a === off ? inner : both) / 2);
  }
  const ratios = withIt.map((ms, round) => ms / (without[round] ?? ms)).sort((a, b) => a - b);
  // The number of ratios below the true median is that of heads in as many tosses of a coin.
  const aside = Math.ceil(0.98 * Math.sqrt(ROUNDS));
  const at = (rank: number): number => ((ratios[Math.max(0, Math.min(ROUNDS - 1, rank))] ?? 1) - 1) * 100;
  const middle = Math.floor(ROUNDS / 2);
  return {
    off: median(without),
    on: median(withIt),
    more: [at(middle - aside), at(middle), at(middle + aside)],
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

console.log(`processor time of a universe in ms, ${ROUNDS} rounds: without, with, more (95 %)`);
for (const subject of subjects) {
  for (const [name, off, on] of [
    ["guard", { traps: false }, { traps: true }],
    ["checked bodies", { checkBodies: false }, { checkBodies: true }],
  ] as const) {
    const { off: without, on: withIt, more } = await compare(subject, off, on);
    const [low, middle, high] = more.map((percent) => percent.toFixed(1));
    console.log(
      `${subject.name}, ${name}: ${without.toFixed(3)}  ${withIt.toFixed(3)}  ${middle} % (${low} to ${high})`,
    );
  }
}
