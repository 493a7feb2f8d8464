/** What a campaign came to, gathered for its reports: all of them tell the same. */
import type { CampaignResult } from "../explore/campaign/campaign.js";
import type { Case } from "../explore/campaign/cases.js";
import type { CorpusEntry } from "../explore/campaign/corpus.js";
import { idleProperties, type Shortfall, shortfalls } from "../explore/campaign/promises.js";
import type { ScenarioSummary } from "../explore/campaign/summary.js";
import type { Scenario } from "../storm/scenario.js";

export interface CampaignTelling {
  readonly result: CampaignResult;
  /** The campaign's scenarios, in its order. */
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly ScenarioSummary[];
  /** One for each sort of failure. */
  readonly cases: readonly Case[];
  /** Files of the corpus, in the order in which they were replayed; empty when there is none. */
  readonly corpus: readonly CorpusEntry[];
  readonly shortfalls: readonly Shortfall[];
  /** Properties that never had anything to compare. */
  readonly idle: readonly string[];
  /** It was ended before it was done. */
  readonly interrupted: boolean;
  /** What is to be typed to see a case as a story. */
  readonly command: (found: Case) => string;
}

export type CampaignFacts = Omit<CampaignTelling, "rows" | "shortfalls" | "idle">;

export function telling(facts: CampaignFacts): CampaignTelling {
  const { result, scenarios } = facts;
  const whole = result.complete && result.shard.of === 1;
  return {
    ...facts,
    rows: scenarios.flatMap(({ id }) => result.summary.scenarios[id] ?? []),
    shortfalls: shortfalls(result.summary, scenarios, whole),
    idle: idleProperties(result.summary),
  };
}

/** The sum of one number over all scenarios. */
export function total({ rows }: Pick<CampaignTelling, "rows">, of: (row: ScenarioSummary) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

/**
 * - `held`: nothing was found.
 * - `violated`: a property, a promise or a file of the corpus.
 * - `harness`: some runs broke off or differed from themselves, so that nothing here is to be trusted.
 */
export type CampaignVerdict = "held" | "violated" | "harness";

export function verdictOf({ cases, corpus, shortfalls: short }: CampaignTelling): CampaignVerdict {
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
