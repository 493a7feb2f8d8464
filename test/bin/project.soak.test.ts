/** What the command makes of a project, from its first example on: each test starts it several times. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { init } from "../../bin/init.js";
import type { Terminal } from "../../bin/terminal.js";
import { writeWhole } from "../../src/input/index.js";
import { compiled } from "../support/compiled.js";
import { type UserProject, userProject } from "../support/user-project.js";

let project: UserProject;
const inProject = (name: string): string => project.path(name);
const write = (name: string, text: string): void => project.write(name, text);

beforeEach(() => {
  project = userProject(["rolldown"]);
});
afterEach(() => project.remove());

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function seedstorm(args: readonly string[], folder = ""): Promise<Said> {
  const command = [join(compiled(), "bin/seedstorm.js"), ...args];
  try {
    const options = { cwd: inProject(folder) };
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, options)) };
  } catch (error) {
    return error as Said; // what execFile rejects with when the exit code isn't 0
  }
}

function initialized(): string[] {
  const said: string[] = [];
  const terminal = { out: (lines: readonly string[]) => said.push(...lines), write: writeWhole };
  init(project.folder, terminal as unknown as Terminal); // it uses no more of it
  return said;
}

const COUNTER = readFileSync(new URL("../../examples/counter.ts", import.meta.url), "utf8");

describe("a project", () => {
  it("has an example whose storms hold, and fail without the line that protects it", async () => {
    expect(initialized().slice(0, 4)).toEqual([
      "wrote       seedstorm.config.ts",
      "wrote       storms/tickets.ts",
      "wrote       storms/scenarios.ts",
      "wrote       .github/workflows/seedstorm.yml",
    ]);
    const held = await seedstorm(["check", "--runs", "12", "--json", "-j", "1"], "storms");
    expect(held.stderr).toBe("");
    expect(JSON.parse(held.stdout)).toMatchObject({ runs: 12, held: 12 });
    expect(existsSync(inProject("reports/check.json"))).toBe(true);
    const source = readFileSync(inProject("storms/tickets.ts"), "utf8");
    write("storms/tickets.ts", source.replace(/\n.*await journal.sync\(\).*/, ""));
    const failed = await seedstorm(["check", "--runs", "12", "-j", "1"]);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/✗ expectations .*: bought a ticket and has none/);
    const [, repro = ""] = /npx seedstorm replay (reports\/repros\/\S+)/.exec(failed.stdout) ?? [];
    const replayed = await seedstorm(["replay", repro]);
    expect(replayed.code).toBe(1);
    expect(replayed.stdout).toContain("POST /tickets/");
  });

  it("is found from below, and what is typed goes before it", async () => {
    write("storms/counter.ts", COUNTER);
    write("storms/other.mts", COUNTER.replace('id: "counter"', 'id: "other"'));
    write(
      "seedstorm.config.mts",
      `import { defineConfig } from "seedstorm";
       const scenarios: string[] = ["storms/counter.ts", "./storms/other.mts"];
       export default defineConfig({ scenarios, runs: 6, jobs: 1, reports: "out", corpus: "kept" });`,
    );
    mkdirSync(inProject("deep/er"), { recursive: true });
    const checked = await seedstorm(["check", "--json"], "deep/er");
    expect(JSON.parse(checked.stdout)).toMatchObject({
      runs: 6,
      scenarios: [{ scenario: "counter" }, { scenario: "other" }],
    });
    expect(existsSync(inProject("out/check.json"))).toBe(true);
    const typed = [
      "--scenarios",
      "storms/counter.ts",
      "check",
      "--runs",
      "4",
      "--json",
      "--save",
      "here.json",
    ];
    expect(JSON.parse((await seedstorm(typed)).stdout)).toMatchObject({
      runs: 4,
      scenarios: [{ scenario: "counter" }],
    });
    expect(existsSync(inProject("here.json"))).toBe(true);
  });

  it("has the places of its source in what a universe of it throws", async () => {
    write("counter.ts", COUNTER.replace("return ++total;", "throw new RangeError('too many');"));
    const { code, stdout } = await seedstorm(["--scenarios", "counter.ts", "run", "counter", "--seed", "1"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/too many/);
    expect(stdout).toContain(`    in ${inProject("counter.ts")}:11:11\n`);
  });
});
