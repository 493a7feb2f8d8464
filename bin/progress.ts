/** The progress of a campaign in one line: a bar where the end is known, the pace, what remains, failures so far. */

import type { Progress } from "../src/explore/index.js";
import { cut, grouped } from "../src/report/index.js";

const BAR = 20;

export function progressLine(
  { done, total, failed, runsPerSecond, remainingMs }: Progress,
  columns: number,
): string {
  const parts = [
    Number.isFinite(total) ? `${grouped(done)}/${grouped(total)} runs` : `${grouped(done)} runs`,
    `${grouped(runsPerSecond)} a second`,
    ...(remainingMs === undefined ? [] : [`${clock(remainingMs)} left`]),
    `${grouped(failed)} failed`,
  ];
  const bar = Number.isFinite(total) && total > 0 ? `${drawn(done / total)} ` : "";
  return cut(`${bar}${parts.join(" · ")}`, columns - 1);
}

function drawn(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR);
  return "█".repeat(full) + "░".repeat(BAR - full);
}

/** Minutes and seconds: `1:05`; with hours: `2:01:05`. */
function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
