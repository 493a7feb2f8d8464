/** In a real browser: disks under their hosts, a run beside the one that passes, the moment of no return, and a campaign's diagrams. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { campaignHtml } from "../../src/report/html/campaign-page.js";
import { drawnCases } from "../../src/report/html/case-diagrams.js";
import { runHtml } from "../../src/report/html/run-page.js";
import { recordedRun } from "../../src/report/recorded-run.js";
import { testClient } from "../support/report-client.js";
import { toyAbout, toyBranching, toyCampaign, toyCases } from "../support/toy-pages.js";
import { toyCalm, toyPassing, toyStorm } from "../support/toy-storm.js";
import { address, drawn, pages, path } from "./page-driver.js";

const CASES = 12;

/** What stands on a diagram's time axis, as a text. */
const axis = (page: Page, name: string): Promise<string> =>
  page.evaluate((diagram) => {
    const drawing = document.querySelector<HTMLCanvasElement>(`[data-diagram="${diagram}"] .base`);
    const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (drawing === null || copy === null) return "";
    copy.canvas.width = drawing.width;
    copy.canvas.height = 26;
    copy.drawImage(drawing, 0, 0);
    return `${drawing.width} ${copy.getImageData(0, 0, drawing.width, 26).data.join()}`;
  }, name);

const panelOf = (page: Page, name: string) => page.locator(`[data-diagram="${name}"] .panel`);

describe.runIf(path !== undefined)("a page in the browser", () => {
  const open = pages(async () => {
    const [failing, passing] = [await recordedRun(toyStorm, toyCalm), await recordedRun(toyPassing, toyCalm)];
    const branching = toyBranching;
    const report = toyCampaign(toyCases(CASES));
    const client = await testClient();
    return {
      "run.html": runHtml({ ...failing, ...toyAbout, passing, branching }, client),
      "campaign.html": campaignHtml(
        { report, again: "npx seedstorm check", drawn: await drawnCases(report) },
        client,
      ),
    };
  });

  it("has a row for the disk of the one host that writes, and d hides it, for whoever follows the link, too", async () => {
    const page = await open("run.html");
    const disks = page.locator('[data-diagram="main"] .row.disk');
    expect(await disks.count()).toBe(1);
    expect(await disks.first().getAttribute("title")).toBe("the disk of ledger");
    await page.keyboard.press("d");
    expect(await disks.count()).toBe(0);
    const hash = await address(page, /disks=hidden/);
    const again = await open("run.html", hash);
    expect(await again.locator('[data-diagram="main"] .row.disk').count()).toBe(0);
    await again.keyboard.press("d");
    expect(await again.locator('[data-diagram="main"] .row.disk').count()).toBe(1);
  });

  it("says under the pointer what a crash took back, and has a legend", async () => {
    const page = await open("run.html", "#view=9900000,10100000", {
      viewport: { width: 1400, height: 1800 },
    });
    await page.locator('[data-diagram="main"]').scrollIntoViewIfNeeded();
    const row = await page.locator('[data-diagram="main"] .row.disk').boundingBox();
    const canvas = await page.locator('[data-diagram="main"] .overlay').boundingBox();
    if (row === null || canvas === null) throw new Error("the diagram is not to be seen");
    await page.mouse.move(canvas.x + canvas.width / 2, row.y + row.height / 2);
    await drawn(page);
    expect(await page.locator('[data-diagram="main"] .tip').innerText()).toMatch(
      /^power lost\s+(lost|tore) \d.* journal[\s\S]*ledger at 10\.000000 s/,
    );
    await page.locator('[data-diagram="main"] .menu.disks summary').click();
    const legend = await page.locator('[data-diagram="main"] .menu.disks li').allInnerTexts();
    expect(legend.map((text) => text.trim())).toContain("write that a crash took back");
  });

  it("shows the run that passes at the same time as the one that fails, whichever is moved", async () => {
    // Before the violation: its flag stands on one of the two axes alone.
    const page = await open("run.html", "#view=9500000,11000000", {
      viewport: { width: 1400, height: 2600 },
    });
    await page.locator('[data-diagram="main-passing"] .panel .stepper').waitFor();
    const axes = async (): Promise<string> => {
      await drawn(page);
      const shown = await axis(page, "main");
      expect(await axis(page, "main-passing")).toBe(shown);
      return shown;
    };
    const seen = [await axes()];
    for (const [name, key] of [
      ["main", "+"],
      ["main-passing", "h"],
      ["main-passing", "+"],
    ] as const) {
      await page.locator(`[data-diagram="${name}"] .scroller`).focus();
      await page.keyboard.press(key);
      seen.push(await axes());
    }
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("leads from the first difference on either side to its event", async () => {
    const page = await open("run.html", "", { viewport: { width: 1400, height: 2600 } });
    await page.locator(".sides li", { hasText: "passes" }).locator("button").click();
    expect(await panelOf(page, "main-passing").innerText()).toContain("durable in ledger");
    await page.locator(".sides li", { hasText: "fails" }).locator("button").click();
    expect(await panelOf(page, "main").innerText()).toMatch(/host: crash, incarnation 1, (lost|tore) \d/);
  });

  it("leads from the sentence about when it became inevitable to the stretch of time", async () => {
    const page = await open("run.html");
    await page.locator("#inevitable button", { hasText: "Inevitable from 10.000 s" }).click();
    const hash = await address(page, /^#view=\d+,\d+/);
    const [, from, to] = /view=(\d+),(\d+)/.exec(hash) ?? [];
    expect(Number(from)).toBeLessThan(9_000_000);
    expect(Number(to)).toBeGreaterThan(10_000_000);
    expect(Number(to)).toBeLessThan(13_000_000);
  });

  it("makes a campaign's diagrams when they come into sight", async () => {
    const page = await open("campaign.html");
    const made = () => page.locator("[data-diagram] .stepper").count();
    const atFirst = await made();
    expect(atFirst).toBeLessThan(CASES);
    const last = panelOf(page, `case-${CASES - 1}`);
    expect(await last.locator(".stepper").count()).toBe(0);
    await last.scrollIntoViewIfNeeded();
    await last.locator(".stepper").waitFor();
    expect(await last.innerText()).toContain("Evidence: T1");
    expect(await made()).toBeGreaterThan(atFirst);
  });

  it("gives the keys to the diagram of a campaign that was pointed at last", async () => {
    const page = await open("campaign.html");
    const place = (name: string) => panelOf(page, name).locator(".place").innerText();
    await page.locator('[data-in="case-0"]').first().press("Enter");
    const before = await place("case-0");
    await page.keyboard.press("j");
    expect(await place("case-0")).toBe(before);
    await page.locator('[data-diagram="case-0"] .scroller').focus();
    await page.keyboard.press("j");
    expect(await place("case-0")).not.toBe(before);
  });

  it("fills the page with a failure's diagram, and fits a narrow one", async () => {
    for (const width of [1600, 420]) {
      const page = await open("campaign.html", "", { viewport: { width, height: 1000 } });
      const box = await page.locator('[data-diagram="case-0"]').boundingBox();
      expect(box?.width).toBeGreaterThan(width * 0.9);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
});
