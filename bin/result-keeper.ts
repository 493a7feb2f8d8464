/** Keeps the result of a campaign in a file of its own. */

import { type Claim, type ClaimRequest, claimResult, ResultKeeper } from "../src/explore/index.js";
/** Where the result of a campaign is kept while it runs. */
export type Keeper = Pick<ResultKeeper, "path" | "save"> & Pick<Claim, "release">;

/** @throws InputError when the place that was named is another campaign's. */
export function keeperOf(request: ClaimRequest, onTrouble: (sentence: string) => void): Keeper {
  const { path, release } = claimResult(request);
  const keeper = new ResultKeeper(path, onTrouble);
  return { path, release, save: (result, isLast) => keeper.save(result, isLast) };
}
