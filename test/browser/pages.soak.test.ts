/** Pages in a real browser: addresses that bring back what was seen, filters, colours, narrow screens and many events. */
import { describe, expect, it } from "vitest";
import { killTableHtml } from "../../src/report/html/kill-table-page.js";
import { STORM } from "../support/couriers.js";
import { killReport, quick, slow, unknown } from "../support/kill-report.js";
import { testClient } from "../support/report-client.js";
import { courierRun, pageFor } from "../support/reports.js";
import { address, drawn, ink, pages, path, place, restingAddress } from "./page-driver.js";

describe.runIf(path !== undefined)("a page in the browser", () => {
  const open = pages(async () => ({
    "run.html": await pageFor(await courierRun({ faults: STORM, orders: 40 })),
    "long.html": await pageFor(await courierRun({ faults: STORM, orders: 2_400, duration: 600_000_000 })),
    "kill.html": killTableHtml(killReport([slow, quick, unknown]), await testClient()),
  }));

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
    const hash = await restingAddress(page);
    expect(hash).toContain("text=order-9");
    const shown = await steps();
    const again = await open("run.html", hash);
    expect(await again.locator("input[type=search]").inputValue()).toBe("order-9");
    expect(await again.locator(".panel .place").innerText()).toContain(String(shown));
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
    const hash = await restingAddress(page);
    expect(hash).toMatch(/view=\d+,\d+/);
    const panel = await page.locator(".panel").innerText();
    const again = await open("run.html", hash);
    expect(await again.locator(".panel").innerText()).toBe(panel);
    await again.keyboard.press("j");
    expect(await restingAddress(again)).not.toBe(hash);
    await again.keyboard.press("k");
    expect(await restingAddress(again)).toBe(hash);
  });

  it("follows an address that is changed by hand, and says when there is nothing at it", async () => {
    const page = await open("run.html");
    await page.evaluate(() => {
      location.hash = "at=f0";
    });
    await page.waitForFunction(() => document.querySelector(".panel time")?.textContent === "0.000000 s");
    await page.evaluate(() => {
      location.hash = "at=f999999";
    });
    await page.waitForFunction(() => document.querySelector(".panel")?.textContent?.includes("f999999"));
  });

  it("zooms with the wheel and Ctrl, pans by dragging, and leaves the page's scrolling alone", async () => {
    const page = await open("run.html");
    await page.keyboard.press("0");
    await address(page, /view=0,30000000/);
    await page.locator(".overlay").scrollIntoViewIfNeeded();
    const box = await page.locator(".overlay").boundingBox();
    if (box === null) throw new Error("the diagram is not to be seen");
    await page.mouse.move(box.x + 400, box.y + 60);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const zoomed = /view=(\d+),(\d+)/.exec(await restingAddress(page));
    const from = Number(zoomed?.[1]);
    expect(Number(zoomed?.[2]) - from).toBeLessThan(20_000_000);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 4 });
    await page.mouse.up();
    expect(Number(/view=(\d+)/.exec(await restingAddress(page))?.[1])).toBeGreaterThan(from);
  });

  it("jumps to the evidence that is clicked in the list of violations", async () => {
    const page = await open("run.html");
    const link = page.locator("[data-fact]").first();
    await link.click();
    expect((await page.locator(".panel time").innerText()).slice(0, 5)).toBe(
      (await link.innerText()).slice(0, 5),
    );
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
