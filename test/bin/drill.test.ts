/** The commands about drills, as far as they go without a server. */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { enterTemporaryFolder, temporaryFolder } from "../support/folder.js";
import { command } from "./support.js";

enterTemporaryFolder();

/** A program that says that it is a server, and does this when it is started as one. */
function server(does: string, version = "2.15.2"): string {
  const path = join(temporaryFolder(), "nats-server");
  writeFileSync(
    path,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo 'nats-server: v${version}'; exit; fi\n${does}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

const CUT = { id: "f", kind: "cut", at: 1_000_000, for: 1_000_000, target: "leader/orders" };

/** A file of faults. */
function faults(list: readonly object[]): string {
  const path = join(temporaryFolder(), "faults.json");
  writeFileSync(path, JSON.stringify({ faults: list }));
  return path;
}

describe("seedstorm drill", () => {
  it.each([
    [
      ["--nats-server", "/nowhere"],
      "error: a drill needs nats-server, and /nowhere is not there: install it",
    ],
    [["pipelin"], 'error: there is no drill "pipelin"'],
    [["--for", "2s"], "error: --for: a drill takes from 15s to 1h"],
    [["--defect", "GW33"], 'error: --defect: system pipeline has no defect "GW33"'],
    [["--sync-interval", "never"], "error: option '--sync-interval <when>' argument 'never' is invalid"],
    [["--backend", "jetstrem"], 'error: --backend: drill pipeline has no backend "jetstrem"; did you mean'],
    [["--faults", "/nowhere.json"], "error: cannot read /nowhere.json: there is no such file"],
    [
      ["--faults", faults([{ id: "f", kind: "clock-skew", at: 0, for: 9, target: "gateway-aws", by: 5 }])],
      "faults[0].kind: clock-skew can't be done to real processes; a drill can do crash, pause,",
    ],
    [
      ["--faults", faults([{ ...CUT, kind: "cutt" }])],
      'faults[0].kind: there is no fault of kind "cutt"; did you mean "cut"?',
    ],
    [
      ["--faults", faults([{ ...CUT, for: -1 }])],
      "faults[0].for: expected microseconds, a whole number from 0",
    ],
    [
      ["--faults", faults([{ ...CUT, target: "nats-oracle" }])],
      'faults[0].target: "nats-oracle" is no target',
    ],
    [
      ["--faults", faults([{ ...CUT, at: 60_000_000 }])],
      "faults[0].at: the drill is over by then; a longer --for",
    ],
    [["--faults", faults([CUT, CUT])], 'faults[1].id: another fault has the id "f"'],
    [
      ["--faults", faults([])],
      'expected a list of 1 to 1000 faults, or an object that has one under "faults"',
    ],
    [["--faults", faults([CUT]), "--control"], "error: --faults: a control has no faults"],
    [
      ["--nats-server", server("", "2.9.10"), "--sync-interval", "always"],
      "is nats-server 2.9.10, which has no setting sync_interval: it came with 2.10.0",
    ],
    [["--nats-server", server(""), "--folder", "/"], "error: --folder: / is not empty"],
    [
      ["--nats-server", server(""), "--folder", `/tmp/${"x".repeat(80)}`],
      "is too long a path for the sockets in it",
    ],
    [["--nats-server", server(""), "--knob", "visibilty=1"], "error: knobs.visibilty: no such knob"],
  ])("refuses %o with a sentence", async (args, message) => {
    const { code, err, out } = await command(["drill", ...args]);
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect([code, out]).toEqual([2, ""]);
  });

  it("says what a server said that ended when it was started, and keeps the folder", async () => {
    const folder = join(temporaryFolder(), "d");
    const path = server("echo 'bad configuration'; exit 1");
    const { code, err } = await command(["drill", "--seed", "4", "--nats-server", path, "--folder", folder]);
    expect(err).toContain("error: nats-server ended when it was started: bad configuration");
    expect(err).toContain(`(its folder is kept: ${folder})`);
    expect(err).toMatch(/^again: .* drill pipeline --seed 4 /m);
    expect(code).toBe(3);
    expect(existsSync(join(folder, "servers"))).toBe(true);
  });

  it("chooses other ports when somebody has taken those that were free", async () => {
    const starts = join(temporaryFolder(), "starts");
    const taken = "echo 'listen tcp 127.0.0.1:4222: bind: address already in use'; exit 1";
    const path = server(
      `n=$(cat ${starts} 2>/dev/null | wc -l); echo >> ${starts}; [ $n -lt 3 ] && { ${taken}; }; echo 'got them'; exit 1`,
    );
    const { code, err } = await command(["drill", "--nats-server", path]);
    expect(err).toContain("error: nats-server ended when it was started: got them");
    expect(code).toBe(3);
  });

  it("says so when the cluster does not come up in time, and leaves no process", async () => {
    const [pids, folder] = [join(temporaryFolder(), "pids"), join(temporaryFolder(), "d")];
    const path = server(`echo $$ >> ${pids}; exec sleep 600`);
    const { code, err } = await command([
      "drill",
      "--nats-server",
      path,
      "--patience",
      "300ms",
      "--folder",
      folder,
    ]);
    expect(err).toContain("error: the cluster did not come up within 0.3 s");
    expect(code).toBe(3);
    const left = spawnSync("sh", [
      "-c",
      `for p in $(cat ${pids}); do kill -0 $p 2>/dev/null && echo $p; done`,
    ]);
    expect(left.stdout.toString()).toBe("");
  });
});

describe("seedstorm judge", () => {
  it.each([
    ["is not there", undefined, "no such file"],
    ["is no history", "{}\n", "line 1: expected the first line of a drill's history"],
  ])("refuses a file that %s", async (_, text, message) => {
    const folder = temporaryFolder();
    const file = join(folder, "h.jsonl");
    if (text !== undefined) writeFileSync(file, text);
    const { code, err } = await command(["judge", file]);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});
