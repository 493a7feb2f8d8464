/** Threads that hang, die or are fewer: what is found stays the same. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CampaignRequest, CampaignResult } from "../../../src/explore/campaign/campaign.js";
import { failures } from "../../../src/explore/campaign/summary.js";
import { temporaryFolder } from "../../support/folder.js";
import { campaign, row } from "../../support/toy-campaign.js";

test("the number of threads changes nothing in what is found", async () => {
  const settings = { runs: 120, defects: ["ack-early", "no-dedupe"] };
  const findings: string[] = [];
  const onFinding: CampaignRequest["onFinding"] = ({ index, message }) =>
    findings.push(`${index} ${message}`);
  const alone = await campaign(settings, { jobs: 1, onFinding });
  const inOrder = findings.splice(0);
  const together = await campaign(settings, { jobs: 2, onFinding });
  expect(together.summary).toEqual(alone.summary);
  expect(Object.keys(together.summary.scenarios)).toEqual(Object.keys(alone.summary.scenarios));
  expect(findings).toEqual(inOrder);
  expect(row(alone).failed).toBeGreaterThan(5);
  expect(alone.summary.findings.map(({ property }) => property)).toContain("T1");
});

test("an endless loop is named with its seed, its thread replaced, and no other run lost", async () => {
  const result = await campaign({ runs: 60, defects: ["loop"] }, { hangMs: 500 });
  const found = failures(result.summary).map(({ kind, scenario, seed }) => `${kind} ${scenario} ${seed}`);
  expect(found).toEqual([
    "hung toy-calm 3",
    "hung toy-storm 3",
    "hung toy-calm 13",
    "hung toy-storm 13",
    "hung toy-calm 23",
    "hung toy-storm 23",
  ]);
  expect(result).toMatchObject({ done: 60, complete: true });
  expect(row(result)).toMatchObject({ runs: 30, held: 27, failed: 3 });
});

test("a run that takes its thread with it, twice, is named with its seed", async () => {
  const result = await campaign({ runs: 60, defects: ["exit"] });
  expect(failures(result.summary).map(({ kind, seed }) => `${kind} ${seed}`)).toEqual([
    "died 3",
    "died 3",
    "died 13",
    "died 13",
    "died 23",
    "died 23",
  ]);
  expect(failures(result.summary)[0]?.message).toBe(
    "the run took its worker thread with it: Error: worker exited with code: 7, in the code on ledger at 0.000 s of virtual time",
  );
  expect(row(result)).toMatchObject({ runs: 30, held: 27, failed: 3 });
});

test("a thread that was killed is noticed, and its run is run again", async () => {
  const mark = join(temporaryFolder(), "mark");
  process.env.TOY_EXIT_MARK = mark;
  try {
    const result = await campaign({ scenarios: ["toy-calm"], runs: 60, defects: ["exit-once"] });
    expect(existsSync(mark)).toBe(true);
    expect(row(result, "toy-calm")).toMatchObject({ runs: 60, held: 60, failed: 0 });
    expect(result.notices).toEqual([
      "a worker thread died in toy-calm with seed 13, which went through when it was run again",
    ]);
  } finally {
    delete process.env.TOY_EXIT_MARK;
  }
});

test("a campaign goes on from what was written down, and comes to the same", async () => {
  const settings = { runs: 160, defects: ["no-dedupe"] };
  const controller = new AbortController();
  let written: CampaignResult | undefined;
  const onCheckpoint = (result: CampaignResult) => {
    written = JSON.parse(JSON.stringify(result)) as CampaignResult;
    if (result.done > 30) controller.abort();
  };
  await campaign(settings, { signal: controller.signal, onCheckpoint, checkpointMs: 20 });
  expect(written?.done).toBeGreaterThan(30);
  expect(written?.done).toBeLessThan(160);
  const resumed = await campaign(settings, written === undefined ? {} : { resume: written });
  const whole = await campaign(settings);
  expect(resumed.done).toBe(160);
  expect(resumed.summary).toEqual(whole.summary);
  expect(resumed.wallTimeMs).toBeGreaterThan(written?.wallTimeMs ?? Number.POSITIVE_INFINITY);
});
