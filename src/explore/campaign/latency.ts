/**
 * How long clients waited, over virtual time, and when each kind of fault was active: of one run, or of any number of
 * runs added up.
 *
 * Waits are counted in windows by when they began, and in each window in buckets by how long they took. Windows and
 * buckets are fixed beforehand, so that adding is commutative and exact, and takes no more room the more runs there are. A
 * bucket is a sixteenth of an octave wide: a percentile read out of it is off by 3 % at most. What was never answered has
 * no latency: it is counted as open. The length of a window is a power of two of the shortest, as short as the longest run
 * allows; shorter windows are joined exactly.
 */
import type { Micros } from "../../sim/time.js";

/** Plain data, kept with a campaign's result. */
export interface Latency {
  /** How many runs were measured. */
  runs: number;
  /** Length of a window. */
  window: Micros;
  /** Length of the longest run. */
  until: Micros;
  /** By what was waited for; then by window. */
  readonly series: Record<string, LatencyWindow[]>;
  /** By kind of fault; then by slice, of which a window has `SLICES_PER_WINDOW`: how long one was active, over all runs. */
  readonly faults: Record<string, Micros[]>;
}

export interface LatencyWindow {
  /** Waits that began in it. */
  begun: number;
  /** Of those, waits that never ended. */
  open: number;
  /** By bucket, how many of the others took so long. */
  readonly took: Record<string, number>;
}

export const SLICES_PER_WINDOW = 4;
/** A sixteenth of a second. */
export const SHORTEST_WINDOW: Micros = 62_500;
const BUCKETS_PER_OCTAVE = 16;

export function emptyLatency(): Latency {
  return { runs: 0, window: SHORTEST_WINDOW, until: 0, series: {}, faults: {} };
}

/** Adds `part` to `sum`. */
export function addLatency(sum: Latency, part: Latency): void {
  sum.runs += part.runs;
  sum.until = Math.max(sum.until, part.until);
  while (sum.window < part.window) widen(sum);
  const shorter = sum.window / part.window;
  for (const [name, windows] of Object.entries(part.series))
    addWindows(listOf(sum.series, name), windows, shorter);
  for (const [kind, active] of Object.entries(part.faults))
    addSlices(listOf(sum.faults, kind), active, shorter);
}

/** Joins each two windows. */
export function widen(latency: Latency): void {
  latency.window *= 2;
  for (const [name, windows] of Object.entries(latency.series)) {
    latency.series[name] = [];
    addWindows(latency.series[name], windows, 2);
  }
  for (const [kind, active] of Object.entries(latency.faults)) {
    latency.faults[kind] = [];
    addSlices(latency.faults[kind], active, 2);
  }
}

function addWindows(sum: LatencyWindow[], part: readonly LatencyWindow[], shorter: number): void {
  for (const [index, { begun, open, took }] of part.entries()) {
    const own = windowAt(sum, Math.floor(index / shorter));
    own.begun += begun;
    own.open += open;
    for (const [bucket, n] of Object.entries(took)) countIn(own.took, bucket, n);
  }
}

function addSlices(sum: Micros[], part: readonly Micros[], shorter: number): void {
  for (const [index, active] of part.entries()) addAt(sum, Math.floor(index / shorter), active);
}

export function listOf<T>(record: Record<string, T[]>, name: string): T[] {
  const known = record[name];
  if (known !== undefined) return known;
  const made: T[] = [];
  record[name] = made;
  return made;
}

export function windowAt(windows: LatencyWindow[], index: number): LatencyWindow {
  while (windows.length < index) windows.push({ begun: 0, open: 0, took: {} });
  const known = windows[index];
  if (known !== undefined) return known;
  const made: LatencyWindow = { begun: 0, open: 0, took: {} };
  windows.push(made);
  return made;
}

export function addAt(numbers: number[], index: number, by: number): void {
  while (numbers.length <= index) numbers.push(0);
  numbers[index] = (numbers[index] ?? 0) + by;
}

export function countIn(counts: Record<string, number>, key: number | string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}

/** How long it took at least `percent` of what ended: the nearest rank, as the middle of its bucket; null for nothing. */
export function percentileOf({ took }: LatencyWindow, percent: number): Micros | null {
  const buckets = Object.entries(took).sort(([a], [b]) => Number(a) - Number(b));
  const total = buckets.reduce((sum, [, n]) => sum + n, 0);
  const rank = Math.max(1, Math.ceil((percent / 100) * total));
  let before = 0;
  for (const [bucket, n] of buckets) {
    before += n;
    if (before >= rank) return middleOf(Number(bucket));
  }
  return null;
}

export function bucketOf(took: Micros): number {
  let octave = 0;
  while (took >= 2 * BUCKETS_PER_OCTAVE * 2 ** octave) octave++;
  return octave * BUCKETS_PER_OCTAVE + Math.floor(took / 2 ** octave);
}

/** The first two octaves are exact. */
function middleOf(bucket: number): Micros {
  const octave = Math.max(0, Math.floor(bucket / BUCKETS_PER_OCTAVE) - 1);
  const width = 2 ** octave;
  return (bucket - octave * BUCKETS_PER_OCTAVE) * width + Math.floor(width / 2);
}
