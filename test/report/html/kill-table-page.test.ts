/** The kill table as a page: what stands in it, and that nothing in it is taken for markup. */
import { beforeAll, describe, expect, it } from "vitest";
import { killTableHtml } from "../../../src/report/html/kill-table-page.js";
import type { KillReport } from "../../../src/report/kill-table.js";
import { block, described, killReport, quick, result, slow, unknown } from "../../support/kill-report.js";
import { testClient } from "../../support/report-client.js";

let client: Awaited<ReturnType<typeof testClient>>;
beforeAll(async () => {
  client = await testClient();
});

const VERSIONS = { seedstorm: "0.1.0", node: "22.0.0" };

/** The page without its code and its style. */
const page = (facts: KillReport): string =>
  killTableHtml(facts, client, VERSIONS).replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "");

/** The cells of the row of a defect, tags and all. */
function cells(made: string, id: string): string[] {
  const [row = ""] = made.split("</tr>").filter((one) => one.includes(`>${id}</b>`));
  return [...row.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, inside = ""]) => inside.trim());
}

/** What the rows are sorted by. */
function keys(made: string, id: string): string[] {
  const [row = ""] = made.split("</tr>").filter((one) => one.includes(`>${id}</b>`));
  return [...row.matchAll(/<td[^>]*>/g)].map(([tag]) => /data-key="([^"]*)"/.exec(tag)?.[1] ?? "none");
}

describe("the page of the kill table", () => {
  it("has a row for each defect, with its figures", () => {
    const made = page(killReport([described(quick), slow]));
    const [about, origin, expected, by, blocks, runs, , p90, seconds, smallest] = cells(made, "pay-twice");
    expect(about).toContain("Orders are paid | twice.");
    expect([origin, expected, by, blocks, runs, p90, seconds, smallest]).toEqual([
      "weakness",
      "T1",
      "T1",
      "3/3",
      "2",
      "3",
      "0.4",
      "2 faults and 1 operation",
    ]);
  });

  it("gives each row what it is sorted by, and nothing for what is not known", () => {
    const made = page(killReport([described(quick), unknown]));
    const known = ["pay-twice", "weakness", "T1", "T1", "1", "2", "none", "3", "0.4", "3", "none"];
    expect(keys(made, "pay-twice")).toEqual(known);
    expect(keys(made, "rust")).toEqual(["rust", "", "T1", "", "0", "", "none", "", "", "", "none"]);
  });

  it("tells what was not caught, what fired before, and what held without a defect", () => {
    const control = { system: "shop-floor", scenarios: ["small"], seed: 1, runs: 20, ms: 900 };
    const controls = [{ ...control, failed: 0, alarms: [], interrupted: false }];
    const made = page(killReport([quick, slow], { controls, notes: ["rust: left out"] }));
    expect(made).toMatch(/<h1>Kill table <span class="badge failed">failed<\/span><\/h1>/);
    expect(made).toContain("was not caught by T1 within 50 runs in 2 of 3 blocks (2, 3)</li>");
    expect(made).toContain("made T2 fire before T1 in 1 of 3 blocks, first in small with seed 44</li>");
    expect(made).toContain("<li>control: 20 runs of shop-floor without a defect");
    expect(made).toContain("<li>rust: left out</li>");
    expect(made).toContain("no order is paid twice");
    expect(made).toContain("npx seedstorm defects --blocks 3</code>");
  });

  it("says that all were caught, and that it was not finished", () => {
    expect(page(killReport([quick]))).toMatch(/<span class="badge held">held<\/span>/);
    const half = result("pay-twice", [block(1, undefined, { end: "interrupted" })], { interrupted: true });
    const made = page(killReport([half], { interrupted: true, planned: 4 }));
    expect(made).toMatch(/<span class="badge incomplete">incomplete<\/span>/);
    expect(made).toContain("It was interrupted before 4 defects were finished");
    expect(made).not.toContain("badge failed");
  });

  it("loads nothing, and links only to where a defect was met before", () => {
    const made = page(killReport([described(quick)]));
    expect(made).toContain(
      '<a href="https://shop.example/why?(twice)" rel="noreferrer">A &lt;cart&gt; | was paid [twice]</a>',
    );
    expect(made).not.toMatch(/ src="|<link (?!rel="icon" href="data:)|style="/);
    const incident = { what: "A cart", by: "The Shop", year: 2019, url: "javascript:alert(1)" };
    expect(page(killReport([described(quick, { incident })]))).not.toContain("javascript:");
  });

  it("is the same for the same results", () => {
    const facts = killReport([described(quick), slow, unknown]);
    expect(killTableHtml(facts, client, VERSIONS)).toBe(killTableHtml(facts, client, VERSIONS));
  });
});
