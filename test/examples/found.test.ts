/**
 * The programs of docs/found.md print what stands there: on simulated hosts, where no time passes. It leaves out the one that keeps the
 * processor busy until the clock has moved on, which takes no virtual time.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { node } from "../../src/node/index.js";
import { printed, runPrograms } from "../node/support/universe.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Within the package, so that its dependencies are found. */
const folder = mkdtempSync(join(root, "node_modules", ".found-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SECONDS = 20;
const FINDING = /^### (.*)$[\s\S]*?^```js\n([\s\S]*?)^```\n[\s\S]*?^```text\n([\s\S]*?)^```/gm;

const findings = [...readFileSync(join(root, "docs", "found.md"), "utf8").matchAll(FINDING)]
  .map(([, title = "", program = "", output = ""]) => ({
    title,
    program,
    output: output.trimEnd().split("\n"),
  }))
  .filter(({ program }) => !program.includes("while (Date.now()"));

describe("what was found in libraries", () => {
  it("stands on the page", () => expect(findings).toHaveLength(9));

  it.each(findings)("$title", async ({ program, output }) => {
    const file = join(folder, `${findings.findIndex((one) => one.program === program)}.mjs`);
    writeFileSync(file, program);
    const outcome = await runPrograms({ hosts: { a: node(file) }, seconds: SECONDS });
    expect(printed(outcome, "a")).toEqual(output);
  });
});
