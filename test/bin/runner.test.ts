/** `seedstorm runner`, as far as it goes without a broker: what it says of settings that are no good. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../support/folder.js";
import { command } from "./support.js";

const DEPLOY = fileURLToPath(new URL("../../examples/deploy", import.meta.url));

/** The settings of the example, with this in place of that. */
function settings(from: string | RegExp = "", to = "", name = "runner.yaml"): string {
  const folder = join(temporaryFolder(), "deploy");
  cpSync(DEPLOY, folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, readFileSync(path, "utf8").replace("/run/secrets", "secrets").replace(from, to));
  if (name !== "runner.yaml") {
    const main = join(folder, "runner.yaml");
    writeFileSync(main, readFileSync(main, "utf8").replace("/run/secrets", "secrets"));
  }
  return join(folder, "runner.yaml");
}

const check = (path: string, ...part: string[]) => command(["runner", ...part, "--check", "--config", path]);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("seedstorm runner --check", () => {
  it("finds the settings of the example good", async () => {
    expect(await check(settings())).toMatchObject({ code: 0, out: "the settings are good\n", err: "" });
  });

  it.each([
    ["mode: combined", "mode: both", 'mode: expected "saga" | "effect" | "combined", got "both"'],
    ["0.0.0.0:7400", "0.0.0.0", 'service.listen: expected HOST:PORT, got "0.0.0.0"'],
    ["carrier=http", "carrier:http", "service.providers[1]: expected NAME=URL"],
    [/ +- carrier=.*\n/, "", 'service.providers: there is no address for "carrier", which the effect "ship"'],
    ["replicas: 1", "replicas: 2", "service.replicas: expected 1 | 3, got 2"],
    ["drainTimeout: 25000", "drainTimeout: soon", "drainTimeout: expected a whole number from 1"],
  ])("says in one sentence with its path what is wrong: %s → %s", async (from, to, sentence) => {
    const path = settings(from, to);
    const { code, out, err } = await check(path);
    expect(err).toContain(`error: ${path}: ${sentence}`);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect([code, out]).toEqual([2, ""]);
  });

  it.each([
    [
      "sagas.yaml",
      "onEvent: fulfilment",
      "onEvent: nothing",
      "sagas.yaml: sagas[0].onEvent: there is no program",
    ],
    ["effects.toml", "secret:carrier", "secret:nobody", 'effect "ship": there is no secret "nobody"'],
    ["programs.json", "{", "", "programs.json: this is no JSON"],
  ])("looks into %s, too", async (name, from, to, sentence) => {
    const { code, err } = await check(settings(from, to, name));
    expect(err).toContain(`error: ${sentence}`);
    expect(code).toBe(2);
  });

  it("lets variables of the environment override the file, and refuses one that is no setting", async () => {
    vi.stubEnv("RUNNER_LEASE_TTL", "1");
    expect((await check(settings())).err).toContain(
      "lease.ttl: expected at least three times lease.heartbeat",
    );
    vi.stubEnv("RUNNER_LEASE_TTL", "4000");
    expect((await check(settings())).code).toBe(0);
    vi.stubEnv("RUNNER_LEASE_TLT", "4000");
    expect((await check(settings())).err).toBe("error: RUNNER_LEASE_TLT: there is no such setting\n");
  });

  it("takes secrets from a file as well as from a folder of files", async () => {
    const path = settings();
    const folder = join(path, "..", "secrets");
    rmSync(folder, { recursive: true });
    expect((await check(path)).err).toMatch(/^error: cannot read .*secrets: there is no such file$/m);
    mkdirSync(folder);
    expect((await check(path)).err).toContain('effect "charge": there is no secret "payments"');
    writeFileSync(join(path, "..", "mine.json"), JSON.stringify({ payments: "a", carrier: "b" }));
    vi.stubEnv("RUNNER_SERVICE_SECRETS", "mine.json");
    expect((await check(path)).code).toBe(0);
  });

  it("needs neither manifests nor secrets for what is no node", async () => {
    const path = settings("manifests: { sagas: sagas.yaml", "manifests: { sagas: nowhere.yaml");
    expect((await check(path)).err).toMatch(/cannot read .*nowhere.yaml/);
    for (const part of ["store", "gateway", "providers"]) expect((await check(path, part)).code).toBe(0);
    expect((await check(path, "nodes")).err).toContain('there is no part "nodes"; did you mean "node"?');
  });

  it("finds the file that the environment names", async () => {
    vi.stubEnv("RUNNER_CONFIG", settings());
    expect((await command(["runner", "--check"])).code).toBe(0);
    vi.stubEnv("RUNNER_CONFIG", "nowhere.yaml");
    expect((await command(["runner", "--check"])).err).toBe(
      "error: cannot read nowhere.yaml: there is no such file\n",
    );
  });
});
