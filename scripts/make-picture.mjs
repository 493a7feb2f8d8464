/**
 * Draws the picture of the README, `docs/failure.png`: the bug of `examples/counter.ts` as a campaign finds and shrinks it, and the
 * space-time diagram of the plan that is left. Needs a Chromium; `CHROMIUM` says where. Run it after `npm run build`.
 */
import { chromium } from "playwright-core";
import { check } from "seedstorm/explore";
import { campaignText, runHtml } from "seedstorm/report";
import { scenarios } from "../dist/examples/counter.js";

const [counter] = scenarios;
const checked = await check(counter, { runs: 200, shrink: { runs: 400, ms: 600_000, most: 1 } });
const [{ plan }] = checked.cases;
// Not the last line: it has the time that it took.
const said = campaignText(checked, scenarios)
  .trimEnd()
  .split("\n")
  .slice(0, -1)
  .join("\n")
  .replace("npx seedstorm run", "npx seedstorm --scenarios counter.js run");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage({ viewport: { width: 960, height: 900 }, deviceScaleFactor: 1.5 });
  await page.setContent(await runHtml(plan, counter), { waitUntil: "load" });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
  const diagram = await page.locator("#diagram").screenshot();
  const picture = await browser.newPage({ viewport: { width: 960, height: 900 }, deviceScaleFactor: 1.5 });
  await picture.setContent(`<body style="margin:0;width:960px;background:#fff;font:15px system-ui,sans-serif;color:#1b1f24">
    <div style="padding:16px 20px">
    <p style="margin:0 0 8px"><b>200 runs find it, and shrink it</b> from 2 faults and 30 operations to 1 and 3</p>
    <pre style="margin:0 0 20px;padding:14px 18px;border-radius:8px;background:#16191d;color:#e6e8ea;font:13px/1.45 ui-monospace,monospace">$ npx seedstorm --scenarios counter.js check --runs 200
${said.replace(/^✗.*$/m, '<span style="color:#ff8b80">$&</span>')}</pre>
    <p style="margin:0 0 8px"><b>The plan that is left, step by step</b></p>
    <img width="920" src="data:image/png;base64,${diagram.toString("base64")}">
    </div>`);
  await picture.locator("body").screenshot({ path: process.argv[2] ?? "docs/failure.png" });
} finally {
  await browser.close();
}
