/**
 * The command as a process of its own, compiled: what only shows from outside. Exit codes, streams, pipes, colours,
 * and what is not loaded when help is asked for.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const entry = join(compiled(), "bin", "seedstorm.js");
const folder = temporaryFolder();

function seedstorm(args: readonly string[], env: Record<string, string> = {}) {
  const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, ...inherited } = process.env;
  const result = spawnSync(process.execPath, [entry, ...args], {
    encoding: "utf8",
    env: { ...inherited, ...env },
    timeout: 60_000,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

describe("the seedstorm process", () => {
  it("runs a scenario, writes its plan, and replays it to the same trace", () => {
    const plan = join(folder, "plan.json");
    const first = seedstorm(["run", "steady", "--seed", "7", "--json", "--plan-out", plan]);
    expect(first.err).toBe("");
    expect(first.code).toBe(0);
    const again = seedstorm(["replay", plan, "--json"]);
    expect(JSON.parse(again.out).traceHash).toBe(JSON.parse(first.out).traceHash);
    expect(JSON.parse(again.out).virtualTimeMs).toBe(60_000);
  });

  it("tells a story without colours into a pipe, at the width that COLUMNS says", () => {
    const { out } = seedstorm(["run", "steady", "--seed", "7"], { COLUMNS: "60" });
    expect(out).toMatch(/^steady · seed 7 · 60 s of virtual time\n/);
    expect(out).not.toContain("\u001b");
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  });

  it("prints what the guide to a run shows, but for the real time that it took", () => {
    const [, shown] =
      /^\$ npx seedstorm run provider-loss --seed 7\n(.*?)^```$/ms.exec(
        readFileSync("docs/a-run.md", "utf8"),
      ) ?? [];
    const { out } = seedstorm(["run", "provider-loss", "--seed", "7"], { COLUMNS: "96" });
    const timeless = (text: string) => text.replace(/in [\d,.]+ m?s, [\d,]+ times as fast/, "");
    expect(timeless(out)).toBe(timeless(shown ?? ""));
  });

  it("has colours where they are forced, and none where NO_COLOR says so", () => {
    expect(seedstorm(["list"], { FORCE_COLOR: "1" }).out).toContain("\u001b[1m");
    expect(seedstorm(["list"], { NO_COLOR: "1", FORCE_COLOR: "0" }).out).not.toContain("\u001b");
  });

  it("ends with 2 and one line on standard error for unusable input", () => {
    const bad = join(folder, "bad.jsonl");
    writeFileSync(
      bad,
      '{"deliveryId":"d1","orderId":"o1","cents":1,"currency":"EUR"}\n{"deliveryId":"d2"}\n',
    );
    const deep = join(folder, "deep.json");
    writeFileSync(deep, "[".repeat(300_000));
    const cases = [
      ["run", "steady", "--orders", bad],
      ["replay", deep],
      ["check", "steady", "--knob", "x=1"],
      ["nonsense"],
    ];
    for (const args of cases) {
      const { code, out, err } = seedstorm(args);
      expect(code, args.join(" ")).toBe(2);
      expect(out).toBe("");
      expect(err).toMatch(/^error: [^\n]+\n$/);
    }
  });

  it("lets a reader close the pipe without a complaint", () => {
    const line = `"${process.execPath}" "${entry}" list --json | head -c 10; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\{[\s\S]{9} 0\n$/);
  });

  it("answers --help and --version without loading scenarios, fast-check or schemas", () => {
    for (const args of [["--help"], ["--version"], ["run", "--help"], []]) {
      const coverage = temporaryFolder();
      seedstorm(args, { NODE_V8_COVERAGE: coverage });
      const loaded = readdirSync(coverage)
        .map((name) => readFileSync(join(coverage, name), "utf8"))
        .join("");
      expect(loaded).toContain("seedstorm.js");
      expect(loaded).not.toMatch(/fast-check|@effect|\/effect\/|src\/scenarios\/(?!scenario\.)|src\/sim/);
    }
  });
});
