/** What pages about the toy run are made from: its branching, and a campaign that found it. */
import type { Branching } from "../../src/explore/branch.js";
import type { Case } from "../../src/explore/campaign/cases.js";
import { emptySummary, type Finding, rowOf } from "../../src/explore/campaign/summary.js";
import { type CampaignReport, campaignReport } from "../../src/report/campaign.js";
import type { Plan } from "../../src/sim/plan.js";
import { SECOND } from "../../src/sim/time.js";
import { toyCalm, toyPassing, toyStorm } from "./toy-storm.js";

export const toyAbout = {
  scenario: toyCalm,
  command: "npx seedstorm replay toy.json",
  notes: [],
  versions: { seedstorm: "0.0.0", node: "0.0.0" },
};

export const toyBranching: Branching = {
  property: "T1",
  violation: { property: "T1", at: 12 * SECOND, message: "gone", signature: "T1: state", evidence: [] },
  points: [
    { at: 9 * SECOND, futures: 20, failed: 5 },
    { at: 10 * SECOND, futures: 20, failed: 20 },
  ],
  inevitable: { after: 9 * SECOND, by: 10 * SECOND },
  passing: undefined,
  complete: true,
};

export function toyFinding(more: Partial<Finding>): Finding {
  return {
    ...{ kind: "violation", scenario: toyCalm.id, seed: 1, index: 0, traceHash: "00", property: "T1" },
    ...{
      declared: false,
      at: 12 * SECOND,
      message: "add-1 was acknowledged and is gone",
      evidence: [],
      more: 0,
    },
    ...more,
  };
}

export function toyCase(found: Finding, plan: Plan, passing?: Plan): Case {
  return {
    ...{ finding: found, runs: 3, plan, shrinkTrace: undefined, file: undefined },
    repro: { plan, expected: undefined, shrinkTrace: undefined, passing },
  };
}

/** As many failures of one kind, so that a page is long. */
export const toyCases = (count: number): Case[] =>
  Array.from({ length: count }, (_, i) => toyCase(toyFinding({ seed: i + 1 }), toyStorm, toyPassing));

export function toyCampaign(cases: readonly Case[]): CampaignReport {
  const summary = emptySummary();
  const row = rowOf(summary, toyCalm.id);
  row.runs = 10;
  row.failed = cases.length;
  const settings = {
    ...{ scenarios: [toyCalm.id], seed: 1, runs: 10, defects: [], knobs: {} },
    ...{ verifyEvery: 0, eventBudget: 1_000_000 },
  };
  return campaignReport({
    result: {
      ...{ format: 1, kind: "campaign", versions: toyAbout.versions, settings, shard: { index: 1, of: 1 } },
      ...{ done: 10, complete: true, wallTimeMs: 100, notices: [], summary },
    },
    ...{ scenarios: [toyCalm], cases, corpus: [], interrupted: false, command: () => "npx seedstorm run" },
  });
}
