/**
 * Words for evidence: times, lists and counts as they stand in a sentence.
 *
 * Times are given in seconds with three decimals; what is below a millisecond is cut off, so two events may
 * read the same. The order of the evidence tells which came first.
 */
import type { HistoryEvent } from "../sim/history.js";
import { MILLISECOND, type Micros, SECOND } from "../sim/time.js";

/** `12.402 s`. */
export function time(at: Micros): string {
  const whole = Math.floor(at / SECOND);
  const thousandths = Math.floor((at % SECOND) / MILLISECOND);
  return `${whole}.${String(thousandths).padStart(3, "0")} s`;
}

/** `at 12.402 s`. */
export function when(event: HistoryEvent): string {
  return `at ${time(event.at)}`;
}

/** `at 12.402 s on aws-a`. */
export function where(event: HistoryEvent): string {
  return `at ${time(event.at)} on ${event.host}`;
}

/** `a`, `a and b`, `a, b and c`; past `most` items the rest is counted. */
export function list(items: readonly string[], most = 8): string {
  const shown = items.length > most ? items.slice(0, most) : items;
  const rest = items.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  if (parts.length <= 1) return parts[0] ?? "nothing";
  return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1] ?? ""}`;
}

/** `1 record`, `3 records`. */
export function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

/** The first eight digits of a hash, as a reader tells two apart. */
export function short(hash: string): string {
  return hash.length > 8 ? `${hash.slice(0, 8)}…` : hash;
}
