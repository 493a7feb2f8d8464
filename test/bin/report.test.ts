/** The command that makes pages out of files. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkCommand } from "../../bin/campaign-report.js";
import { report } from "../../bin/report.js";
import type { Simulator } from "../../bin/simulator.js";
import type { Terminal } from "../../bin/terminal.js";
import type { CampaignResult } from "../../src/explore/campaign/campaign.js";
import { runAt, WHOLE } from "../../src/explore/campaign/settings.js";
import { emptySummary } from "../../src/explore/campaign/summary.js";
import { planText } from "../../src/explore/formats/plan-file.js";
import { reproText } from "../../src/explore/formats/repro-file.js";
import { versions } from "../../src/explore/formats/versions.js";
import { observe } from "../../src/explore/runs/observe-run.js";
import { courierPlan, STORM } from "../support/couriers.js";
import { temporaryFolder } from "../support/folder.js";
import { courierScenario } from "../support/reports.js";

const scenario = {
  ...courierScenario,
  plan: (seed: number) => courierPlan({ seed, orders: 20, faults: seed % 2 === 0 ? STORM : [] }),
};
const simulator = { scenarios: [scenario] } as unknown as Simulator; // nothing else is asked of it

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(file("plan.json"), planText(scenario.plan(2)));
  const expected = {
    property: "C1",
    signature: "C1: state",
    message: "two of them",
    traceHash: "0".repeat(16),
    versions: versions(),
  };
  const size = { faults: 1, operations: 1, hosts: 6 };
  const shrinkTrace = {
    from: { ...size, faults: 10 },
    to: size,
    runs: 7,
    ms: 100,
    steps: [],
    end: "smallest" as const,
  };
  writeFileSync(
    file("small.json"),
    reproText({ plan: scenario.plan(2), expected, shrinkTrace, passing: undefined }),
  );
  writeFileSync(file("result.json"), JSON.stringify(await campaign()));
  writeFileSync(file("broken.json"), "{");
  writeFileSync(file("half.json"), JSON.stringify({ format: 1, kind: "campaign" }));
});

async function campaign(): Promise<CampaignResult> {
  const settings = {
    scenarios: ["couriers"],
    seed: 1,
    runs: 6,
    defects: [],
    knobs: {},
    verifyEvery: 0,
    eventBudget: 1_000_000,
  };
  const summary = emptySummary();
  for (let position = 0; position < 6; position++)
    await observe(runAt(settings, WHOLE, position), scenario, settings, summary);
  const about = {
    format: 1,
    kind: "campaign",
    versions: versions(),
    complete: true,
    wallTimeMs: 5,
    notices: [],
  } as const;
  return { ...about, settings, shard: WHOLE, done: 6, summary };
}

async function made(name: string, repros: readonly string[] = [], limit?: number) {
  const said: string[] = [];
  const shown: string[] = [];
  const terminal = {
    out: (lines: readonly string[]) => said.push(...lines),
    now: () => 0,
  } as unknown as Terminal; // as above
  const options = { output: file("page.html"), open: true, limit, reports: "reports" };
  const code = await report(file(name), repros.map(file), options, simulator, terminal, (path) =>
    shown.push(path),
  );
  // Without its code and its data, which no assertion should print.
  const page = readFileSync(file("page.html"), "utf8").replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "");
  return { code, said, shown, page };
}

describe("seedstorm report", () => {
  it("runs a plan and makes a page of it, says where it is and opens it", async () => {
    const { code, said, shown, page } = await made("plan.json");
    expect(code).toBe(0);
    expect(said).toEqual([file("page.html")]);
    expect(shown).toEqual([file("page.html")]);
    expect(page).toContain("<title>couriers, seed 2: violated</title>");
    expect(page).toContain(`npx seedstorm replay ${file("plan.json")}`);
  });

  it("tells of a repro whether it still fails, and how small it was made", async () => {
    const { page } = await made("small.json");
    expect(page).toContain("It still violates C1 in the same way, but on another trace");
    expect(page).toContain("10 faults, 1 operation → 1 fault, 1 operation in 7 runs");
  });

  it("draws no more than it is told to", async () => {
    const { page } = await made("plan.json", [], 50);
    expect(page).toMatch(/\d+ of \d+ facts and messages are drawn/);
  });

  it("makes a page of a campaign's result, with its ladders from repro files", async () => {
    const { page } = await made("result.json", ["small.json"]);
    expect(page).toContain("<title>Campaign over couriers: failed</title>");
    expect(page).toContain("10 faults, 1 operation → 1 fault, 1 operation in 7 runs");
    expect(page).toContain(`npx seedstorm replay ${file("small.json")}`);
    expect(page).toContain("npx seedstorm check couriers --runs 6 --seed 1");
    expect(page).toContain('data-latency="0"');
  });

  it("refuses what it can't read, in one sentence that begins with the file", async () => {
    for (const [name, complaint] of [
      ["missing.json", /^cannot read .*missing\.json: there is no such file$/],
      ["broken.json", /broken\.json: expected a plan or a repro file as JSON/],
      ["half.json", /half\.json: versions/],
    ] as const) {
      await expect(made(name)).rejects.toThrow(complaint);
    }
    await expect(made("plan.json", ["small.json"])).rejects.toThrow(/plan\.json is no campaign's result/);
  });
});

describe("the command that makes a campaign again", () => {
  it("says everything that decides the campaign", async () => {
    const result = await campaign();
    const settings = { ...result.settings, defects: ["GW3"], knobs: { buggify: true }, verifyEvery: 5 };
    expect(checkCommand({ ...result, settings, shard: { index: 2, of: 3 } })).toBe(
      "npx seedstorm check couriers --runs 6 --seed 1 --shard 2/3 --verify-every 5 --defect GW3 --knob buggify=true",
    );
  });
});
