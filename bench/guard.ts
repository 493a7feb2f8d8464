/**
 * What the guard over the outside and the check of message bodies cost: the same universe with and without. `node build/bench/guard.js [ROUNDS]`. Other work on a machine makes single figures worthless, and only ever adds to them: each round
 * runs one seed on both sides in turn, several times, keeps the least of each side, and gives one ratio. What is printed is the median
 * of the ratios, and between which two of them it lies with 95 % certainty (by their ranks, whatever they are distributed like).
 *
 * The guard acts at the two ends of a universe and nowhere between: what it costs one without events, in microseconds, is what it costs
 * any, and needs no quiet machine to be measured. Storms are long enough for the processor time that systems count in ticks; the others
 * are so short that most of them are never interrupted, and are measured by the clock.
 */
import { findScenario } from "../src/scenarios/index.js";
import type { Plan } from "../src/sim/plan.js";
import { type RunOptions, runOn } from "../src/storm/run.js";
import type { System } from "../src/storm/scenario.js";
import { median } from "./median.js";
import { counterPlan, counterSystem } from "./small-system.js";

const [ROUNDS = 24] = process.argv.slice(2).map(Number);
/** Universes of one side before the first round: code that is not compiled yet costs several times as much. */
const WARM_UP = 60;

interface Subject {
  readonly name: string;
  readonly system: System;
  /** Universes of one measurement. */
  readonly each: number;
  /** Measurements of each side in a round, of which the least counts. */
  readonly repeats: number;
  /** Milliseconds of something that goes on. */
  now(): number;
  plan(seed: number): Plan;
}

const storm = findScenario("storm");
if (storm === undefined) throw new RangeError("there is no scenario storm");

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const clock = (): number => performance.now();

const subjects: readonly Subject[] = [
  {
    name: "nothing",
    system: { ...counterSystem, build: () => {} },
    each: 20,
    repeats: 60,
    now: clock,
    plan: (seed) => ({ ...counterPlan(seed), topology: [] }),
  },
  { name: "a toy", system: counterSystem, each: 10, repeats: 60, now: clock, plan: counterPlan },
  {
    name: "a storm",
    system: storm.system,
    each: 1,
    repeats: 5,
    now: processorTime,
    plan: (seed) => storm.plan(seed),
  },
];

/** Milliseconds that each of these plans takes. */
async function cost({ system, now }: Subject, plans: readonly Plan[], options: RunOptions): Promise<number> {
  const before = now();
  for (const plan of plans) await runOn(system, plan, options);
  return (now() - before) / plans.length;
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
    let least: readonly [off: number, on: number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let n = 0; n < subject.repeats; n++) {
      const offFirst = (n + round) % 2 === 0;
      const first = await cost(subject, plans, offFirst ? off : on);
      const second = await cost(subject, plans, offFirst ? on : off);
      least = [Math.min(least[0], offFirst ? first : second), Math.min(least[1], offFirst ? second : first)];
    }
    without.push(least[0]);
    withIt.push(least[1]);
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

const inMicros = (ms: number): string => (ms * 1_000).toFixed(1);

console.log(`a universe in microseconds, ${ROUNDS} rounds: without, with, more (95 %)`);
for (const subject of subjects) {
  for (const [name, off, on] of [
    ["guard", { traps: false }, { traps: true }],
    ["checked bodies", { checkBodies: false }, { checkBodies: true }],
  ] as const) {
    const { off: without, on: withIt, more } = await compare(subject, off, on);
    const [low, middle, high] = more.map((percent) => percent.toFixed(1));
    console.log(
      `${subject.name}, ${name}: ${inMicros(without)}  ${inMicros(withIt)}  ${middle} % (${low} to ${high})`,
    );
  }
}
