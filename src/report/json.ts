/**
 * A run for programs: one JSON object. Keys are stable; times that are not virtual are the only
 * values that differ from one machine to another.
 */

import type { HistoryEvent } from "../sim/history.js";
import type { Json } from "../sim/plan.js";
import type { Outcome } from "../storm/scenario.js";
import type { Comparison } from "./nearest.js";

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
    /** File, line and column of code that threw. */
    readonly place?: string;
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
    violations: outcome.violations.map(({ property, at, message, evidence, place }) => ({
      property,
      atMs: at / 1000,
      message,
      ...(place === undefined ? {} : { place }),
      evidence: evidence.map((position) => evidenceOf(outcome, position)),
    })),
  };
}

/** A run that failed beside one that passes. */
export function comparisonJson({ changes, first }: Comparison): Json {
  if (first === undefined) return { changes };
  const { same, at, failing, passing } = first;
  const [fails, passes] = [failing, passing].map((event) => (event === undefined ? null : eventJson(event)));
  return {
    changes,
    firstDifference: { atMs: at / 1000, same, failing: fails ?? null, passing: passes ?? null },
  };
}

function evidenceOf(outcome: Outcome, position: number): Json {
  const found = outcome.history[position];
  return found === undefined ? { event: position } : eventJson(found);
}

function eventJson({ id, at, host, cause, kind, ...fact }: HistoryEvent): Json {
  return { ...fact, event: id, atMs: at / 1000, host, cause, kind } as unknown as Json; // facts are plain data
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
