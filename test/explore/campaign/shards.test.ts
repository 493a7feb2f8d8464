import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { CampaignResult } from "../../../src/explore/campaign/campaign.js";
import { ResultKeeper } from "../../../src/explore/campaign/keep-result.js";
import { parseResult, readResult, writeResult } from "../../../src/explore/campaign/result-file.js";
import {
  type CampaignSettings,
  DEFAULT_EVENT_BUDGET,
  runAt,
  runsOf,
  type Shard,
  WHOLE,
} from "../../../src/explore/campaign/settings.js";
import { mergeShards, parseShard } from "../../../src/explore/campaign/shards.js";
import { toyPool } from "../../support/compiled.js";
import { temporaryFolder } from "../../support/folder.js";
import { campaignOn } from "../../support/threads.js";

const settings: CampaignSettings = {
  scenarios: ["toy-calm", "toy-storm", "toy-weak"],
  seed: 100,
  runs: 94,
  defects: ["no-dedupe", "ack-early"],
  knobs: {},
  verifyEvery: 0,
  eventBudget: DEFAULT_EVENT_BUDGET,
};

let whole: CampaignResult;
let shards: CampaignResult[];

beforeAll(async () => {
  const campaign = (shard: Shard) => campaignOn({ ...toyPool(), settings, shard, jobs: 2 });
  whole = await campaign(WHOLE);
  shards = [];
  for (let index = 1; index <= 4; index++) shards.push(await campaign({ index, of: 4 }));
});

const named = (results: readonly CampaignResult[]) =>
  results.map((result, i) => ({ file: `shard-${i + 1}.json`, result }));

test("shards share out every run of a campaign, each run to one of them", () => {
  const counts = fc.record({
    scenarios: fc.integer({ min: 1, max: 7 }),
    runs: fc.integer({ min: 1, max: 300 }),
    of: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(counts, ({ scenarios, runs, of }) => {
      const names = Array.from({ length: scenarios }, (_, i) => `s${i}`);
      const campaign = { ...settings, scenarios: names, runs };
      const all: number[] = [];
      for (let index = 1; index <= of; index++) {
        const shard = { index, of };
        for (let position = 0; position < runsOf(campaign, shard); position++) {
          all.push(runAt(campaign, shard, position).index);
        }
      }
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: runs }, (_, i) => i));
    }),
  );
});

test("the sum of all shards is the whole campaign, field by field but for times", () => {
  const { result, gaps } = mergeShards(named(shards));
  expect(gaps).toEqual([]);
  expect({ ...result, wallTimeMs: 0 }).toEqual({ ...whole, wallTimeMs: 0 });
  expect(JSON.stringify({ ...result, wallTimeMs: 0 })).toBe(JSON.stringify({ ...whole, wallTimeMs: 0 }));
  expect(result.summary.findings.length).toBeGreaterThan(10);
});

test("the order of the files does not matter", () => {
  expect(mergeShards(named([...shards].reverse())).result).toEqual(mergeShards(named(shards)).result);
});

test("a missing shard and one that ended early are gaps", () => {
  const [one, two, , four] = shards as [CampaignResult, CampaignResult, CampaignResult, CampaignResult];
  const { gaps, result } = mergeShards([
    { file: "1.json", result: one },
    { file: "2.json", result: { ...two, complete: false, done: 7 } },
    { file: "4.json", result: four },
  ]);
  expect(gaps).toEqual([
    "shard 3/4 is missing",
    "shard 2/4 (2.json) ended after 7 of 24 runs: check --resume 2.json goes on",
  ]);
  expect(result.complete).toBe(false);
});

test("shards of other versions, other campaigns, or twice the same are refused", () => {
  const [one, two] = shards as [CampaignResult, CampaignResult];
  const merge = (other: CampaignResult) => () =>
    mergeShards([
      { file: "a.json", result: one },
      { file: "b.json", result: other },
    ]);
  expect(merge({ ...two, versions: { ...two.versions, seedstorm: "9.9.9" } })).toThrow(
    "b.json does not belong with a.json: it was made by seedstorm 9.9.9 and the other by seedstorm 0.1.0",
  );
  expect(merge({ ...two, settings: { ...settings, seed: 7, runs: 5 } })).toThrow(
    "b.json does not belong with a.json: it is of another campaign (other seed, runs)",
  );
  expect(merge({ ...two, shard: { index: 2, of: 8 } })).toThrow("one of 8 shards and the other one of 4");
  expect(merge(one)).toThrow("a.json and b.json are both shard 1/4: their runs would count twice");
});

test("a shard is written as INDEX/COUNT", () => {
  expect(parseShard("3/8")).toEqual({ index: 3, of: 8 });
  for (const bad of ["", "3", "0/8", "9/8", "3/8/1", "a/b", "-1/8", "1/99999999"]) {
    expect(() => parseShard(bad)).toThrow("expected a shard as INDEX/COUNT");
  }
});

test("a result that is written down reads the same", () => {
  const path = join(temporaryFolder(), "deep/er/result.json");
  writeResult(path, whole);
  expect(readResult(path)).toEqual(whole);
});

test("a result that was tampered with is named with its file and path", () => {
  const path = join(temporaryFolder(), "result.json");
  const tampered = (change: (data: Record<string, unknown>) => void): string => {
    const data = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>;
    change(data);
    return JSON.stringify(data);
  };
  writeFileSync(path, "{");
  expect(() => readResult(path)).toThrow(`${path}: expected a campaign's result as JSON, and it`);
  const wrong = (change: (data: Record<string, unknown>) => void) => () => parseResult(tampered(change));
  expect(wrong((data) => (data.format = 2))).toThrow(
    "format: expected 1, the only version of this format, got 2",
  );
  expect(wrong((data) => (data.done = 3))).toThrow(
    "done: 3 runs are done, but 94 are counted in the summary",
  );
  expect(wrong((data) => delete data.summary)).toThrow("summary: is missing");
  expect(wrong((data) => (data.runz = 1))).toThrow("runz: unknown key");
});

test("a folder that can't be written is told once, and the campaign goes on in memory", () => {
  const base = temporaryFolder();
  const blocked = join(base, "reports");
  writeFileSync(blocked, "a file where a folder should be");
  const sentences: string[] = [];
  const keeper = new ResultKeeper(join(blocked, "result.json"), (sentence) => sentences.push(sentence));
  expect(keeper.save(whole)).toBe(false);
  expect(keeper.save(whole)).toBe(false);
  expect(sentences).toEqual([
    `cannot write ${blocked}/result.json: a part of its path is a file and no folder; the campaign goes on in memory`,
  ]);
  rmSync(blocked);
  mkdirSync(blocked);
  expect(keeper.save(whole)).toBe(true);
  expect(sentences[1]).toContain("can be written again");
  expect(readdirSync(blocked)).toEqual(["result.json"]);
});
