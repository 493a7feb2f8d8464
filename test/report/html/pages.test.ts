/** Pages as files: what stands in them, and that they can load and run nothing but themselves. */
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { latencyOf } from "../../../src/explore/campaign/measure-latency.js";
import { emptySummary, type Finding, rowOf } from "../../../src/explore/campaign/summary.js";
import { campaignReport } from "../../../src/report/campaign.js";
import { campaignHtml } from "../../../src/report/html/campaign-page.js";
import { drawnCases } from "../../../src/report/html/case-diagrams.js";
import type { DiagramData, PageData } from "../../../src/report/html/data.js";
import { html } from "../../../src/report/html/markup.js";
import { pageHtml } from "../../../src/report/html/page.js";
import { seconds } from "../../../src/sim/time.js";
import { couriers, STORM } from "../../support/couriers.js";
import { testClient } from "../../support/report-client.js";
import { courierRun, courierScenario, pageFor } from "../../support/reports.js";

const sha256 = (text: string) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** What stands between the tags of the elements of a kind. */
const insides = (page: string, tag: string): string[] =>
  [...page.matchAll(new RegExp(`<${tag}(?: [^>]*)?>([\\s\\S]*?)</${tag}>`, "g"))].map(
    ([, inside = ""]) => inside,
  );

const policyOf = (page: string): string =>
  (/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "").replaceAll("&#39;", "'");

function dataOf(page: string): PageData {
  return JSON.parse(/<script type="application\/json" id="data">([^<]*)</.exec(page)?.[1] ?? "null");
}

/** What the diagram of this name draws. */
function diagramIn(page: string, name: string): DiagramData {
  const text = new RegExp(`<script type="application/json" data-of="${name}">([^<]*)<`).exec(page)?.[1];
  if (text === undefined) throw new Error(`the page has no diagram ${name}`);
  return JSON.parse(text);
}

let violated: string;
beforeAll(async () => {
  violated = await pageFor(await courierRun({ faults: STORM, orders: 40 }), {
    notes: ["It <b>still</b> fails."],
  });
});

