/**
 * Modules of scenarios that never finish loading, as the command meets them, or that leave something behind beside their universes:
 * a sentence and an exit code, and no hang.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

async function command(code: string, ...args: string[]) {
  const module = join(temporaryFolder(), "left.js");
  writeFileSync(module, code);
  const child = spawn(
    process.execPath,
    [join(compiled(), "bin", "seedstorm.js"), "--scenarios", module, ...args],
    { stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 },
  );
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

const NEVER = "it has not finished loading within \\d+ s: it waits, or loops, for ever";
const ENDS = "it ends before it has been loaded: it awaits what never comes, or ends its process";

// Side by side: each of some takes as long as a module may.
it.concurrent.each([
  ["awaits for ever", "await new Promise(() => {});", ENDS],
  ["waits for ever", "setInterval(() => {}, 1_000); await new Promise(() => {});", NEVER],
  ["loops for ever", "for (;;) {}", NEVER],
  ["ends the process", "process.exit(0);", ENDS],
  [
    "uses up the memory",
    "const all = []; for (let n = 0; ; n++) all.push(new Array(1e6).fill(n));",
    "(loading it takes more than \\d+ MB of memory|it has not finished loading .*)",
  ],
])("a module that %s while it is loaded is refused with a sentence", async (_, code, why) => {
  const { code: status, err } = await command(`${code}\nexport const scenarios = [];\n`, "list");
  expect(err).toMatch(new RegExp(`^error: --scenarios: ".*left\\.js" can't be loaded: ${why}\n$`));
  expect(status).toBe(2);
});

/** A scenario of its own, without imports, which `left` stands beside. */
const scenarioWith = (left: string, plan = "planOf(seed)"): string => `
const planOf = (seed) => ({
  scenario: "small", seed, knobs: {}, workload: [], faults: [], defects: [], healAt: 1_000, duration: 2_000,
  topology: [{ id: "a", domain: { provider: "p", region: "r" }, role: "worker" }],
});
const system = { id: "small", title: "a small system", properties: [], defects: [], build: () => {} };
export const scenarios = [{
  id: "small", title: "a small scenario", shows: "nothing", system, expectedViolations: [], mustFire: [], goals: [],
  plan: (seed) => { ${plan === "planOf(seed)" ? "" : plan} return planOf(seed); },
}];
${left}
`;

const CHECK = ["check", "small", "--runs", "1", "--jobs", "1", "--no-save", "--no-corpus"] as const;

/** Something that a module does in the thread of the command, where `check` loads it, too. */
const later = (act: string): string => `
import { isMainThread } from "node:worker_threads";
if (isMainThread) setTimeout(() => { ${act}; }, 1);
`;

describe("a module that leaves something behind beside its universes", () => {
  it("can't keep the command from ending", async () => {
    const { code, out } = await command(scenarioWith("setInterval(() => {}, 1_000);"), "run", "small");
    expect(out).toMatch(/^held/m);
    expect(code).toBe(0);
  });

  it("can't end the command before its verdict without a word", async () => {
    const { code, out, err } = await command(scenarioWith(later("process.exit(0)")), ...CHECK);
    expect(out).toBe("");
    expect(err).toBe(
      "error: the process was ended before the command was done, by code outside of any universe\n",
    );
    expect(code).toBe(3);
  });

  it("is named with what it throws, without a stack trace", async () => {
    const { code, err } = await command(scenarioWith(later('throw new Error("late")')), ...CHECK);
    expect(err).toBe("error: code outside of any universe threw what nobody caught: Error: late\n");
    expect(code).toBe(3);
  });

  it.each([
    ["never ends", "for (;;) {}", 'it has not finished drawing a plan of its scenario "small" within 10 s'],
    [
      "ends the process",
      "process.exit(0);",
      'it ends its process while it draws a plan of its scenario "small"',
    ],
  ])("is refused when it %s while it draws a plan", async (_, plan, why) => {
    const { code, err } = await command(scenarioWith("", plan), "run", "small");
    expect(err).toContain(`can't be loaded: ${why}`);
    expect(code).toBe(2);
  });
});
