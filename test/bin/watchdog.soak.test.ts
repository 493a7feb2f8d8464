/** Code under test that never gives the thread back, as the command meets it: compiled, in a process of its own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";

const entry = join(compiled(), "bin", "seedstorm.js");
const toy = join(compiled(), "test", "support", "toy.js");

function seedstorm(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    encoding: "utf8",
    timeout: 300_000,
  });
  return { code: status, out: stdout, err: stderr };
}

describe("a run", () => {
  const run = (defect: string, ...more: string[]) =>
    seedstorm("--scenarios", toy, "run", "toy-calm", "--seed", "3", "--defect", defect, ...more);

  it("that loops for ever is ended by the clock, and named with seed, host and virtual time", () => {
    const { code, out } = run("loop", "--hang-after", "1s");
    expect(code).toBe(1);
    expect(out).toMatch(
      /^✗ hung toy-calm with seed 3: the run did not end within 1 s: it is in the code on ledger at \d+\.\d{3} s of virtual time\n/,
    );
    expect(out).toMatch(/\n {2}npx seedstorm --scenarios \S+ run toy-calm --seed 3 --defect loop\n$/);
    expect(JSON.parse(run("loop", "--hang-after", "1s", "--json").out)).toMatchObject({
      seed: 3,
      verdict: "hung",
    });
  });

  it("that is replayed from its plan is ended in the same way", () => {
    const plan = join(temporaryFolder(), "plan.json");
    run("loop", "--hang-after", "1s", "--plan-out", plan);
    const { code, out } = seedstorm("--scenarios", toy, "replay", plan, "--hang-after", "1s");
    expect(code).toBe(1);
    expect(out).toMatch(
      /^✗ hung toy-calm with seed 3: the run did not end within 1 s: .*ledger at \d+\.\d{3} s/,
    );
  });

  it.each(["hoard", "hoard-buffers"])("that uses up the memory is named in the same way: %s", (defect) => {
    // A slow machine may take longer to fill the memory than a run may take.
    const { code, out } = run(defect, "--hang-after", "5m");
    expect(code).toBe(1);
    expect(out).toMatch(
      /^✗ died toy-calm with seed 3: .*memory.*, in the code on ledger at \d+\.\d{3} s of virtual time\n/,
    );
  });

  it("that ends its thread is named in the same way", () => {
    expect(run("exit").out).toMatch(/^✗ died toy-calm with seed 3: .*in the code on ledger at/);
  });
});
