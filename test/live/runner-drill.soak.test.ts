/** The runner's drill with a real server, where NATS_SERVER names one: two nodes that share durable consumers, killed and started. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";
import { natsServer, needsServer } from "../support/nats.js";

const MINUTES = 6 * 60_000;

function drill(...args: string[]) {
  const home = temporaryFolder();
  const entry = join(compiled(), "bin", "seedstorm.js");
  const all = ["drill", "runner", "--nats-server", natsServer, "--folder", join(home, "d"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...all], {
    ...{ cwd: home, env: { ...process.env, COLUMNS: "1000" }, encoding: "utf8" },
    timeout: MINUTES,
  });
  return { code: status, out: stdout, err: stderr };
}

describe.skipIf(natsServer === "")(`the runner's drill${needsServer}`, () => {
  it(
    "holds without faults",
    () => {
      const { code, out, err } = drill("--control", "--for", "20s", "--seed", "1");
      expect(out + err).toMatch(/^held · /m);
      expect(code).toBe(0);
    },
    MINUTES,
  );

  it(
    "holds while nodes, store, gateway and servers are killed",
    () => {
      const { code, out, err } = drill("--for", "30s", "--seed", "1");
      expect(out + err).toMatch(/^held · /m);
      expect(out).toContain("crash runner-1");
      expect(out).toContain("crash runner-2");
      expect(code).toBe(0);
    },
    MINUTES,
  );

  it(
    "finds that messages are acked before they are durable",
    () => {
      const { code, out } = drill("--for", "30s", "--seed", "1", "--defect", "ack-before-commit");
      expect(out).toMatch(/^violated: .*ack-after-commit/m);
      expect(code).toBe(1);
    },
    MINUTES,
  );
});
