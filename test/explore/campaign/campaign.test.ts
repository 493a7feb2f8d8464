import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CampaignRequest, CampaignResult } from "../../../src/explore/campaign/campaign.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET } from "../../../src/explore/campaign/settings.js";
import { failures } from "../../../src/explore/campaign/summary.js";
import type { PoolOptions } from "../../../src/explore/runs/pool.js";
import { PoolUnusable } from "../../../src/explore/runs/runner.js";
import { toyPool } from "../../support/compiled.js";
import { temporaryFolder } from "../../support/folder.js";
import { campaignOn } from "../../support/threads.js";

const base: CampaignSettings = {
  scenarios: ["toy-calm", "toy-storm"],
  seed: 1,
  runs: 120,
  defects: [],
  knobs: {},
  verifyEvery: 0,
  eventBudget: DEFAULT_EVENT_BUDGET,
};

function campaign(
  settings: Partial<CampaignSettings>,
  options: Partial<PoolOptions & CampaignRequest> = {},
): Promise<CampaignResult> {
  return campaignOn({ ...toyPool(), jobs: 2, ...options, settings: { ...base, ...settings } });
}

const row = (result: CampaignResult, scenario = "toy-storm") => {
  const found = result.summary.scenarios[scenario];
  if (found === undefined) throw new Error(`no row for ${scenario}`);
  return found;
};

test("the sound system holds in every run, and the campaign counts what it tried", async () => {
  const result = await campaign({});
  expect(failures(result.summary)).toEqual([]);
  expect(result).toMatchObject({ done: 120, complete: true });
  expect(row(result, "toy-calm")).toMatchObject({ runs: 60, held: 60, failed: 0 });
  const storm = row(result);
  expect(storm).toMatchObject({ runs: 60, held: 60, failed: 0 });
  expect(storm.faults.crash?.fired).toBeGreaterThan(5);
  expect(storm.crashPoints.ledger?.passed).toBeGreaterThan(1000);
  expect((storm.crashPoints.ledger?.before ?? 0) + (storm.crashPoints.ledger?.after ?? 0)).toBeGreaterThan(3);
  expect(storm.goals["a request timed out"]).toBeGreaterThan(10);
  expect(storm.states["ledger: recovered"]).toBeGreaterThan(60);
  expect(storm.properties.T1?.checked).toBeGreaterThan(100);
});

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

test("a run that throws is a finding of its own", async () => {
  const { summary } = await campaign({ defects: ["throw"] });
  const [first] = failures(summary);
  expect(first).toMatchObject({ kind: "violation", property: "code-failure" });
  expect(first?.message).toContain("TypeError: request add-");
});

test("what a scenario declares as its weakness is told and fails nothing", async () => {
  const { summary } = await campaign({ scenarios: ["toy-weak"], runs: 60, defects: ["no-dedupe"] });
  expect(summary.scenarios["toy-weak"]).toMatchObject({ runs: 60, held: 60, failed: 0 });
  expect(summary.scenarios["toy-weak"]?.declared).toBeGreaterThan(5);
  expect(summary.findings[0]).toMatchObject({ property: "T3", declared: true });
  expect(failures(summary)).toEqual([]);
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

test("a run without an end is stopped by its budget of events", async () => {
  const { summary } = await campaign({ runs: 40, defects: ["busy"], eventBudget: 100_000 });
  expect(failures(summary)[0]).toMatchObject({ kind: "endless", seed: 3 });
  expect(failures(summary)[0]?.message).toContain("budget of 100000 events");
});

test("runs that are verified name the step from which two universes differ", async () => {
  const sound = await campaign({ runs: 40, verifyEvery: 2 });
  expect(failures(sound.summary)).toEqual([]);
  expect(row(sound).verified).toBe(10);
  const { summary } = await campaign({ runs: 40, verifyEvery: 2, defects: ["dice"] });
  expect(failures(summary)[0]).toMatchObject({ kind: "diverged", seed: 1 });
  expect(failures(summary)[0]?.message).toMatch(/^two runs of one plan differ from step \d+ on: first "/);
});

test("a campaign ends by the clock with what it has", async () => {
  const result = await campaign({ runs: null }, { forMs: 700 });
  expect(result.complete).toBe(true);
  expect(result.done).toBeGreaterThan(0);
  expect(row(result).runs + row(result, "toy-calm").runs).toBe(result.done);
});

test("a campaign that is interrupted ends soon and knows all that it has done", async () => {
  const controller = new AbortController();
  const onProgress: CampaignRequest["onProgress"] = ({ done }) => {
    if (done > 20) controller.abort();
  };
  const result = await campaign({ runs: 1_000_000 }, { signal: controller.signal, onProgress });
  expect(result.complete).toBe(false);
  expect(result.done).toBeGreaterThan(20);
  expect(row(result).runs + row(result, "toy-calm").runs).toBe(result.done);
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

test("a campaign ends with the first run that fails, whatever the number of threads", async () => {
  const settings = { runs: 100_000, defects: ["no-dedupe"] };
  const alone = await campaign(settings, { failFast: true, jobs: 1 });
  const together = await campaign(settings, { failFast: true, jobs: 2 });
  expect(failures(alone.summary).length).toBe(1);
  expect(alone.done).toBe((failures(alone.summary)[0]?.index ?? -2) + 1);
  expect(together).toEqual({ ...alone, wallTimeMs: together.wallTimeMs });
});

test("scenarios that can't be loaded are no endless matter", async () => {
  const registry = "file:///nowhere/scenarios.js";
  await expect(campaign({}, { registry })).rejects.toThrow(PoolUnusable);
  const worker = "file:///nowhere/worker.js";
  await expect(campaign({}, { worker })).rejects.toThrow(PoolUnusable);
});
