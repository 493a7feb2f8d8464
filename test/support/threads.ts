/** Campaigns on threads of their own. */
import {
  type CampaignRequest,
  type CampaignResult,
  runCampaign,
} from "../../src/explore/campaign/campaign.js";
import { type PoolOptions, withPool } from "../../src/explore/runs/pool.js";

export function campaignOn(options: PoolOptions & CampaignRequest): Promise<CampaignResult> {
  return withPool(options, (pool) => runCampaign({ ...options, pool }));
}
