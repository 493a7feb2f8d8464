import { describe, expect, it } from "vitest";
import { fakeRun } from "../support/small-scenario.js";
import { command, type Stage } from "./support.js";

/** `check` without threads: failures are left as they were found. */
const check = (args: readonly string[], stage: Stage = {}) =>
  command(["check", "--no-shrink", "--no-corpus", ...args], stage);

describe("seedstorm check", () => {
  it("deals runs out over every scenario when none is named, and prints a row for each", async () => {
    const { code, out } = await check(["--runs", "6"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^scenario +runs +held +violated +events +fired\nsmall +3 +3 +0 .*\nboastful +3 +3 /);
    expect(out).toMatch(/\nheld · 6 runs, /);
  });

  it("ends with 1 and tells each failure in a sentence with its command", async () => {
    const { code, out } = await check(["small", "--runs", "3", "--seed", "12"], { columns: 120 });
    expect(code).toBe(1);
    expect(out).toContain("✗ T1 order o3 was paid twice");
    expect(out).toContain("\n  npx seedstorm run small --seed 13\n");
    expect(out).toContain("violated in 1 run · 3 runs");
    expect(out).toContain("* some of them showed a weakness that the scenario declares");
  });

  it("--fail-fast stops at the first failure", async () => {
    const { out } = await check(["small", "--runs", "50", "--seed", "12", "--fail-fast", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ runs: 2, violated: 1, failures: [{ seed: 13 }] });
  });

  it("fails a campaign of 200 runs in which a promised fault never fired or a promised goal was never reached", async () => {
    const { code, out } = await check(["boastful", "--runs", "200", "--seed", "100"], {
      columns: 120,
    });
    expect(code).toBe(1);
    expect(out).toContain("✗ disk-full is promised and never fired in 200 runs of boastful\n");
    expect(out).toContain(
      "✗ the goal moon-reached is promised and was never reached in 200 runs of boastful\n",
    );
    expect(out).toContain("promises not kept: 2");
  });

  it("only notes broken promises of a shorter campaign", async () => {
    const { code, out } = await check(["boastful", "--runs", "199", "--seed", "100"], {
      columns: 120,
    });
    expect(code).toBe(0);
    expect(out).toContain("note: 199 runs of boastful never saw disk-full, moon-reached\n");
  });

  it("fails a campaign in which a declared weakness never showed", async () => {
    const { code, out } = await check(["small", "--runs", "200", "--seed", "100"], {
      columns: 120,
    });
    expect(code).toBe(1);
    expect(out).toContain("✗ the declared weakness in T2 never showed in 200 runs of small\n");
  });

  it("--json prints one object of the agreed shape", async () => {
    const { out } = await check(["small", "--runs", "4", "--seed", "12", "--json"]);
    const data = JSON.parse(out);
    expect(data).toMatchObject({
      runs: 4,
      held: 2,
      violated: 1,
      unrecoverable: 1,
      events: 4 * 1234,
      virtualTimeMs: 120000,
      faults: { "domain-loss": 4, loss: 2, "clock-jump": 4 },
      sometimes: { "till-changed": 4 },
      seeds: { from: 12, to: 15 },
    });
    expect(data.wallTimeMs).toBeGreaterThan(0);
    expect(data.failures).toEqual([
      {
        scenario: "small",
        seed: 13,
        kind: "violation",
        property: "T1",
        message: expect.stringMatching(/^order o3 was paid twice/),
      },
    ]);
  });

  it("--quiet prints nothing when all held, and failures only when not", async () => {
    expect(await check(["small", "--runs", "2", "-q"])).toMatchObject({ code: 0, out: "" });
    const { out } = await check(["small", "--runs", "2", "--seed", "13", "-q"]);
    expect(out).toMatch(/^✗ T1 /);
    expect(out).not.toContain("scenario ");
  });

  it("shows its progress to those who watch, and wipes it in the end", async () => {
    const { progress } = await check(["small", "--runs", "30", "--seed", "20"]);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress[0]).toMatch(/^█░+ 1\/30 runs · 250 a second · 0:01 left · 0 failed$/);
    expect(progress.at(-1)).toBe("");
  });

  it("ends with 3 when runs broke off, and names the seed", async () => {
    const { code, out, err } = await check(["small", "--runs", "2", "--seed", "15"]);
    expect(code).toBe(3);
    expect(err).toBe("✗ small seed 16: broken Error: the till is on fire\n");
    expect(out).toContain(
      "✗ broken Error: the till is on fire\n  in small, seed 16\n  npx seedstorm run small --seed 16\n",
    );
    expect(out).toContain("the harness failed in 1 run · 2 runs");
  });

  it("--verify runs each plan twice, and ends with 3 when one of them differs", async () => {
    expect((await check(["small", "--runs", "2", "--verify"])).out).toContain(
      "each of them twice and the same",
    );
    expect((await check(["small", "--runs", "9", "--verify-every", "4", "--json"])).code).toBe(0);
    const divergence = { step: 1, first: "a", second: "b" };
    const verify = (plan: Parameters<typeof fakeRun>[0]) => ({ outcome: fakeRun(plan), divergence });
    const { code, out } = await check(["small", "--runs", "2", "--verify"], { simulator: { verify } });
    expect(code).toBe(3);
    expect(out).toContain('✗ diverged two runs of one plan differ from step 1 on: first "a", then "b"');
    expect(out).toContain("\n  npx seedstorm run small --seed 1 --verify\n");
  });

  it("refuses numbers that are none, and seeds that would run over", async () => {
    for (const runs of ["0", "-3", "ten", "1.5", "1e9", "99999999999"]) {
      const { code, err } = await check(["--runs", runs]);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: --runs: expected a whole number from 1 to 10000000, got [^\n]+\n$/);
    }
    const over = await check(["--runs", "6", "--seed", "9007199254740990"]);
    expect([over.code, over.err]).toEqual([
      2,
      "error: --seed: 3 seeds from 9007199254740990 on go beyond 9007199254740991\n",
    ]);
  });

  it("suggests the nearest scenario", async () => {
    const { code, err } = await check(["small", "bostful"]);
    expect([code, err]).toEqual([2, 'error: no scenario "bostful"; did you mean "boastful"?\n']);
  });
});

describe("seedstorm check --queue", () => {
  const refused = async (...args: string[]) => command(["check", "small", "--no-corpus", ...args]);

  it("refuses an address that is none, and a queue that nobody answers for", async () => {
    const { code, err } = await refused("--queue", "queue.example.com");
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("--queue: expected the address of a NATS server"),
    ]);
    const gone = await refused("--queue", "nats://127.0.0.1:1");
    expect([gone.code, gone.err]).toEqual([2, expect.stringMatching(/^error: --queue: .* can't be reached/)]);
  });

  it("refuses a length of time", async () => {
    const { code, err } = await refused("--queue", "nats://127.0.0.1:1", "--for", "1s");
    expect([code, err]).toEqual([2, expect.stringContaining("use --runs instead of --for")]);
  });
});
