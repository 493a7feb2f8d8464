import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function seedstorm(...args: readonly string[]): Promise<Result> {
  const command = [join(compiled(), "bin/seedstorm.js"), ...args];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command)) };
  } catch (error) {
    return error as Result; // what execFile rejects with when the exit code isn't 0
  }
}

describe("--scenarios", () => {
  const toy = (): string => join(compiled(), "test/support/toy.js");

  it("brings scenarios of one's own to every command", async () => {
    const listed = await seedstorm("--scenarios", toy(), "list", "--json");
    expect(JSON.parse(listed.stdout).scenarios.map(({ id }: { id: string }) => id)).toContain("toy-calm");
    const ran = await seedstorm("--scenarios", toy(), "run", "toy-calm", "--seed", "1", "--json");
    expect(JSON.parse(ran.stdout)).toMatchObject({ scenario: "toy-calm", seed: 1, verdict: "held" });
    const checked = await seedstorm(
      "--scenarios",
      toy(),
      "check",
      "toy-calm",
      "--runs",
      "20",
      "--json",
      "--no-save",
    );
    expect(JSON.parse(checked.stdout)).toMatchObject({ runs: 20, held: 20 });
  });

  it("is refused with one sentence when there is no such module, or nothing in it", async () => {
    const missing = await seedstorm("--scenarios", "no-such-module.js", "list");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: --scenarios: "no-such-module.js" can't be loaded: .+\n$/);
    const empty = await seedstorm("--scenarios", join(compiled(), "src/sim/time.js"), "list");
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain("exports no list of scenarios");
  });
});