describe("any page", () => {
  it("forbids the browser to load anything, and lets only its own code and style run", () => {
    const policy = policyOf(violated);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const code = insides(violated, "script").at(-1) ?? "";
    const [style = ""] = insides(violated, "style");
    expect(policy).toContain(`script-src '${sha256(code)}'`);
    expect(policy).toContain(`style-src '${sha256(style)}'`);
  });

  it("has a colour for each family of faults", () => {
    const [style = ""] = insides(violated, "style");
    for (const family of ["power", "network", "disk", "clock", "external"])
      expect(style).toContain(`--fault-${family}:`);
  });

  it("names nothing to be loaded from anywhere", () => {
    const markup = violated.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "");
    expect(markup).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(markup).not.toContain("style=");
    expect(markup).not.toMatch(/\son[a-z]+="/);
    const [style = ""] = insides(violated, "style");
    expect(style).not.toMatch(/url\(|@import/);
  });

  it("holds with code and data that try to end their elements", () => {
    const chart = { runs: 0, window: 1, slice: 1, series: [], bands: [] };
    const data: PageData = {
      page: "campaign",
      latency: [{ scenario: "</script><script>alert(1)", chart }],
    };
    const page = pageHtml(
      { title: "</title>", body: html`<p>x</p>`, data },
      { code: 'x = "</script>"', style: "/* </style> */" },
    );
    expect(insides(page, "script")).toHaveLength(2);
    expect(insides(page, "style")).toHaveLength(1);
    expect(dataOf(page)).toEqual(data);
    expect(page).toContain("<title>&lt;/title&gt;</title>");
  });

  it("is the same for the same run", async () => {
    const again = await pageFor(await courierRun({ faults: STORM, orders: 40 }), {
      notes: ["It <b>still</b> fails."],
    });
    expect(again).toBe(violated);
  });
});

describe("the page of a run", () => {
  it("tells the verdict, what it came to and how to see it again", () => {
    expect(violated).toContain('<span class="badge violated">violated</span>');
    expect(violated).toContain("npx seedstorm replay couriers.json");
    expect(violated).toMatch(/<dt>trace<\/dt><dd>[0-9a-f]{16}<\/dd>/);
    expect(violated).toContain("It &lt;b&gt;still&lt;/b&gt; fails.");
  });

  it("tells each violation with its evidence, escaped", () => {
    const [section = ""] = insides(violated, "section");
    expect(section).toContain(
      "courier-gcp became the dispatcher while courier-aws-b was: &quot;orders&quot; had two &lt;/script&gt; of them",
    );
    expect(section).toMatch(/data-fact="\d+">7\.200 s<\/button> <b>courier-aws-b<\/b>/);
  });

  it("marks goals that were not reached and faults that did nothing", () => {
    expect(violated).toContain('<li class="tally never"><span>the moon was reached</span> <b>0</b></li>');
    expect(violated).toContain('<li class="tally never"><span>disk-full</span> <b>0 of 1</b></li>');
  });

  it("carries its diagram and its latencies", () => {
    const data = dataOf(violated);
    if (data.page !== "run") throw new Error("it is a run's page");
    expect(diagramIn(violated, "main").violations.length).toBeGreaterThan(1);
    expect(data.latency?.series.map(({ name }) => name)).toEqual(["accepted", "processed"]);
  });

  it("says in words that everything held, and what a scenario declares of itself", async () => {
    const held = await pageFor(await courierRun({}));
    expect(held).toContain('<span class="badge held">held</span>');
    expect(held).not.toContain("<h2>Violations</h2>");
    const declared = await pageFor(await courierRun({ faults: STORM, orders: 40 }), {
      scenario: { ...courierScenario, expectedViolations: ["C1", "C2"] },
    });
    expect(declared).toContain("but for what this scenario declares");
  });

  it("says what its diagram leaves out", async () => {
    const page = await pageFor(await courierRun({ faults: STORM, orders: 40 }), { limit: 200 });
    expect(page).toMatch(
      /<p class="note cut">(200|19\d) of 1,\d{3} facts and messages are drawn: everything from /,
    );
  });
});

describe("the page of a campaign", () => {
  const finding: Finding = {
    kind: "violation",
    index: 3,
    scenario: "couriers",
    seed: 4,
    property: "C1",
    declared: false,
    at: seconds(11),
    message: "two <dispatchers> at once",
    evidence: [],
    more: 0,
  };

  async function page(): Promise<string> {
    const summary = emptySummary();
    const row = rowOf(summary, "couriers");
    Object.assign(row, { runs: 300, held: 280, failed: 20, events: 123_456 });
    row.faults.loss = { planned: 9, fired: 7 };
    row.goals["a dispatcher was elected"] = 611;
    row.properties.C1 = { checked: 900, violated: 20 };
    row.findings["violation C1"] = 20;
    const latency = latencyOf((await courierRun({ faults: STORM })).outcome, couriers);
    if (latency !== undefined) row.latency = latency;
    summary.findings.push(finding, { ...finding, index: 5, seed: 6 });
    const plan = { ...courierScenario.plan(4), faults: STORM.slice(4, 5) };
    const size = { operations: 1, hosts: 4 };
    const shrinkTrace = {
      from: { ...size, faults: 10, operations: 20 },
      to: { ...size, faults: 1 },
      runs: 43,
      ms: 900,
      steps: [{ ...size, what: "faults", faults: 1, runs: 12 }],
      end: "smallest" as const,
    };
    const facts = campaignReport({
      result: {
        format: 1,
        kind: "campaign",
        versions: { seedstorm: "0.0.0", node: "0.0.0" },
        settings: {
          scenarios: ["couriers"],
          seed: 1,
          runs: 300,
          defects: [],
          knobs: {},
          verifyEvery: 0,
          eventBudget: 1,
        },
        shard: { index: 1, of: 1 },
        done: 300,
        complete: true,
        wallTimeMs: 1_500,
        notices: ["a worker was replaced"],
        summary,
      },
      scenarios: [courierScenario],
      cases: [{ finding, runs: 20, plan, shrinkTrace, repro: undefined, file: undefined }],
      corpus: [
        {
          file: "corpus/old.json",
          plan: undefined,
          verdict: "unreadable",
          message: "it is not JSON",
          violation: undefined,
        },
      ],
      interrupted: false,
      command: () => "npx seedstorm run couriers --seed 4",
    });
    return campaignHtml(
      { report: facts, again: "npx seedstorm check couriers", drawn: await drawnCases(facts) },
      await testClient(),
    );
  }

  it("tells each failure once, how small it was made and how to see it", async () => {
    const [failures = ""] = insides(await page(), "section");
    expect(failures).toContain("two &lt;dispatchers&gt; at once");
    expect(failures).toContain("npx seedstorm run couriers --seed 4");
    expect(failures).toContain(
      "10 faults, 20 operations, 4 hosts → 1 fault, 1 operation".replace(", 4 hosts", ""),
    );
    expect(failures).toContain("partition provider/aws");
    expect(failures).toMatch(/Also with seed 6 and in 18 more runs/);
    expect(failures).toContain("corpus/old.json");
  });

  it("tells what was promised and never seen", async () => {
    const text = await page();
    expect(text).toContain("partition is promised and never fired in 300 runs of couriers");
    expect(text).toContain("the goal the moon was reached is promised");
    expect(text).toContain('<span class="badge failed">failed</span>');
  });

  it("marks what was covered and what was not", async () => {
    const text = await page();
    expect(text).toContain('<td class="warm-1" title="couriers: 7 of 9 planned struck">7</td>');
    expect(text).toContain('<td class="zero" title="couriers: reached 0 times">0</td>');
    expect(text).toContain("a worker was replaced");
  });

  it("carries latencies for its plots", async () => {
    const data = dataOf(await page());
    expect(data.page === "campaign" && data.latency.map(({ scenario }) => scenario)).toEqual(["couriers"]);
  });
});
