/**
 * `npm run bench`: what the kernel and whole universes cost, on one core. Each figure is the median of several
 * rounds after a warm-up; absolute figures move with the machine, so compare figures of one run only.
 */
import { asyncEvents, callbackEvents, messages, requests } from "./kernel.js";

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

const EVENTS = 1_000_000;

const callbacks = await timed(() => callbackEvents(EVENTS));
print("callback events", millions(callbacks.result, callbacks.seconds));
const sleeps = await timed(() => asyncEvents(EVENTS));
print("awaited events (sleep)", millions(sleeps.result, sleeps.seconds));
const shouts = await timed(() => messages(EVENTS));
print("one-way messages, full network", millions(shouts.result, shouts.seconds));
const pings = await timed(() => requests(EVENTS));
print("requests with time-outs, full network", `${millions(pings.result.events, pings.seconds)} events, ${millions(pings.result.requests, pings.seconds)} requests`);
