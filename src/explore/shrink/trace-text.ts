/** How far a plan shrank, in one line: `412 faults, 96 orders → 2 faults, 1 order in 143 runs, 1.9 s`. */
import type { ShrinkTrace, Size } from "./shrink.js";

/** @param noun what the scenario's operations are; `order` for those of a shop. */
export function shrinkTraceLine({ from, to, runs, ms, end }: ShrinkTrace, noun = "operation"): string {
  const size = ({ faults, operations, hosts }: Size): string =>
    [
      counted(faults, "fault"),
      counted(operations, noun),
      ...(from.hosts === to.hosts ? [] : [counted(hosts, "host")]),
    ].join(", ");
  const unfinished = { smallest: "", budget: " (the budget is used up)", interrupted: " (interrupted)" }[end];
  return `${size(from)} → ${size(to)} in ${counted(runs, "run")}, ${(ms / 1000).toFixed(1)} s${unfinished}`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
