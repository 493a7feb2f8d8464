/**
 * Drives pages of reports in a real browser, from their files. What a page complains about and what it asks for besides itself
 * fails the test. Where there is no Chromium there is nothing to drive, and this says so.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { chromiumPath, launch } from "../support/browser.js";
import { temporaryFolder } from "../support/folder.js";

export const path = chromiumPath();
if (path === undefined) {
  process.stdout.write(
    "pages are not tested in a browser: no Chromium found (CHROMIUM=/path says where it is)\n",
  );
}

type Open = (name: string, hash?: string, options?: BrowserContextOptions) => Promise<Page>;

/** Opens the pages that `write` gives by name, for the tests of one `describe`. */
export function pages(write: () => Promise<Readonly<Record<string, string>>>): Open {
  let browser: Browser;
  let folder: string;
  const contexts: BrowserContext[] = [];
  /** Whatever the browser had to complain about, and every request that was not for the page itself. */
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    for (const [name, html] of Object.entries(await write())) writeFileSync(join(folder, name), html);
    browser = await launch(path ?? "");
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  return async (name, hash = "", options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
    contexts.push(context);
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
  };
}

/** Two frames: what was asked for has been drawn by then. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export const place = (page: Page): Promise<string> => page.locator(".panel .place").innerText();
export const number = async (page: Page): Promise<number> => Number(/\d+/.exec(await place(page))?.[0]);

/** The address follows after a moment's rest. */
export async function address(page: Page, wanted: RegExp): Promise<string> {
  await page.waitForFunction((pattern) => new RegExp(pattern).test(location.hash), wanted.source);
  return new URL(page.url()).hash;
}

/** The address when it has come to rest: a later and longer timer of the page ends after the one that writes it. */
export async function restingAddress(page: Page): Promise<string> {
  await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
  return new URL(page.url()).hash;
}

/** How many pixels of the drawing are not empty. */
export const ink = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".base");
    const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) count++;
    return count;
  });
