/** What a campaign came to, gathered once, so that all of its reports say the same. */
import type { CampaignResult } from "../explore/campaign/campaign.js";
import type { Case } from "../explore/campaign/cases.js";
import type { CorpusEntry } from "../explore/campaign/corpus.js";
import {
  type UnmetExpectation,
  unmetExpectations,
  vacuousProperties,
} from "../explore/campaign/expectations.js";
import type { ScenarioSummary } from "../explore/campaign/summary.js";
import type { Scenario } from "../storm/scenario.js";

export interface CampaignReport {
  readonly result: CampaignResult;
  /** The campaign's scenarios, in its order. */
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly ScenarioSummary[];
  /** One for each kind of failure. */
  readonly cases: readonly Case[];
  /** Files of the corpus, in the order in which they were replayed; empty when there is none. */
  readonly corpus: readonly CorpusEntry[];
  readonly unmetExpectations: readonly UnmetExpectation[];
  /** Properties that never had anything to compare. */
  readonly vacuous: readonly string[];
  /** It was ended before it was done. */
  readonly interrupted: boolean;
  /** What is to be typed to see a case as a story. */
  readonly command: (found: Case) => string;
}

export type CampaignFacts = Omit<CampaignReport, "rows" | "unmetExpectations" | "vacuous">;

export function campaignReport(facts: CampaignFacts): CampaignReport {
  const { result, scenarios } = facts;
  const whole = result.complete && result.shard.of === 1;
  return {
    ...facts,
    rows: scenarios.flatMap(({ id }) => result.summary.scenarios[id] ?? []),
    unmetExpectations: unmetExpectations(result.summary, scenarios, whole),
    vacuous: vacuousProperties(result.summary),
  };
}

/** What operations of a scenario are called. */
export function nounIn({ scenarios }: Pick<CampaignReport, "scenarios">, id: string): string | undefined {
  return scenarios.find((scenario) => scenario.id === id)?.system.noun;
}

/** The sum of one number over all scenarios. */
export function total({ rows }: Pick<CampaignReport, "rows">, of: (row: ScenarioSummary) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

/**
 * - `held`: nothing was found.
 * - `violated`: a property, a promise or a file of the corpus.
 * - `harness`: some runs broke off or differed from themselves, so that nothing here is to be trusted.
 */
export type CampaignVerdict = "held" | "violated" | "harness";

export function verdictOf({ cases, corpus, unmetExpectations: short }: CampaignReport): CampaignVerdict {
  if (cases.some(({ finding: { kind } }) => kind === "broken" || kind === "diverged")) return "harness";
  const failed =
    cases.length > 0 ||
    corpus.some(({ verdict }) => verdict !== "held") ||
    short.some(({ binding }) => binding);
  return failed ? "violated" : "held";
}

/** What was found, by what it is known by: `G8`, `hung`. */
export function nameOf({ finding: { kind, property } }: Case): string {
  return property === "" ? kind : property;
}
