/**
 * Runs and campaigns for programs: one JSON object each. Keys are stable; times that are not virtual are the only
 * values that differ from one machine to another.
 */
import type { Failure, Shortfall, Tally } from "../explore/tally.js";
import type { Outcome } from "../scenarios/scenario.js";
import type { Json } from "../sim/plan.js";

export interface RunJson {
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: Outcome["verdict"];
  readonly traceHash: string;
  readonly events: number;
  readonly virtualTimeMs: number;
  readonly wallTimeMs: number;
  /** How many faults of each kind did something. */
  readonly faults: Readonly<Record<string, number>>;
  readonly properties: readonly {
    readonly id: string;
    readonly kind: string;
    readonly verdict: string;
    readonly checked: number;
  }[];
  readonly violations: readonly {
    readonly property: string;
    readonly atMs: number;
    readonly message: string;
    /** The events that together contradict the property, in full; `event` is the position in the history. */
    readonly evidence: readonly Json[];
  }[];
}

export function runJson(outcome: Outcome, wallTimeMs: number): RunJson {
  return {
    scenario: outcome.plan.scenario,
    seed: outcome.plan.seed,
    verdict: outcome.verdict,
    traceHash: outcome.traceHash,
    events: outcome.events,
    virtualTimeMs: outcome.virtualTime / 1000,
    wallTimeMs: rounded(wallTimeMs),
    faults: Object.fromEntries(Object.entries(outcome.faults).map(([kind, { fired }]) => [kind, fired])),
    properties: outcome.properties.map(({ id, kind, verdict, checked }) => ({ id, kind, verdict, checked })),
    violations: outcome.violations.map(({ property, at, message, evidence }) => ({
      property,
      atMs: at / 1000,
      message,
      evidence: evidence.map((position) => evidenceOf(outcome, position)),
    })),
  };
}

function evidenceOf(outcome: Outcome, position: number): Json {
  const found = outcome.history[position];
  if (found === undefined) return { event: position };
  const { at, host, cause, kind, ...fact } = found;
  return { ...fact, event: position, atMs: at / 1000, host, cause, kind } as unknown as Json; // facts are plain data
}

export interface CampaignJson {
  readonly runs: number;
  readonly held: number;
  readonly violated: number;
  readonly unrecoverable: number;
  readonly events: number;
  readonly virtualTimeMs: number;
  readonly wallTimeMs: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Goals that runs should reach sometimes, with how often they were. */
  readonly sometimes: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Failures beyond those listed. */
  readonly failuresLeftOut: number;
  /** What was promised and never happened; `binding` ones fail the campaign. */
  readonly shortfalls: readonly Shortfall[];
  /** Properties that never had anything to compare. */
  readonly idle: readonly string[];
  readonly seeds: { readonly from: number; readonly to: number };
  readonly scenarios: readonly {
    readonly scenario: string;
    readonly runs: number;
    readonly held: number;
    readonly violated: number;
    readonly unrecoverable: number;
    readonly declared: number;
    readonly events: number;
    readonly faults: Readonly<Record<string, number>>;
    readonly sometimes: Readonly<Record<string, number>>;
  }[];
}

/** @param firstSeed each scenario ran with this seed and those that follow it. */
export function campaignJson(tally: Tally, wallTimeMs: number, firstSeed: number): CampaignJson {
  const most = tally.scenarios.reduce((runs, row) => Math.max(runs, row.runs), 1);
  const rows = tally.scenarios.map((row) => ({
    scenario: row.scenario.id,
    runs: row.runs,
    held: row.held,
    violated: row.violated,
    unrecoverable: row.unrecoverable,
    declared: row.declared,
    events: row.events,
    faults: Object.fromEntries([...row.faults].map(([kind, { fired }]) => [kind, fired])),
    sometimes: Object.fromEntries([
      ...row.scenario.goals.map((goal): [string, number] => [goal, 0]),
      ...row.goals,
    ]),
  }));
  return {
    runs: tally.total((row) => row.runs),
    held: tally.total((row) => row.held),
    violated: tally.total((row) => row.violated),
    unrecoverable: tally.total((row) => row.unrecoverable),
    events: tally.total((row) => row.events),
    virtualTimeMs: tally.total((row) => row.virtualTime) / 1000,
    wallTimeMs: rounded(wallTimeMs),
    faults: summed(rows.map((row) => row.faults)),
    sometimes: summed(rows.map((row) => row.sometimes)),
    failures: tally.failures,
    failuresLeftOut: tally.failuresLeftOut,
    shortfalls: tally.shortfalls(),
    idle: tally.idle(),
    seeds: { from: firstSeed, to: firstSeed + most - 1 },
    scenarios: rows,
  };
}

function summed(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const record of records) {
    for (const [key, n] of Object.entries(record)) sums.set(key, (sums.get(key) ?? 0) + n);
  }
  return Object.fromEntries(sums);
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
