/** The kill table for programs: one JSON object. Times are the only values that differ from one machine to another. */
import type { Alarm } from "../explore/defects/defect-block.js";
import { figuresOf, totalsOf } from "../explore/defects/defect-figures.js";
import { type Versions, versions } from "../explore/formats/versions.js";
import type { ShrinkTrace } from "../explore/shrink/shrink.js";
import type { Incident, Origin } from "../storm/defect.js";
import { type KillReport, problems } from "./kill-table.js";

export interface KillTableJson {
  readonly versions: Versions;
  readonly blocks: number;
  readonly budget: number;
  readonly seed: number;
  readonly complete: boolean;
  readonly wallTimeMs: number;
  /** Median over defects of their medians; null when it lies beyond the budget or there is none. */
  readonly medianRuns: number | null;
  readonly defects: readonly DefectJson[];
  readonly controls: readonly {
    readonly system: string;
    readonly scenarios: readonly string[];
    readonly seed: number;
    readonly runs: number;
    readonly failed: number;
    readonly alarms: readonly {
      readonly scenario: string;
      readonly seed: number;
      readonly property: string;
      readonly message: string;
    }[];
    readonly complete: boolean;
    readonly wallTimeMs: number;
  }[];
  /** What made the command fail, in sentences. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** What is to be typed to make it again. */
  readonly command: string;
}

export interface DefectJson {
  readonly system: string;
  readonly id: string;
  readonly breaks: string;
  readonly expected: readonly string[];
  readonly origin: Origin | null;
  /** A public report of its kind. */
  readonly incident: Incident | null;
  readonly scenarios: readonly string[];
  /** Runs that a block of it was given. */
  readonly budget: number;
  readonly complete: boolean;
  /** Whether code ever asked for its switch. */
  readonly asked: boolean;
  /** Properties that caught it, with the number of blocks. */
  readonly by: Readonly<Record<string, number>>;
  /** What failed a run before they did, with the number of blocks. */
  readonly before: Readonly<Record<string, number>>;
  /** Share of blocks that caught it within the budget; null when none came to its end. */
  readonly caughtShare: number | null;
  /** Null where it lies beyond the budget. */
  readonly medianRuns: number | null;
  readonly p90Runs: number | null;
  readonly medianSeconds: number | null;
  readonly p90Seconds: number | null;
  readonly shrunk: Pick<ShrinkTrace, "from" | "to" | "runs" | "end"> | null;
  readonly blocks: readonly {
    readonly block: number;
    readonly seed: number;
    readonly runs: number;
    readonly seconds: number;
    readonly end: string;
    readonly caught: Alarm | null;
    readonly before: Alarm | null;
  }[];
}

export function killTableJson(report: KillReport): KillTableJson {
  const { settings, results, controls, interrupted, wallTimeMs, notes, command } = report;
  return {
    versions: versions(),
    ...settings,
    complete: !interrupted,
    wallTimeMs: thousandths(wallTimeMs),
    medianRuns: totalsOf(results).medianRuns ?? null,
    defects: results.map(defectJson),
    controls: controls.map(({ alarms, ms, interrupted: ended, ...control }) => ({
      ...control,
      alarms: alarms.map(({ scenario, seed, property, kind, message }) => ({
        scenario,
        seed,
        property: property === "" ? kind : property,
        message,
      })),
      complete: !ended,
      wallTimeMs: thousandths(ms),
    })),
    problems: problems(report),
    notes,
    command,
  };
}

function defectJson(result: KillReport["results"][number]): DefectJson {
  const { planting, budget, blocks, shrinkTrace, interrupted } = result;
  const { system, defect, scenarios } = planting;
  const figures = figuresOf(result);
  return {
    system: system.id,
    id: defect.id,
    breaks: defect.breaks,
    expected: defect.caughtBy,
    origin: defect.origin ?? null,
    incident: defect.incident ?? null,
    scenarios: scenarios.map(({ id }) => id),
    budget,
    complete: !interrupted,
    asked: figures.asked,
    by: Object.fromEntries(figures.by),
    before: Object.fromEntries(figures.before),
    caughtShare: figures.blocks === 0 ? null : figures.caught / figures.blocks,
    medianRuns: figures.medianRuns ?? null,
    p90Runs: figures.p90Runs ?? null,
    medianSeconds: rounded(figures.medianSeconds),
    p90Seconds: rounded(figures.p90Seconds),
    shrunk:
      shrinkTrace === undefined
        ? null
        : { from: shrinkTrace.from, to: shrinkTrace.to, runs: shrinkTrace.runs, end: shrinkTrace.end },
    blocks: blocks.map(({ block, seed, runs, ms, end, caught, before }) => ({
      block,
      seed,
      runs,
      seconds: thousandths(ms / 1000),
      end,
      caught: caught ?? null,
      before: before ?? null,
    })),
  };
}

const thousandths = (n: number): number => Math.round(n * 1000) / 1000;
const rounded = (n: number | undefined): number | null => (n === undefined ? null : thousandths(n));
