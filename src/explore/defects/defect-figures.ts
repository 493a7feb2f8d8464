/**
 * Figures of the kill table. Blocks that did not catch their defect within the budget count as slower than all that did, so that
 * a median or a percentile among them is unknown, and never flattering; blocks that were interrupted don't count.
 */
import type { BlockResult } from "./defect-block.js";
import type { DefectResult } from "./defects.js";

export interface DefectFigures {
  /** Blocks that came to their end. */
  readonly blocks: number;
  /** Those of them that caught the defect. */
  readonly caught: number;
  /** Runs to the first catch; undefined where it lies beyond the budget. */
  readonly medianRuns: number | undefined;
  readonly p90Runs: number | undefined;
  /** Seconds of one thread to the first catch. */
  readonly medianSeconds: number | undefined;
  readonly p90Seconds: number | undefined;
  /** Properties that caught it, and in how many blocks; the most frequent first. */
  readonly by: readonly (readonly [property: string, blocks: number])[];
  /** What failed a run before anything caught it, and in how many blocks. */
  readonly before: readonly (readonly [property: string, blocks: number])[];
  /** Whether its switch was ever asked for. */
  readonly asked: boolean;
}

export function figuresOf({ blocks: all }: Pick<DefectResult, "blocks">): DefectFigures {
  const blocks = all.filter(({ end }) => end !== "interrupted");
  const runs = blocks.map(({ caught }) => caught?.run);
  const seconds = blocks.map(({ caught, ms }) => (caught === undefined ? undefined : ms / 1000));
  return {
    blocks: blocks.length,
    caught: blocks.filter(({ end }) => end === "caught").length,
    medianRuns: median(runs),
    p90Runs: percentile(runs, 0.9),
    medianSeconds: median(seconds),
    p90Seconds: percentile(seconds, 0.9),
    by: tally(blocks, ({ caught }) => caught?.property),
    before: tally(blocks, ({ before }) => before?.property),
    asked: all.some(({ asked }) => asked > 0),
  };
}

/** What the defects of a table came to together. */
export interface DefectTotals {
  /** Defects whose blocks all came to their end. */
  readonly finished: number;
  /** Those of them that every block caught. */
  readonly caught: number;
  /** Median over them of their medians; undefined where it lies beyond the budget or there is none. */
  readonly medianRuns: number | undefined;
  /** Of all blocks, those of unfinished defects too. */
  readonly runs: number;
}

export function totalsOf(results: readonly DefectResult[]): DefectTotals {
  const finished = results.filter((result) => !result.interrupted).map(figuresOf);
  return {
    finished: finished.length,
    caught: finished.filter(({ blocks, caught }) => blocks > 0 && caught === blocks).length,
    medianRuns: median(finished.map(({ medianRuns }) => medianRuns)),
    runs: results.reduce((sum, { blocks }) => sum + blocks.reduce((n, block) => n + block.runs, 0), 0),
  };
}

/** Undefined values are larger than all others. The mean of the two in the middle when there is no middle one. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = inOrder(values);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (sorted.length % 2 === 1 || high === undefined) return high;
  const low = sorted[middle - 1];
  return low === undefined ? undefined : (low + high) / 2;
}

/** The least value that so large a share of all is not above. */
export function percentile(values: readonly (number | undefined)[], share: number): number | undefined {
  const sorted = inOrder(values);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function inOrder(values: readonly (number | undefined)[]): (number | undefined)[] {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return [...known, ...values.filter((value) => value === undefined)];
}

function tally(
  blocks: readonly BlockResult[],
  of: (block: BlockResult) => string | undefined,
): [string, number][] {
  const counts = new Map<string, number>();
  for (const block of blocks) {
    const name = of(block);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
