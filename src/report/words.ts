/**
 * Numbers and lists in words, the same in every report: virtual times, durations, counts. Nothing here depends on the
 * locale of the machine.
 */
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from "../sim/time.js";

/** A point in virtual time, to the millisecond: `12.402 s`. */
export function moment(at: Micros): string {
  const thousandths = Math.floor((at % SECOND) / MILLISECOND);
  return `${Math.floor(at / SECOND)}.${String(thousandths).padStart(3, "0")} s`;
}

/** A length of virtual time in its handiest unit: `250 µs`, `1.5 s`, `2 min`. */
export function duration(length: Micros): string {
  if (length < 0) return `−${duration(-length)}`;
  if (length < MILLISECOND) return `${length} µs`;
  if (length < SECOND) return `${short(length / MILLISECOND)} ms`;
  if (length < 2 * MINUTE) return `${short(length / SECOND)} s`;
  return length < 2 * HOUR ? `${short(length / MINUTE)} min` : `${short(length / HOUR)} h`;
}

/** With a comma between thousands: `12,345`. */
export function grouped(n: number): string {
  return String(Math.round(n)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** At most five characters: `999`, `12.3k`, `4.5M`. */
export function compact(n: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (n >= size)
      return `${n / size >= 100 ? Math.floor(n / size) : short(Math.floor((n / size) * 10) / 10)}${unit}`;
  }
  return String(n);
}

/** `1 order`, `3 orders`. */
export function count(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? "" : n > 1 && /(s|x|ch)$/.test(noun) ? "es" : "s"}`;
}

/** Names in a row, at most so many; the rest is counted. */
export function list(names: readonly string[], limit = 6): string {
  if (names.length <= limit) return names.join(", ");
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

/** Names with how often they occur, the repeated ones marked: `crash ×3, loss`. */
export function tallied(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} ×${n}`));
}

function short(n: number): string {
  return String(Math.round(n * 100) / 100);
}
