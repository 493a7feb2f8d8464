import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configurationText, findNatsServer } from "../../src/live/nats-server.js";
import { temporaryFolder } from "../support/folder.js";

function program(output: string): string {
  const path = join(temporaryFolder(), "nats-server");
  writeFileSync(path, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("the server of a drill", () => {
  it("is taken with its version", async () => {
    const path = program("nats-server: v2.15.2");
    expect(await findNatsServer(path)).toEqual({ path, version: "2.15.2" });
  });

  it.each([
    ["missing", "/nowhere/nats-server", "/nowhere/nats-server is not there: install it"],
    ["too old", program("nats-server: v2.8.4"), "is nats-server 2.8.4; drills need 2.9.0 or newer"],
    ["something else", program("hello"), "does not say that it is a nats-server: hello"],
  ])("is refused with a sentence when it is %s", async (_, path, message) => {
    await expect(findNatsServer(path)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      why: "unusable",
    });
  });

  it("listens on loopback alone, and is told of other servers by their proxies alone", () => {
    const text = configurationText({
      ...{ name: "a", clientPort: 1, routePort: 2, monitorPort: 3, deadPort: 4, routes: [5, 6] },
      ...{ store: "/s", sync: "always", maxFileBytes: 1000 },
    });
    const addresses = [...text.matchAll(/(?:\/\/|")([\d.]+):(\d+)"/g)].map(([, host, port]) => [host, port]);
    expect(addresses.every(([host]) => host === "127.0.0.1")).toBe(true);
    expect(text).toContain('routes: ["nats-route://127.0.0.1:5", "nats-route://127.0.0.1:6"]');
    expect(text).toContain('advertise: "127.0.0.1:4"');
    expect(text).toContain("sync_interval: always");
  });
});
