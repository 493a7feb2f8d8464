/** Campaigns as processes of their own: what only shows from outside. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

let entry = "";
beforeAll(() => {
  entry = join(compiled(), "bin", "seedstorm.js");
});

const start = (cwd: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [entry, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });

function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (data) => {
    out += String(data);
  });
  child.stderr?.on("data", (data) => {
    err += String(data);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

/** Waits until a campaign has written down some of its runs. */
async function known(file: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (existsSync(file) && Number(JSON.parse(readFileSync(file, "utf8")).done) > 0) return;
    await sleep(50);
  }
  throw new Error(`${file} never came`);
}

const stripped = (text: string) => ({ ...JSON.parse(text), wallTimeMs: 0 });

describe("a campaign as a process", { timeout: 300_000 }, () => {
  it("ends at Ctrl-C with what it knows, and exit code 130", async () => {
    const cwd = temporaryFolder();
    const child = start(cwd, ["check", "steady", "--runs", "100000", "--json"]);
    const end = ended(child);
    await known(join(cwd, "reports", "check.json"));
    child.kill("SIGINT");
    const { code, out, err } = await end;
    expect(code).toBe(130);
    const data = JSON.parse(out);
    expect(data.complete).toBe(false);
    expect(data.runs).toBeGreaterThan(0);
    expect(data.held).toBe(data.runs);
    expect(err).toMatch(
      /interrupted after \d+ of 100000 runs; check --resume reports\/check\.json goes on\n$/,
    );
  });

  it("that was killed goes on, and comes to the same as one that was not", async () => {
    const cwd = temporaryFolder();
    const args = ["check", "steady", "split-brain", "--runs", "80", "-j", "2"];
    const child = start(cwd, args);
    const end = ended(child);
    await known(join(cwd, "reports", "check.json"));
    child.kill("SIGKILL");
    await end;
    const left = JSON.parse(readFileSync(join(cwd, "reports", "check.json"), "utf8"));
    const resumed = await ended(start(cwd, ["check", "--resume", "reports/check.json", "--json"]));
    const whole = await ended(start(cwd, [...args, "--no-save", "--json"]));
    expect(left.done).toBeGreaterThan(0);
    expect(stripped(resumed.out)).toEqual(stripped(whole.out));
  });

  it("in shards, as the pods of an indexed job run them, merges to the whole", async () => {
    const cwd = temporaryFolder();
    const manifest = readFileSync(
      fileURLToPath(new URL("../../examples/k8s/check-job.yaml", import.meta.url)),
      "utf8",
    );
    const script = /- \|\n((?: {16}.*\n)+)/.exec(manifest)?.[1]?.replaceAll(/^ {16}/gm, "") ?? "";
    expect(script).toContain("JOB_COMPLETION_INDEX");
    expect(manifest).toContain("completions: 4");
    for (let index = 0; index < 4; index++) {
      const pod = spawnSync(
        "sh",
        ["-c", `seedstorm() { "${process.execPath}" "${entry}" "$@"; }\n${script}`],
        {
          cwd,
          encoding: "utf8",
          env: { ...process.env, JOB_COMPLETION_INDEX: String(index), SHARDS: "4", RUNS: "24", REPORTS: cwd },
        },
      );
      expect(pod.status).toBe(0);
    }
    const files = [1, 2, 3, 4].map((index) => join(cwd, `check-${index}-of-4.json`));
    const merged = await ended(start(cwd, ["merge", ...files, "--json"]));
    const whole = await ended(start(cwd, ["check", "--runs", "24", "--no-save", "--no-corpus", "--json"]));
    expect(merged.code).toBe(0);
    expect(stripped(merged.out)).toEqual(stripped(whole.out));
  });
});
