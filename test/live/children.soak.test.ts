import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Children } from "../../src/live/children.js";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const seedstormEntry = join(compiled(), "bin", "seedstorm.js");
const SLEEPS = ["-e", "setInterval(() => {}, 1000)"];
const QUIET = { out: "ignore", err: "ignore" } as const;

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("the processes of a drill", () => {
  it("end with it, those that stand still too", async () => {
    const children = new Children();
    const [a, b] = await Promise.all([
      children.start(process.execPath, SLEEPS, QUIET),
      children.start(process.execPath, SLEEPS, QUIET),
    ]);
    b.signal("SIGSTOP");
    await children.end();
    expect([lives(a.pid), lives(b.pid)]).toEqual([false, false]);
  });

  it("say how they ended", async () => {
    const children = new Children();
    const child = await children.start(process.execPath, ["-e", "process.exit(3)"], QUIET);
    expect(await child.ended).toEqual({ code: 3, signal: null });
    expect(child.lives).toBe(false);
    await children.end();
  });

  it("are a failure that names the command, where it is not there", async () => {
    const children = new Children();
    await expect(children.start("/nowhere/at-all", [], QUIET)).rejects.toThrow("/nowhere/at-all");
    await children.end();
  });

  it("end when the drill itself is killed, though nobody is left to end them", async () => {
    const folder = temporaryFolder();
    const [server, pids] = [join(folder, "nats-server"), join(folder, "pids")];
    const version = "if [ \"$1\" = --version ]; then echo 'nats-server: v2.15.2'; exit; fi";
    writeFileSync(server, `#!/bin/sh\n${version}\necho $$ >> ${pids}\nexec sleep 600\n`, { mode: 0o755 });
    const args = [seedstormEntry, "drill", "--nats-server", server, "--folder", join(folder, "d")];
    const drill = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
    const started = (): number[] =>
      existsSync(pids) ? readFileSync(pids, "utf8").trim().split("\n").map(Number) : [];
    await until(() => started().length === 3);
    expect(started().map(lives)).toEqual([true, true, true]);
    // A server may run before the drill has learnt of it, and so before the guard has.
    await new Promise((resolve) => setTimeout(resolve, 500));
    drill.kill("SIGKILL");
    await until(() => !started().some(lives));
  });
});
