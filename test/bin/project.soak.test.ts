import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { initialized, inProject, seedstorm, withProject, write } from "./project-support.js";

withProject();

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
