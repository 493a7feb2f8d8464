/**
 * A campaign for programs: one JSON object. Keys are stable; times that are not virtual are the only values that differ
 * from one machine to another.
 */
import type { UnmetExpectation } from "../explore/campaign/expectations.js";
import { runAt, type Shard } from "../explore/campaign/settings.js";
import { failures } from "../explore/campaign/summary.js";
import type { ShrinkTrace } from "../explore/shrink/shrink.js";
import { type CampaignReport, total } from "./campaign.js";

export interface FailureJson {
  readonly scenario: string;
  readonly seed: number;
  /** `violation`, or how the run failed to come to its end. */
  readonly kind: string;
  /** Empty unless it is a violation. */
  readonly property: string;
  readonly message: string;
}

export interface CampaignJson {
  readonly runs: number;
  readonly held: number;
  readonly violated: number;
  readonly unrecoverable: number;
  readonly events: number;
  readonly virtualTimeMs: number;
  readonly wallTimeMs: number;
  /** Whether all runs were done. */
  readonly complete: boolean;
  readonly shard: Shard;
  readonly faults: Readonly<Record<string, number>>;
  /** Goals that runs should reach sometimes, with how often they were. */
  readonly sometimes: Readonly<Record<string, number>>;
  readonly buggify: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
  /** By host: durable writes and external calls passed, and crashes before and after one. */
  readonly crashPoints: Readonly<Record<string, { passed: number; before: number; after: number }>>;
  /** The first few of each kind. */
  readonly failures: readonly FailureJson[];
  /** Findings beyond those listed. */
  readonly failuresLeftOut: number;
  /** One for each kind of failure. */
  readonly cases: readonly {
    readonly scenario: string;
    readonly seed: number;
    readonly property: string;
    readonly runs: number;
    readonly shrinkTrace: ShrinkTrace | null;
    readonly file: string | null;
    readonly command: string;
  }[];
  /** What was promised and never happened; `binding` ones fail the campaign. */
  readonly unmetExpectations: readonly UnmetExpectation[];
  /** Properties that never had anything to compare. */
  readonly vacuous: readonly string[];
  readonly corpus: readonly { readonly file: string; readonly verdict: string; readonly message: string }[];
  readonly notices: readonly string[];
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

export function campaignJson(report: CampaignReport): CampaignJson {
  const { result, rows, scenarios, cases, corpus, unmetExpectations, vacuous } = report;
  const { settings, shard, done } = result;
  const table = rows.map((row) => ({
    scenario: row.scenario,
    runs: row.runs,
    held: row.held,
    violated: row.failed,
    unrecoverable: row.unrecoverable,
    declared: row.declared,
    events: row.events,
    faults: Object.fromEntries(Object.entries(row.faults).map(([kind, { fired }]) => [kind, fired])),
    sometimes: {
      ...Object.fromEntries(
        (scenarios.find(({ id }) => id === row.scenario)?.goals ?? []).map((goal) => [goal, 0]),
      ),
      ...row.goals,
    },
  }));
  const found = failures(result.summary);
  const declared = result.summary.findings.length - found.length;
  const allFindings = total(report, (row) => Object.values(row.findings).reduce((sum, n) => sum + n, 0));
  const lastSeed = done === 0 ? settings.seed : runAt(settings, shard, done - 1).seed;
  return {
    runs: total(report, (row) => row.runs),
    held: total(report, (row) => row.held),
    violated: total(report, (row) => row.failed),
    unrecoverable: total(report, (row) => row.unrecoverable),
    events: total(report, (row) => row.events),
    virtualTimeMs: total(report, (row) => row.virtualTime) / 1000,
    wallTimeMs: Math.round(result.wallTimeMs * 1000) / 1000,
    complete: result.complete,
    shard,
    faults: summed(table.map((row) => row.faults)),
    sometimes: summed(table.map((row) => row.sometimes)),
    buggify: summed(rows.map((row) => row.buggify)),
    states: summed(rows.map((row) => row.states)),
    crashPoints: summedPoints(rows),
    failures: found.map(({ scenario, seed, kind, property, message }) => ({
      scenario,
      seed,
      kind,
      property,
      message,
    })),
    failuresLeftOut: allFindings - declared - found.length,
    cases: cases.map((one) => ({
      scenario: one.finding.scenario,
      seed: one.finding.seed,
      property: one.finding.property === "" ? one.finding.kind : one.finding.property,
      runs: one.runs,
      shrinkTrace: one.shrinkTrace ?? null,
      file: one.file ?? null,
      command: report.command(one),
    })),
    unmetExpectations,
    vacuous,
    corpus: corpus.map(({ file, verdict, message }) => ({ file, verdict, message })),
    notices: result.notices,
    seeds: { from: settings.seed + shard.index - 1, to: lastSeed },
    scenarios: table,
  };
}

function summedPoints(rows: CampaignReport["rows"]): CampaignJson["crashPoints"] {
  const sums: Record<string, { passed: number; before: number; after: number }> = {};
  for (const { crashPoints } of rows) {
    for (const [host, { passed, before, after }] of Object.entries(crashPoints)) {
      sums[host] ??= { passed: 0, before: 0, after: 0 };
      sums[host].passed += passed;
      sums[host].before += before;
      sums[host].after += after;
    }
  }
  return sums;
}

function summed(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const record of records) {
    for (const [key, n] of Object.entries(record)) sums.set(key, (sums.get(key) ?? 0) + n);
  }
  return Object.fromEntries(sums);
}
