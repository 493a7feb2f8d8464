/**
 * What many runs came to, as plain data that can be added up: over a batch in a worker, over batches in a campaign, over
 * shards. Adding is commutative but for findings, which are kept in the order of the runs, so that the sum does not depend on
 * who ran what. Memory is flat: of each kind of finding only the first few are kept, the others are counted.
 */
import type { HistoryEvent } from "../../sim/history.js";
import type { Micros } from "../../sim/time.js";
import { addLatency, emptyLatency, type Latency } from "./latency.js";

/**
 * - `violation`: a property was violated.
 * - `diverged`: the same plan gave two universes.
 * - `endless`: the run passed its budget of events.
 * - `hung`: the run did not come back at all.
 * - `died`: it took its worker thread with it, twice.
 * - `broken`: the harness itself threw.
 */
export type FindingKind = "violation" | "diverged" | "endless" | "hung" | "died" | "broken";

/** One thing that one run has shown. */
export interface Finding {
  readonly kind: FindingKind;
  /** Position of the run in its campaign. */
  readonly index: number;
  readonly scenario: string;
  readonly seed: number;
  /** The violated property; empty for the other kinds. */
  readonly property: string;
  /** Declared by its scenario as a weakness of what it shows: reported, and fails nothing. */
  readonly declared: boolean;
  readonly at: Micros;
  readonly message: string;
  /** The events that contradict the property, at most the first few of them. */
  readonly evidence: readonly HistoryEvent[];
  /** How many more subjects of the same run violated the same property. */
  readonly more: number;
}

export interface FaultTally {
  planned: number;
  fired: number;
}

export interface CrashPointTally {
  /** Durable writes and external calls that were passed. */
  passed: number;
  /** Crashes just before and just after one. */
  before: number;
  after: number;
}

export interface PropertyTally {
  checked: number;
  /** Runs that violated it. */
  violated: number;
}

export interface ScenarioSummary {
  readonly scenario: string;
  runs: number;
  /** Runs in which nothing was found but what the scenario declares. */
  held: number;
  /** Of those, runs that showed a declared weakness. */
  declared: number;
  /** Runs with a finding that counts. */
  failed: number;
  unrecoverable: number;
  verified: number;
  events: number;
  virtualTime: Micros;
  readonly faults: Record<string, FaultTally>;
  /** By host. */
  readonly crashPoints: Record<string, CrashPointTally>;
  /** Buggify points: how often each fired; 0 for those that were only asked. */
  readonly buggify: Record<string, number>;
  readonly goals: Record<string, number>;
  /** Entries of state machines into their states: `raft: leader`. */
  readonly states: Record<string, number>;
  readonly defectsAsked: Record<string, number>;
  readonly properties: Record<string, PropertyTally>;
  /** Findings by sort, those that were not kept included: `violation G8`. */
  readonly findings: Record<string, number>;
  /** Of the runs of systems that say what is waited for. */
  latency?: Latency;
  /** The sum of all trace hashes modulo 2^64: equal when, and in practice only when, all runs were. */
  traces: string;
}

export interface Summary {
  readonly scenarios: Record<string, ScenarioSummary>;
  /** By index of the run; of each kind the first `KEPT_FINDINGS`. */
  findings: Finding[];
}

/** Findings of one sort and scenario that are kept in full. */
export const KEPT_FINDINGS = 10;

export function emptySummary(): Summary {
  return { scenarios: {}, findings: [] };
}

export function emptyScenario(scenario: string): ScenarioSummary {
  return {
    scenario,
    runs: 0,
    held: 0,
    declared: 0,
    failed: 0,
    unrecoverable: 0,
    verified: 0,
    events: 0,
    virtualTime: 0,
    faults: {},
    crashPoints: {},
    buggify: {},
    goals: {},
    states: {},
    defectsAsked: {},
    properties: {},
    findings: {},
    traces: "0".repeat(16),
  };
}

/** The row of a scenario, added when it is the first of its kind. */
export function rowOf(summary: Summary, scenario: string): ScenarioSummary {
  let row = summary.scenarios[scenario];
  if (row === undefined) {
    row = emptyScenario(scenario);
    summary.scenarios[scenario] = row;
  }
  return row;
}

