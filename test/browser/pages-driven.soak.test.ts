/** Pages in a real browser: what a reader does with them, and that the console stays empty. */
import { describe, expect, it } from "vitest";
import { killTableHtml } from "../../src/report/html/kill-table-page.js";
import { STORM } from "../support/couriers.js";
import { killReport, quick, slow, unknown } from "../support/kill-report.js";
import { testClient } from "../support/report-client.js";
import { courierRun, pageFor } from "../support/reports.js";
import { address, drawn, ink, number, pages, path, restingAddress } from "./page-driver.js";

describe.runIf(path !== undefined)("a page in the browser", () => {
  const open = pages(async () => ({
    "run.html": await pageFor(await courierRun({ faults: STORM, orders: 40 })),
    "kill.html": killTableHtml(killReport([slow, quick, unknown]), await testClient()),
  }));

  it("opens at the first violation, with its last evidence selected", async () => {
    const page = await open("run.html");
    expect(await page.title()).toBe("couriers, seed 1: violated");
    expect(await page.locator(".panel").innerText()).toContain("Evidence: C1 2/2");
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
    await page.locator(".scroller").focus();
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
    const sent = page.locator(".panel button", { hasText: "to its arrival" });
    for (let i = 0; i < 200 && (await sent.count()) === 0; i++) await page.keyboard.press("j");
    const from = await number(page);
    const name = await page.locator(".panel .kind").innerText();
    const before = await restingAddress(page);
    expect(before).toMatch(/^#at=m\d+s/);
    await page.keyboard.press("Enter");
    expect(await page.locator(".panel .kind").innerText()).toBe(name);
    expect(await number(page)).toBeGreaterThan(from);
    expect(await restingAddress(page)).toMatch(/^#at=m\d+e/);
    await page.keyboard.press("Enter");
    expect(await number(page)).toBe(from);
    expect((await restingAddress(page)).split("&")[0]).toBe(before.split("&")[0]);
  });

  it("goes from evidence to evidence and from an event to its cause", async () => {
    const page = await open("run.html");
    await page.keyboard.press("n");
    expect(await page.locator(".panel .evidence").innerText()).toMatch(/^Evidence: C2 1\/2/);
    const time = await page.locator(".panel time").innerText();
    await page.keyboard.press("c");
    expect(await page.locator(".panel .links").count()).toBeGreaterThan(0);
    expect((await page.locator(".panel time").innerText()) < time).toBe(true);
  });

  it("selects what is clicked, and tells what is under the pointer", async () => {
    const page = await open("run.html", "#at=m300s", { viewport: { width: 1400, height: 1500 } });
    await page.keyboard.press("Escape");
    expect(await page.locator(".panel .hint").count()).toBe(1);
    await page.keyboard.press("j");
    for (let i = 0; i < 6; i++) await page.keyboard.press("+");
    await drawn(page);
    await page.locator(".panel").scrollIntoViewIfNeeded();
    const box = await page.locator(".overlay").boundingBox();
    const host = await page.locator(".panel .host").innerText();
    const lane = await page.locator(".row.host", { hasText: host }).boundingBox();
    const time = await page.locator(".panel time").innerText();
    if (box === null || lane === null) throw new Error("the diagram is not to be seen");
    const view = /view=(\d+),(\d+)/.exec(await restingAddress(page));
    const [from, to] = [Number(view?.[1]), Number(view?.[2])];
    const x = box.x + ((Number.parseFloat(time) * 1e6 - from) / (to - from)) * box.width;
    await page.mouse.move(x, lane.y + lane.height / 2);
    await drawn(page);
    expect(await page.locator(".tip").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.mouse.click(x, lane.y + lane.height / 2);
    expect(await page.locator(".panel .hint").count()).toBe(0);
  });

  it("draws latencies with the faults that were active", async () => {
    const page = await open("run.html");
    expect(await page.locator("#latency canvas").count()).toBe(1);
    expect(await page.locator("#latency .readout").innerText()).toMatch(/accepted: 40 of 40[\s\S]*partition/);
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
});
