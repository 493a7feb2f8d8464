/** Campaigns on the toy system, with real threads. */
import type { CampaignRequest, CampaignResult } from "../../src/explore/campaign/campaign.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET } from "../../src/explore/campaign/settings.js";
import type { PoolOptions } from "../../src/explore/runs/pool.js";
import { toyPool } from "./compiled.js";
import { campaignOn } from "./threads.js";

const base: CampaignSettings = {
  scenarios: ["toy-calm", "toy-storm"],
  seed: 1,
  runs: 120,
  defects: [],
  knobs: {},
  verifyEvery: 0,
  eventBudget: DEFAULT_EVENT_BUDGET,
};

export function campaign(
  settings: Partial<CampaignSettings>,
  options: Partial<PoolOptions & CampaignRequest> = {},
): Promise<CampaignResult> {
  return campaignOn({ ...toyPool(), jobs: 2, ...options, settings: { ...base, ...settings } });
}

/** What became of a scenario. */
export const row = (result: CampaignResult, scenario = "toy-storm") => {
  const found = result.summary.scenarios[scenario];
  if (found === undefined) throw new Error(`no row for ${scenario}`);
  return found;
};
