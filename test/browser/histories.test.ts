/** Pages of histories in a real browser: what is under the pointer says more, and nothing is loaded or complained about. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../bin/support.js";
import { chromiumPath, launch } from "../support/browser.js";
import { temporaryFolder } from "../support/folder.js";

const path = chromiumPath();

describe.runIf(path !== undefined)("a page of a history in the browser", () => {
  let browser: Browser;
  const folder = temporaryFolder();
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launch(path ?? "");
  });
  afterAll(() => browser.close());

  async function opened(args: readonly string[], history: string): Promise<Page> {
    const file = join(folder, "history");
    writeFileSync(file, history);
    const { files } = await command([args[0] ?? "", file, ...args.slice(1), "--html", "page"]);
    const page = join(folder, "page.html");
    writeFileSync(page, files.page ?? "");
    const shown = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    shown.on("console", (message) => complaints.push(message.text()));
    shown.on("pageerror", (error) => complaints.push(error.message));
    await shown.goto(pathToFileURL(page).href);
    return shown;
  }

  /** The cards that can be seen. */
  const cards = (page: Page): Promise<string[]> =>
    page
      .locator(".card")
      .evaluateAll((all) =>
        all
          .filter((one) => getComputedStyle(one).visibility === "visible")
          .map((one) => one.textContent ?? ""),
      );

  it("says what forbids an alternative", async () => {
    const events = [
      ["invoke", "write", "5"],
      ["ok", "write", "5"],
      ["invoke", "read", "nil"],
      ["ok", "read", "3"],
    ].map(([type, f, value]) => `{:process 0, :type :${type}, :f :${f}, :value ${value}}`);
    const page = await opened(["linearizable", "-m", "register"], events.join("\n"));
    expect(await cards(page)).toEqual([]);
    await page.locator(".op.stuck").hover();
    expect(await cards(page)).toEqual([expect.stringContaining("can't come next: the register holds 5")]);
    await page.locator(".op.placed").focus();
    await page.mouse.move(0, 0);
    expect(await cards(page)).toEqual([
      expect.stringContaining("comes as number 1; after it the object holds 5"),
    ]);
    expect(complaints).toEqual([]);
  });

  it("says why one transaction comes before another", async () => {
    const txn = (process: number, asked: string): string[] =>
      ["invoke", "ok"].map((type) => `{:process ${process}, :type :${type}, :f :txn, :value ${asked}}`);
    const [a, b] = [txn(0, "[[:r x []] [:append y 1]]"), txn(1, "[[:r y []] [:append x 1]]")];
    const last = txn(2, "[[:r x [1]] [:r y [1]]]");
    const page = await opened(
      ["anomalies", "-w", "list-append"],
      [a[0], b[0], a[1], b[1], ...last].join("\n"),
    );
    await page.locator(".op", { hasText: "rw" }).first().hover();
    expect(await cards(page)).toEqual([expect.stringContaining("T1 comes before T2:")]);
    expect(complaints).toEqual([]);
  });
});
