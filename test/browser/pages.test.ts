/**
 * Pages in a real browser, opened from their files: what a reader does with them, and that the console stays empty. Where
 * there is no Chromium there is nothing to drive, and this says so.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { killTableHtml } from "../../src/report/html/kill-table-page.js";
import { chromiumPath, launch } from "../support/browser.js";
import { STORM } from "../support/couriers.js";
import { temporaryFolder } from "../support/folder.js";
import { killReport, quick, slow, unknown } from "../support/kill-report.js";
import { testClient } from "../support/report-client.js";
import { type CourierRun, courierRun, pageFor } from "../support/reports.js";

const path = chromiumPath();
if (path === undefined) {
  process.stdout.write(
    "pages are not tested in a browser: no Chromium found (CHROMIUM=/path says where it is)\n",
  );
}

describe.runIf(path !== undefined)("a page in the browser", () => {
  let browser: Browser;
  let folder: string;
  let run: CourierRun;
  /** Whatever the browser had to complain about, and every request that was not for the page itself. */
  let complaints: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    run = await courierRun({ faults: STORM, orders: 40 });
    writeFileSync(join(folder, "run.html"), await pageFor(run));
    const long = await courierRun({ faults: STORM, orders: 2_400, duration: 600_000_000 });
    writeFileSync(join(folder, "long.html"), await pageFor(long));
    const killed = killReport([slow, quick, unknown]);
    writeFileSync(join(folder, "kill.html"), killTableHtml(killed, await testClient()));
    browser = await launch(path ?? "");
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(() => {
    expect(complaints).toEqual([]);
  });

  async function open(name: string, hash = "", options: BrowserContextOptions = {}): Promise<Page> {
    complaints = [];
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const url = pathToFileURL(join(folder, name)).href;
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("request", (request) => {
      const wanted = request.url();
      if (!wanted.startsWith(url) && !wanted.startsWith("data:")) complaints.push(`request: ${wanted}`);
    });
    await page.goto(url + hash);
    await page.waitForSelector("html[data-ready]");
    await drawn(page);
    return page;
  }

  /** Two frames: what was asked for has been drawn by then. */
  async function drawn(page: Page): Promise<void> {
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  }

  const place = (page: Page): Promise<string> => page.locator("#panel .place").innerText();
  const number = async (page: Page): Promise<number> => Number(/\d+/.exec(await place(page))?.[0]);

  /** The address follows after a moment's rest. */
  async function address(page: Page, wanted: RegExp): Promise<string> {
    await page.waitForFunction((pattern) => new RegExp(pattern).test(location.hash), wanted.source);
    return new URL(page.url()).hash;
  }

  /** The address when it has come to rest. */
  async function restingAddress(page: Page): Promise<string> {
    await page.waitForTimeout(400);
    return new URL(page.url()).hash;
  }

  /** How many pixels of the drawing are not empty. */
  const ink = (page: Page): Promise<number> =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>("#base");
      const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let count = 0;
      for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) count++;
      return count;
    });

  it("opens at the first violation, with its last evidence selected", async () => {
    const page = await open("run.html");
    expect(await page.title()).toBe("couriers, seed 1: violated");
    expect(await page.locator("#panel").innerText()).toContain("Evidence: C1 2/2");
    expect(await page.locator("#violations .message").first().innerText()).toContain(
      '"orders" had two </script> of them',
    );
    expect(await ink(page)).toBeGreaterThan(5_000);
  });

  it("steps with j and k, and with arrow keys in the diagram", async () => {
    const page = await open("run.html");
    const start = await number(page);
    for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
    expect(await number(page)).toBe(start + 2);
    await page.locator("#scroller").focus();
    for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"])
      await page.keyboard.press(key);
    expect(await number(page)).toBe(start + 1);
    await address(page, /^#at=/);
  });

  it("types letters into the field and does not step by them", async () => {
    const page = await open("run.html");
    await page.keyboard.press("/");
    await page.keyboard.type("jk order-7");
    expect(await page.locator("input[type=search]").inputValue()).toBe("jk order-7");
  });

  it("follows a message to its other end with Enter, and back", async () => {
    const page = await open("run.html");
    const sent = page.locator("#panel button", { hasText: "to its arrival" });
    for (let i = 0; i < 200 && (await sent.count()) === 0; i++) await page.keyboard.press("j");
    const from = await number(page);
    const name = await page.locator("#panel .kind").innerText();
    const before = await address(page, /^#at=m\d+s/);
    await page.keyboard.press("Enter");
    expect(await page.locator("#panel .kind").innerText()).toBe(name);
    expect(await number(page)).toBeGreaterThan(from);
    await address(page, /^#at=m\d+e/);
    await page.keyboard.press("Enter");
    expect(await number(page)).toBe(from);
    expect((await address(page, /^#at=m\d+s/)).split("&")[0]).toBe(before.split("&")[0]);
  });

  it("goes from evidence to evidence and from an event to its cause", async () => {
    const page = await open("run.html");
    await page.keyboard.press("n");
    expect(await page.locator("#panel .evidence").innerText()).toMatch(/^Evidence: C2 1\/2/);
    const time = await page.locator("#panel time").innerText();
    await page.keyboard.press("c");
    expect(await page.locator("#panel .links").count()).toBeGreaterThan(0);
    expect((await page.locator("#panel time").innerText()) < time).toBe(true);
  });

  it("filters by kind, by host and by text, and keeps that in the address", async () => {
    const page = await open("run.html");
    const steps = async (): Promise<number> =>
      Number(
        /of (\d+)|^(\d+)/
          .exec(await place(page))
          ?.slice(1)
          .find(Boolean),
      );
    const all = await steps();
    await page.locator("summary", { hasText: /^messages/ }).click();
    await page.getByLabel(/beat/).uncheck();
    const withoutBeats = await steps();
    expect(withoutBeats).toBeLessThan(all);
    await address(page, /no-messages=beat/);
    await page.locator("summary", { hasText: /^hosts/ }).click();
    await page.getByLabel("shop-2").uncheck();
    expect(await steps()).toBeLessThan(withoutBeats);
    expect(await page.locator(".row.host", { hasText: "shop-2" }).count()).toBe(0);
    await address(page, /no-hosts=shop-2/);
    await page.locator("input[type=search]").fill("order-9");
    expect(await steps()).toBeLessThan(60);
    const hash = await address(page, /text=order-9/);
    const shown = await steps();
    const again = await open("run.html", hash);
    expect(await again.locator("input[type=search]").inputValue()).toBe("order-9");
    expect(await again.locator("#panel .place").innerText()).toContain(String(shown));
  });

  it("shows only what led to the evidence when asked", async () => {
    const page = await open("run.html");
    await page.getByLabel("only what led to the evidence").check();
    expect(await place(page)).toMatch(/^step \d+ of \d{1,3} shown$/);
    await address(page, /only=evidence/);
    await page.keyboard.press("o");
    expect(await place(page)).toMatch(/^step \d+ of \d+$/);
  });

  it("comes back to the same moment, window and filters from its address", async () => {
    const page = await open("run.html");
    for (const key of ["j", "j", "+", "+", "j"]) await page.keyboard.press(key);
    const hash = await address(page, /view=\d+,\d+/);
    const panel = await page.locator("#panel").innerText();
    const again = await open("run.html", hash);
    expect(await again.locator("#panel").innerText()).toBe(panel);
    await again.keyboard.press("j");
    await again.keyboard.press("k");
    expect(await address(again, /^#at=/)).toBe(hash);
  });

  it("follows an address that is changed by hand, and says when there is nothing at it", async () => {
    const page = await open("run.html");
    await page.evaluate(() => {
      location.hash = "at=f0";
    });
    await page.waitForFunction(() => document.querySelector("#panel time")?.textContent === "0.000000 s");
    await page.evaluate(() => {
      location.hash = "at=f999999";
    });
    await page.waitForFunction(() => document.querySelector("#panel")?.textContent?.includes("f999999"));
  });

  it("selects what is clicked, and tells what is under the pointer", async () => {
    const page = await open("run.html", "#at=m300s", { viewport: { width: 1400, height: 1500 } });
    await page.keyboard.press("Escape");
    expect(await page.locator("#panel .hint").count()).toBe(1);
    await page.keyboard.press("j");
    for (let i = 0; i < 6; i++) await page.keyboard.press("+");
    await drawn(page);
    await page.locator("#panel").scrollIntoViewIfNeeded();
    const box = await page.locator("#overlay").boundingBox();
    const host = await page.locator("#panel .host").innerText();
    const lane = await page.locator(".row.host", { hasText: host }).boundingBox();
    const time = await page.locator("#panel time").innerText();
    if (box === null || lane === null) throw new Error("the diagram is not to be seen");
    const view = /view=(\d+),(\d+)/.exec(await restingAddress(page));
    const [from, to] = [Number(view?.[1]), Number(view?.[2])];
    const x = box.x + ((Number.parseFloat(time) * 1e6 - from) / (to - from)) * box.width;
    await page.mouse.move(x, lane.y + lane.height / 2);
    await drawn(page);
    expect(await page.locator("#tip").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.mouse.click(x, lane.y + lane.height / 2);
    expect(await page.locator("#panel .hint").count()).toBe(0);
  });

  it("zooms with the wheel and Ctrl, pans by dragging, and leaves the page's scrolling alone", async () => {
    const page = await open("run.html");
    await page.keyboard.press("0");
    await address(page, /view=0,30000000/);
    await page.locator("#overlay").scrollIntoViewIfNeeded();
    const box = await page.locator("#overlay").boundingBox();
    if (box === null) throw new Error("the diagram is not to be seen");
    await page.mouse.move(box.x + 400, box.y + 60);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const zoomed = /view=(\d+),(\d+)/.exec(await address(page, /view=[1-9]/));
    const from = Number(zoomed?.[1]);
    expect(Number(zoomed?.[2]) - from).toBeLessThan(20_000_000);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 4 });
    await page.mouse.up();
    const hash = await address(page, new RegExp(`view=(?!${from},)`));
    expect(Number(/view=(\d+)/.exec(hash)?.[1])).toBeGreaterThan(from);
  });

  it("jumps to the evidence that is clicked in the list of violations", async () => {
    const page = await open("run.html");
    const link = page.locator("[data-fact]").first();
    await link.click();
    expect((await page.locator("#panel time").innerText()).slice(0, 5)).toBe(
      (await link.innerText()).slice(0, 5),
    );
  });

  it("draws latencies with the faults that were active", async () => {
    const page = await open("run.html");
    expect(await page.locator("#latency canvas").count()).toBe(1);
    expect(await page.locator("#latency .readout").innerText()).toMatch(/accepted: 40 of 40[\s\S]*partition/);
  });

  it("is drawn in other colours in the dark, and in light ones on paper", async () => {
    const dark = await open("run.html", "", { colorScheme: "dark" });
    const scope = () => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await scope()).toBe("rgb(18, 20, 23)");
    await dark.emulateMedia({ media: "print" });
    expect(await scope()).toBe("rgb(255, 255, 255)");
    await drawn(dark);
    expect(await ink(dark)).toBeGreaterThan(5_000);
  });

  it("sorts a table by what its reader clicks on, and the other way round the next time", async () => {
    const page = await open("kill.html");
    const names = () => page.locator("#system-shop-floor tbody tr td b.property").allInnerTexts();
    const [first = ""] = await names();
    expect(first).toMatch(/^a-defect-with/);
    const seconds = page.getByRole("button", { name: "seconds" });
    await seconds.click();
    expect(await names()).toEqual(["pay-twice", first, "rust"]); // what is not known comes last
    const head = page.locator("th", { has: seconds });
    expect(await head.getAttribute("aria-sort")).toBe("ascending");
    const ids = page.getByRole("button", { name: "defect" });
    await ids.press("Enter");
    await ids.press("Enter");
    expect(await names()).toEqual(["rust", "pay-twice", first]);
    expect(await head.getAttribute("aria-sort")).toBeNull();
  });

  it.each(["run.html", "kill.html"])("fits a narrow screen: %s", async (name) => {
    const page = await open(name, "", { viewport: { width: 390, height: 800 } });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it("draws twenty thousand events once a step, and says what it left out", async () => {
    const page = await open("long.html");
    const told = await page.locator(".cut").allInnerTexts();
    expect(told[0]).toMatch(/^(19,\d{3}|20,000) of \d\d,\d{3} facts and messages are drawn/);
    await page.keyboard.press("0");
    await drawn(page);
    const drawings = await page.evaluate(async () => {
      let count = 0;
      const measure = performance.measure.bind(performance);
      performance.measure = (...args) => {
        count++;
        return measure(...args);
      };
      for (let i = 0; i < 30; i++) {
        document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key: i % 2 === 0 ? "j" : "k", bubbles: true }),
        );
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      }
      return count;
    });
    expect(drawings).toBeGreaterThan(0);
    expect(drawings).toBeLessThanOrEqual(30);
  });
});
