import { existsSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadSimulator } from "../../bin/load-simulator.js";
import { projectAt } from "../../bin/project.js";
import { InputError } from "../../src/input/index.js";
import { initialized, inProject, project, seedstorm, withProject, write } from "./project-support.js";

withProject();

describe("a project that init was typed in", () => {
  it("keeps what was there", () => {
    write("seedstorm.config.js", "export default {};");
    write("storms/tickets.ts", "// mine");
    write("pnpm-lock.yaml", "");
    write("node_modules/vitest/index.js", "");
    write(".gitignore", "node_modules\nreports/\n");
    const said = initialized();
    expect(said).toContain("left alone  seedstorm.config.js");
    expect(said).toContain("left alone  storms/tickets.ts");
    expect(readFileSync(inProject("storms/tickets.ts"), "utf8")).toBe("// mine");
    expect(existsSync(inProject("seedstorm.config.ts"))).toBe(false);
    expect(said).toContain("wrote       storms/scenarios.test.ts");
    expect(said.slice(6)).toEqual([
      "Next:",
      '  name "./storms/scenarios.ts" among the scenarios of seedstorm.config.js',
      "  pnpm exec seedstorm check",
      'Then take "await journal.sync()" out of storms/tickets.ts, and check again.',
    ]);
    expect(readFileSync(inProject(".github/workflows/seedstorm.yml"), "utf8")).toContain(
      "      - run: pnpm exec seedstorm check --reporter github\n",
    );
  });

  it("must be one", () => {
    rmSync(inProject("package.json"));
    expect(initialized).toThrow(InputError);
    expect(existsSync(inProject("storms"))).toBe(false);
  });
});

describe("a configuration", () => {
  it.each([
    ['{ scenario: "x" }', 'scenario: unknown key; did you mean "scenarios"?'],
    ["{ runs: 0 }", "runs: expected a number of runs from 1 to 10000000, got 0"],
    ["{ scenarios: [1] }", "scenarios[0]: expected a path, got 1"],
    ["{ scenarios: [] }", "scenarios: expected a path or a list of paths, got an empty list"],
    ['{ scenarios: ["a.ts"] }', 'scenarios: "a.ts" can\'t be loaded: there is no such file'],
    ['{ scenarios: "package.json" }', 'scenarios: "package.json" can\'t be loaded: '],
    ["{ jobs: }", "it can't be loaded: Unexpected token ("],
    [
      "(undefined as any).x",
      "it can't be loaded: TypeError: Cannot read properties of undefined (reading 'x') (",
    ],
    ["42 as number", "expected a default export, as in export default defineConfig("],
  ])("that is wrong is refused with its place: %s", async (exported, complaint) => {
    write("seedstorm.config.ts", `export default ${exported};`);
    await expect(projectAt(project.folder).then(loadSimulator)).rejects.toThrow(
      `seedstorm.config.ts: ${complaint}`,
    );
  });

  it("that is wrong ends the command with one sentence", async () => {
    write("seedstorm.config.ts", "export default { runs: 0 };");
    const { code, stderr } = await seedstorm(["list"]);
    expect(stderr).toMatch(/^error: seedstorm\.config\.ts: runs: .*\n$/);
    expect(code).toBe(2);
  });
});

describe("a module of scenarios in TypeScript", () => {
  it.each([
    ["const a: number = ;", "own.ts:1:19)"],
    ['import "nix-da";', 'the package "nix-da" is not installed (imported by own.ts)'],
    ["\nconst no: any = null;\nexport const a = no.x;", "own.ts:3:21)"],
    ["export const scenarios: number[] = [];", 'exports no list of scenarios by the name "scenarios"'],
  ])("says where it is wrong: %j", async (text, complaint) => {
    write("own.ts", text);
    const own = { path: inProject("own.ts"), asked: "--scenarios: own.ts" };
    const refused = await loadSimulator({ scenarios: [own] }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InputError);
    expect((refused as InputError).message).toMatch(/^--scenarios: own\.ts .*$/);
    expect((refused as InputError).message).toContain(complaint);
  });
});
