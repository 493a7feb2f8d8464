/**
 * `npm run bench`: what a start, the kernel and whole universes cost, on one core. Each figure is the median of several
 * rounds after a warm-up; absolute figures move with the machine, so compare figures of one run only.
 */
import { findScenario, run } from "../src/scenarios/index.js";
import { actorCalls, actorCasts, breakerCalls, channelMessages, poolCheckouts } from "./actors.js";
import { flatMemory } from "./flat.js";
import { asyncEvents, callbackEvents, messages, requests } from "./kernel.js";
import { manyHosts } from "./many-hosts.js";
import { starts } from "./start.js";
import { coldStorms, warmStorms } from "./storms.js";

const ROUNDS = 5;

/** Median seconds of several rounds, and what the last round returned. */
async function timed<T>(body: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  await body();
  const times: number[] = [];
  let result = await body();
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    result = await body();
    times.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  times.sort((a, b) => a - b);
  return { seconds: times[ROUNDS >> 1] ?? 0, result };
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(44)} ${figure}\n`);
}

const millions = (count: number, seconds: number): string => `${(count / seconds / 1e6).toFixed(2)} M/s`;

starts(print);

const EVENTS = 1_000_000;

const callbacks = await timed(() => callbackEvents(EVENTS));
print("callback events", millions(callbacks.result, callbacks.seconds));
const sleeps = await timed(() => asyncEvents(EVENTS));
print("awaited events (sleep)", millions(sleeps.result, sleeps.seconds));
const shouts = await timed(() => messages(EVENTS));
print("one-way messages, full network", millions(shouts.result, shouts.seconds));
const pings = await timed(() => requests(EVENTS));
print(
  "requests with time-outs, full network",
  `${millions(pings.result.events, pings.seconds)} events, ${millions(pings.result.requests, pings.seconds)} requests`,
);

await manyHosts(print);

for (const [name, body] of [
  ["actors: calls with a time-out", actorCalls],
  ["actors: casts", actorCasts],
  ["actors: checkouts of a pool", poolCheckouts],
  ["actors: messages through a channel", channelMessages],
  ["actors: calls through a breaker", breakerCalls],
] as const) {
  const { seconds, result } = await timed(() => body(EVENTS / 4));
  print(name, millions(result, seconds));
}

/** Universes of a scenario one after the other, after as many others that nobody measures. */
async function universes(id: string, runs: number): Promise<void> {
  const scenario = findScenario(id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  for (let seed = 1; seed <= runs; seed++) await run(scenario.plan(seed));
  let events = 0;
  let virtualTime = 0;
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  for (let seed = runs + 1; seed <= 2 * runs; seed++) {
    const outcome = await run(scenario.plan(seed));
    events += outcome.events;
    virtualTime += outcome.virtualTime;
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const cpu = process.cpuUsage(before);
  const perRun = `${((seconds / runs) * 1e3).toFixed(1)} ms a run (${((cpu.user + cpu.system) / runs / 1e3).toFixed(1)} ms of processor)`;
  const rate = `${(events / seconds / 1e3).toFixed(0)} k events/s, ${(runs / seconds).toFixed(0)} runs/s`;
  const ratio = `${(virtualTime / 1e6 / seconds).toFixed(0)} virtual seconds a second`;
  const perMinute = `${((cpu.user + cpu.system) / 1e3 / (virtualTime / 60e6)).toFixed(1)} ms of processor a virtual minute`;
  print(`${id}, ${runs} universes`, `${perRun}, ${perMinute}, ${rate}, ${ratio}`);
}

await universes("steady", 300);
await universes("storm", 600);
await universes("runner-storm", 100);
await warmStorms(print);
await coldStorms(print);
await flatMemory(print);
print("peak memory", `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
