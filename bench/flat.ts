/** Whether memory stays where it is: toys by the million, one after the other, and what the process has of the machine's memory between them. */
import { runOn } from "../src/storm/run.js";
import { counterPlan, counterSystem } from "./small-system.js";

/** After so many of them the memory is looked at. */
const MARKS = [10_000, 100_000, 300_000, 1_000_000] as const;
const MEGABYTE = 1_048_576;

export async function flatMemory(print: (name: string, figure: string) => void): Promise<void> {
  let done = 0;
  let first = 0;
  for (const mark of MARKS) {
    for (; done < mark; done++) await runOn(counterSystem, counterPlan(done));
    const megabytes = process.memoryUsage.rss() / MEGABYTE;
    if (first === 0) first = megabytes;
    print(
      `memory after ${mark} toys`,
      `${megabytes.toFixed(0)} MB, ${(megabytes / first).toFixed(2)} x after ${MARKS[0]}`,
    );
  }
}
