import { expect, test } from "vitest";
import type { CampaignRequest } from "../../../src/explore/campaign/campaign.js";
import { failures } from "../../../src/explore/campaign/summary.js";
import { PoolUnusable } from "../../../src/explore/runs/runner.js";
import { campaign, row } from "../../support/toy-campaign.js";

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
