/** Each sort of unusable input, given to the command as a process of its own: exit code 2, one sentence and nothing else. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { planText } from "../../src/explore/formats/plan-file.js";
import { calm } from "../../src/scenarios/runner/calm.js";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const folder = temporaryFolder();
const late = join(folder, "late.json");
const plan = calm.plan(1);
writeFileSync(late, planText({ ...plan, healAt: plan.duration + 1 }));

it.each([
  [["run", "stedy"]],
  [["run", "steady", "--seed", "1.5"]],
  [["run", "steady", "--orders", "/dev/zero"]],
  [["replay", late]],
  [["replay", folder]],
  [["run", "steady", "--seed", "1", "--plan-out", folder]],
])("%j", (args) => {
  const command = [join(compiled(), "bin", "seedstorm.js"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
});
