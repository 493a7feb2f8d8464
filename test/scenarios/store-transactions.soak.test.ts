/** The transactional store in its storm, judged from the answers that tellers had to their transfers. */
import { describe, expect, it } from "vitest";
import { storeCrashes } from "../../src/scenarios/broker/store.js";
import { brokerSystem } from "../../src/scenarios/broker/system.js";
import { runOn } from "../../src/storm/run.js";

async function verdict(seed: number, defects: readonly string[] = []): Promise<unknown> {
  const { properties } = await runOn(brokerSystem, storeCrashes.plan(seed, { defects }));
  return properties.find(({ id }) => id === "store-strict-serializable")?.verdict;
}

describe("the answers of a store that crashes", () => {
  it("are strictly serializable", async () => {
    for (let seed = 1; seed <= 60; seed++) expect([seed, await verdict(seed)]).toEqual([seed, "held"]);
  });

  it("are not when reads are not validated", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      expect([seed, await verdict(seed, ["store-reads-not-validated"])]).toEqual([seed, "violated"]);
    }
  });

  it("are not when commits are answered before they are on the disk", async () => {
    const verdicts: unknown[] = [];
    for (let seed = 1; seed <= 20; seed++) verdicts.push(await verdict(seed, ["store-answers-before-sync"]));
    expect(verdicts).toContain("violated");
  });
});
