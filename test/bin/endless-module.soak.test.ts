/** Modules of scenarios that never finish loading, as the command meets them: a sentence and exit code 2, and no hang. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const NEVER = "it has not finished loading within \\d+ s: it waits, or loops, for ever";
const ENDS = "it ends before it has been loaded: it awaits what never comes, or ends its process";

it.each([
  ["awaits for ever", "await new Promise(() => {});", ENDS],
  ["waits for ever", "setInterval(() => {}, 1_000); await new Promise(() => {});", NEVER],
  ["loops for ever", "for (;;) {}", NEVER],
  ["ends the process", "process.exit(0);", ENDS],
  [
    "uses up the memory",
    "const all = []; for (let n = 0; ; n++) all.push(new Array(1e6).fill(n));",
    "(loading it takes more than \\d+ MB of memory|it has not finished loading .*)",
  ],
])("a module that %s while it is loaded is refused with a sentence", (_, code, why) => {
  const module = join(temporaryFolder(), "never.js");
  writeFileSync(module, `${code}\nexport const scenarios = [];\n`);
  const args = [join(compiled(), "bin", "seedstorm.js"), "--scenarios", module, "list"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  expect(stderr).toMatch(new RegExp(`^error: --scenarios: ".*never\\.js" can't be loaded: ${why}\n$`));
  expect(status).toBe(2);
});