/** Adds one finding, counted under its sort. */
export function addFinding(summary: Summary, finding: Finding): void {
  const row = rowOf(summary, finding.scenario);
  count(row.findings, sortOf(finding), 1);
  summary.findings.push(finding);
}

/** Adds `part` to `sum`. */
export function addSummary(sum: Summary, part: Summary): void {
  for (const row of Object.values(part.scenarios)) addScenario(rowOf(sum, row.scenario), row);
  if (part.findings.length > 0) sum.findings = firstOfEachSort([...sum.findings, ...part.findings]);
}

function addScenario(sum: ScenarioSummary, part: ScenarioSummary): void {
  sum.runs += part.runs;
  sum.held += part.held;
  sum.declared += part.declared;
  sum.failed += part.failed;
  sum.unrecoverable += part.unrecoverable;
  sum.verified += part.verified;
  sum.events += part.events;
  sum.virtualTime += part.virtualTime;
  addNested(sum.faults, part.faults, () => ({ planned: 0, fired: 0 }));
  addNested(sum.crashPoints, part.crashPoints, () => ({ passed: 0, before: 0, after: 0 }));
  addNested(sum.properties, part.properties, () => ({ checked: 0, violated: 0 }));
  addCounts(sum.buggify, part.buggify);
  addCounts(sum.goals, part.goals);
  addCounts(sum.states, part.states);
  addCounts(sum.defectsAsked, part.defectsAsked);
  addCounts(sum.findings, part.findings);
  if (part.latency !== undefined) {
    sum.latency ??= emptyLatency();
    addLatency(sum.latency, part.latency);
  }
  sum.traces = addHashes(sum.traces, part.traces);
}

/** What a finding is a further example of. */
export function sortOf(finding: Finding): string {
  return finding.property === "" ? finding.kind : `${finding.kind} ${finding.property}`;
}

function firstOfEachSort(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, number>();
  return [...findings]
    .sort((a, b) => a.index - b.index)
    .filter((finding) => {
      const key = `${finding.scenario} ${sortOf(finding)}`;
      const before = kept.get(key) ?? 0;
      kept.set(key, before + 1);
      return before < KEPT_FINDINGS;
    });
}

/** The same summary with its rows and counts in an order that does not depend on which run came first. */
export function inOrder(summary: Summary, scenarios: readonly string[]): Summary {
  const rows = scenarios.flatMap((scenario) => summary.scenarios[scenario] ?? []);
  return {
    scenarios: Object.fromEntries(rows.map((row) => [row.scenario, sortedRow(row)])),
    findings: summary.findings,
  };
}

function sortedRow(row: ScenarioSummary): ScenarioSummary {
  return {
    ...row,
    faults: sorted(row.faults),
    crashPoints: sorted(row.crashPoints),
    buggify: sorted(row.buggify),
    goals: sorted(row.goals),
    states: sorted(row.states),
    defectsAsked: sorted(row.defectsAsked),
    properties: sorted(row.properties),
    findings: sorted(row.findings),
    ...(row.latency === undefined
      ? {}
      : {
          latency: { ...row.latency, series: sorted(row.latency.series), faults: sorted(row.latency.faults) },
        }),
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Findings that fail a campaign. */
export function failures(summary: Summary): readonly Finding[] {
  return summary.findings.filter(({ declared }) => !declared);
}

export function count(counts: Record<string, number>, key: string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}

function addCounts(sum: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [key, by] of Object.entries(part)) count(sum, key, by);
}

function addNested<T extends { [K in keyof T]: number }>(
  sum: Record<string, T>,
  part: Readonly<Record<string, T>>,
  empty: () => T,
): void {
  for (const [key, numbers] of Object.entries(part)) {
    let own = sum[key];
    if (own === undefined) {
      own = empty();
      sum[key] = own;
    }
    for (const name of Object.keys(numbers) as (keyof T)[]) {
      own[name] = (own[name] + numbers[name]) as T[keyof T]; // the sum of two numbers
    }
  }
}

/** Sums of 16 hexadecimal digits, modulo 2^64. */
export function addHashes(a: string, b: string): string {
  return BigInt.asUintN(64, BigInt(`0x${a}`) + BigInt(`0x${b}`))
    .toString(16)
    .padStart(16, "0");
}
