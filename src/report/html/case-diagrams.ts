/**
 * The diagrams of a campaign's failures: each case is run again with recorders, and so is the nearest plan that passes. Cases that did not
 * come to their end have none, and of many cases only the first do: a page must stay quick to open.
 */
import type { Case } from "../../explore/campaign/cases.js";
import { DEFAULT_EVENT_BUDGET } from "../../explore/campaign/settings.js";
import type { Plan } from "../../sim/plan.js";
import type { Scenario } from "../../storm/scenario.js";
import type { CampaignReport } from "../campaign.js";
import { type RecordedRun, recordedRun } from "../recorded-run.js";

export interface DrawnCase {
  readonly failing: RecordedRun;
  readonly passing: RecordedRun | undefined;
}

/** Cases that are drawn. */
export const DRAWN_CASES = 24;
/** Facts and messages that each of their diagrams draws. */
export const CASE_ITEMS = 3_000;

export async function drawnCases({
  cases,
  scenarios,
}: CampaignReport): Promise<ReadonlyMap<Case, DrawnCase>> {
  const drawn = new Map<Case, DrawnCase>();
  for (const found of cases) {
    const { finding, plan, repro } = found;
    const scenario = scenarios.find(({ id }) => id === finding.scenario);
    if (scenario === undefined || finding.kind !== "violation") continue;
    if (drawn.size >= DRAWN_CASES) break;
    const failing = await runAgain(plan, scenario);
    const isSame = failing?.outcome.violations.some(({ property }) => property === finding.property) ?? false;
    if (failing === undefined || !isSame) continue;
    const passing = repro?.passing === undefined ? undefined : await runAgain(repro.passing, scenario);
    drawn.set(found, { failing, passing });
  }
  return drawn;
}

/** Undefined when the run breaks off: the failure is reported without a picture of it. */
async function runAgain(plan: Plan, scenario: Scenario): Promise<RecordedRun | undefined> {
  try {
    return await recordedRun(plan, scenario, { eventBudget: DEFAULT_EVENT_BUDGET });
  } catch {
    return undefined;
  }
}
