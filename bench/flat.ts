/**
 * Whether memory stays where it is: universes one after the other, and what the process has of the machine's memory between them. What
 * it has grows until the old generation is collected; so the heap is looked at after a full collection too, where a leak would show.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { findScenario } from "../src/scenarios/index.js";
import { runOn } from "../src/storm/run.js";
import { counterPlan, counterSystem } from "./small-system.js";

/** After so many of them the memory is looked at. */
const TOYS = [10_000, 100_000, 300_000, 1_000_000] as const;
const STORMS = [500, 1_000, 2_000, 3_000] as const;
const MEGABYTE = 1_048_576;

type Print = (name: string, figure: string) => void;

export async function flatMemory(print: Print): Promise<void> {
  await watch("toys", TOYS, (seed) => runOn(counterSystem, counterPlan(seed)), print);
  const storm = findScenario("saga-storm");
  if (storm === undefined) throw new RangeError("there is no scenario saga-storm");
  await watch("storms of sagas", STORMS, (seed) => runOn(storm.system, storm.plan(seed)), print);
}

async function watch(
  what: string,
  marks: readonly number[],
  run: (seed: number) => Promise<unknown>,
  print: Print,
): Promise<void> {
  let done = 0;
  let first: number | undefined;
  for (const mark of marks) {
    for (; done < mark; done++) await run(done);
    const rss = process.memoryUsage.rss() / MEGABYTE;
    collectGarbage();
    const heap = process.memoryUsage().heapUsed / MEGABYTE;
    first ??= rss;
    print(
      `memory after ${mark} ${what}`,
      `${rss.toFixed(0)} MB, ${(rss / first).toFixed(2)} x after ${marks[0]}; ${heap.toFixed(1)} MB in use after a full collection`,
    );
  }
}

/** V8 shows the function to code that is compiled while the flag is set. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag is for
  setFlagsFromString("--no-expose-gc");
  collect();
}
