/** A module that never finishes loading, as the command meets it: it waits for it, which takes a while. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

it("a module of scenarios that awaits for ever while it is loaded is refused with a sentence", () => {
  const module = join(temporaryFolder(), "never.js");
  writeFileSync(module, "await new Promise(() => {});\nexport const scenarios = [];\n");
  const args = [join(compiled(), "bin", "seedstorm.js"), "--scenarios", module, "list"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^error: --scenarios: ".*never\.js" can't be loaded: it has not finished loading within \d+ s\n$/,
  );
});
