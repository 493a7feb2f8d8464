/** Drills with a real server, where NATS_SERVER names one: they take minutes. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pipelineDrill } from "../../src/scenarios/pipeline/drill.js";
import { SECOND } from "../../src/sim/time.js";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const entry = join(compiled(), "bin", "seedstorm.js");
const server = process.env.NATS_SERVER ?? "";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines of the history that was kept. */
  readonly history: readonly string[];
}

/** @param onFolder called every now and then while it runs. */
async function drill(
  args: readonly string[],
  onFolder = (_: string, __: number): void => undefined,
): Promise<Ended> {
  const home = temporaryFolder();
  const [folder, history] = [join(home, "d"), join(home, "history.jsonl")];
  const all = [entry, "drill", "--nats-server", server, "--folder", folder, "--output", history, ...args];
  const child = spawn(process.execPath, all, {
    ...{ cwd: home, env: { ...process.env, COLUMNS: "1000" } },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const watch = setInterval(() => onFolder(folder, child.pid ?? 0), 200);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearInterval(watch);
  const left = spawnSync("pgrep", ["-f", folder]).stdout.toString();
  expect(left, "no process is left").toBe("");
  return { code, out, err, history: existsSync(history) ? readFileSync(history, "utf8").split("\n") : [] };
}

describe.skipIf(server === "")("a drill with a real server", () => {
  it("holds without faults, and can be judged again from its file", async () => {
    const { code, out, history } = await drill(["--control", "--for", "15s", "--seed", "1"]);
    expect(out).toMatch(/^held · /m);
    expect(code).toBe(0);
    expect(history.length).toBeGreaterThan(1000);
  });

  it("holds without faults on the engine's own queue, buckets and object stores, but for what is declared", async () => {
    const { code, out } = await drill(["--backend", "jetstream", "--control", "--for", "15s", "--seed", "1"]);
    expect(out).toMatch(/^held · /m);
    expect([...out.matchAll(/^ {2}! ([\w-]+)/gm)].map(([, id]) => id)).toEqual(["upkeep-follows-the-cursor"]);
    expect(code).toBe(0);
  });

  it("ends at once when it is interrupted, keeps its history, and leaves no process", async () => {
    let sent = false;
    const { code, out, err, history } = await drill(["--for", "15s", "--seed", "2"], (folder, pid) => {
      if (sent || !existsSync(join(folder, "journals", "shop-2#1.jsonl"))) return;
      sent = true;
      process.kill(pid, "SIGINT");
    });
    expect(err).toContain("interrupted: the history is kept, and nothing that was started is left");
    expect(out).toMatch(/^interrupted · /m);
    expect(code).toBe(130);
    expect(history.length).toBeGreaterThan(10);
    const file = join(temporaryFolder(), "h.jsonl");
    writeFileSync(file, history.join("\n"));
    expect(spawnSync(process.execPath, [entry, "judge", file]).status).toBe(0);
  });

  it("finds that the code on a host ended by itself", async () => {
    let killed = false;
    const { code, out } = await drill(["--control", "--for", "15s", "--seed", "3"], (folder) => {
      const journal = join(folder, "journals", "gateway-aws#1.jsonl");
      if (killed || !existsSync(journal) || readFileSync(journal, "utf8").split("\n").length < 4) return;
      killed = true;
      spawnSync("pkill", ["-KILL", "-f", join(folder, "settings", "gateway-aws#1.json")]);
    });
    expect(out).toContain("The code on gateway-aws ended by itself (SIGKILL)");
    expect(code).toBe(3); // it was a control
  });

  it("finds that the cluster never heals when a server does not come back", async () => {
    const home = temporaryFolder();
    const once = join(home, "starts-once");
    // Its second argument is the node's configuration: whoever was started with it before is not started again.
    const script = `#!/bin/sh\nif [ "$1" = -c ]; then mkdir "$2.started" || exit 1; fi\nexec ${server} "$@"\n`;
    writeFileSync(once, script, { mode: 0o755 });
    const { code, out, history } = await drill([
      "--nats-server",
      once,
      "--for",
      "15s",
      "--patience",
      "30s",
      ...seedWithCrash(),
    ]);
    expect(out).toMatch(/^violated: .*engine-heals/m);
    expect(out).toMatch(/30 s after the last fault the engine was not well: nats-\w+ is not caught up/);
    expect(code).toBe(1);
    expect(history.length).toBeGreaterThan(1000);
  });

  it("stops when the servers can store no more, and keeps its history", async () => {
    const little = ["--store", "1", "--for", "90s", "--patience", "30s"];
    const { code, out, err, history } = await drill(["--control", "--seed", "1", ...little]);
    expect(err).toMatch(
      /^error: the disk under .+, or what a server may store, is full: .+; give it room by/m,
    );
    expect(out).toMatch(/^interrupted · /m);
    expect(code).toBe(3);
    expect(history.length).toBeGreaterThan(1000);
  }, 300_000);
});

/** A drill in which a server is killed. */
function seedWithCrash(): string[] {
  const options = { length: 15 * SECOND, control: false, defects: [], knobs: {} };
  for (let seed = 1; ; seed++) {
    const { faults } = pipelineDrill.plan(seed, options);
    const isHit = faults.some((fault) => fault.kind === "crash" && /^nats-|^leader/.test(fault.target));
    if (isHit && !faults.some((fault) => "target" in fault && fault.target === "servers"))
      return ["--seed", String(seed)];
  }
}
