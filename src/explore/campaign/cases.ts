/**
 * From the findings of a campaign to cases that can be worked on: of each kind of failure the first, shrunk and
 * written down as a repro file.
 */

import type { Plan } from "../../sim/plan.js";
import type { Scenario } from "../../storm/scenario.js";
import { type Repro, reproOf, reproOfShrunk } from "../formats/repro-file.js";
import { brokenResult, type PlanViolation } from "../runs/run-plan.js";
import type { Runner } from "../runs/runner.js";
import type { StopSignal } from "../runs/stop-signal.js";
import { type ShrinkTrace, shrink } from "../shrink/shrink.js";
import { type CampaignSettings, planOptionsOf } from "./settings.js";
import { type Finding, failures, type Summary, sortOf } from "./summary.js";

/** One kind of failure of one scenario, by its first example. */
export interface Case {
  readonly finding: Finding;
  /** Runs that showed it. */
  readonly runs: number;
  /** As small as it got; the generated plan where it was not shrunk. */
  readonly plan: Plan;
  readonly shrinkTrace: ShrinkTrace | undefined;
  /** Undefined where there is nothing to write down: the run that failed did not fail again. */
  readonly repro: Repro | undefined;
  /** Where the repro was written. */
  readonly file: string | undefined;
}

export interface CaseOptions {
  /** Not needed when none is to be shrunk. */
  readonly pool: Runner | undefined;
  readonly settings: CampaignSettings;
  /** Cases that are shrunk at most; the others stay as they are. */
  readonly most: number;
  /** For each case. */
  readonly runs: number;
  readonly ms: number;
  readonly signal?: StopSignal;
  /** Called before each case is shrunk. */
  readonly onCase?: (finding: Finding) => void;
}

/** The first finding of each kind that fails the campaign, and how many runs showed it. */
export function sortsOf(summary: Summary): { readonly finding: Finding; readonly runs: number }[] {
  const seen = new Set<string>();
  return failures(summary).flatMap((finding) => {
    const sort = sortOf(finding);
    const key = `${finding.scenario} ${sort}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ finding, runs: summary.scenarios[finding.scenario]?.findings[sort] ?? 1 }];
  });
}

export async function makeCases(
  summary: Summary,
  scenarios: readonly Scenario[],
  options: CaseOptions,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const { finding, runs } of sortsOf(summary)) {
    const scenario = scenarios.find(({ id }) => id === finding.scenario);
    if (scenario === undefined) continue;
    const plan = scenario.plan(finding.seed, planOptionsOf(options.settings));
    const asFound: Case = {
      finding,
      runs,
      plan,
      shrinkTrace: undefined,
      repro: reproAsFound(plan, finding),
      file: undefined,
    };
    const { pool } = options;
    const worth =
      pool !== undefined &&
      cases.length < options.most &&
      options.signal?.aborted !== true &&
      shrinks(finding);
    cases.push(worth ? await shrunkCase(asFound, scenario, pool, options) : asFound);
  }
  return cases;
}

/** A run that hangs or takes its thread with it costs too much to be tried hundreds of times. */
function shrinks({ kind }: Finding): boolean {
  return kind === "violation" || kind === "endless" || kind === "broken";
}

async function shrunkCase(
  asFound: Case,
  scenario: Scenario,
  pool: Runner,
  options: CaseOptions,
): Promise<Case> {
  const { finding, plan } = asFound;
  options.onCase?.(finding);
  const property = finding.kind === "violation" ? finding.property : finding.kind;
  const shrunk = await shrink(plan, {
    pool,
    system: scenario.system,
    property,
    passing: { declared: scenario.expectedViolations },
    runs: options.runs,
    ms: options.ms,
    eventBudget: options.settings.eventBudget,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (shrunk === undefined) return asFound;
  return { ...asFound, plan: shrunk.plan, shrinkTrace: shrunk.shrinkTrace, repro: reproOfShrunk(shrunk) };
}

/** What a campaign knows of a run that it does not run again. */
function reproAsFound(plan: Plan, { kind, property, at, message }: Finding): Repro {
  if (kind === "hung" || kind === "died" || kind === "endless" || kind === "broken") {
    const result = brokenResult(kind, message);
    return reproOf(plan, result, result.violations[0] as PlanViolation); // a broken result has this one
  }
  const violation = { property, at, message, signature: "", evidence: [] };
  return { ...reproOf(plan, brokenResult("broken", message), violation), expected: undefined };
}
