/** Commands about many runs, with real threads, on the toy system. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readRepro } from "../../src/explore/formats/repro-file.js";
import { toyPool } from "../support/compiled.js";
import { enterTemporaryFolder } from "../support/folder.js";
import { scenarios } from "../support/toy.js";
import { failingPlan, toySimulator } from "../support/toy-simulator.js";
import { command } from "./support.js";

const seedstorm = (...args: string[]) =>
  command([...args, "-j", "2"], { simulator: toySimulator, columns: 120 });
const told = (...args: string[]) => command(args, { simulator: toySimulator, columns: 120 });

beforeAll(() => toyPool());
beforeEach(() => enterTemporaryFolder());

describe("seedstorm check on threads", () => {
  it("finds, shrinks, writes down, and names the command that replays it", async () => {
    const { code, out, err } = await seedstorm("check", "toy-storm", "--runs", "60", "--defect", "ack-early");
    expect(code).toBe(1);
    expect(err).toMatch(/^✗ toy-storm seed \d+: T1 add-\d+ was acknowledged/m);
    expect(out).toMatch(/✗ T1 add-\d+ was acknowledged and is gone after a restart\n {2}in /);
    expect(out).toMatch(
      /\d+ faults, 20 operations, 5 hosts → [12] faults?, 1 operation, \d hosts in \d+ runs, \d+\.\d s/,
    );
    const file = /npx seedstorm replay (\S+)/.exec(out)?.[1] ?? "";
    expect(file).toMatch(/^reports\/repros\/toy-storm-T1-seed-\d+-[0-9a-f]{8}\.json$/);
    const replayed = await told("replay", file);
    expect(replayed.code).toBe(1);
    expect(replayed.out).toContain("It still violates T1 in the same way, with the same trace hash.");
    expect(replayed.out).toMatch(/What led to T1: \d+ of \d+ events; --full shows the whole story/);
    expect(replayed.out).toMatch(/\n✗ \d+\.\d{3} s client-\d: client add/);
    expect((await told("replay", file, "--full")).out).toContain("\nStory\n");
    expect(JSON.parse((await told("replay", file, "--json")).out).replay.verdict).toBe("fails-the-same");
  });

  it("says of a repro whether the code still fails by it", async () => {
    await seedstorm("check", "toy-storm", "--runs", "40", "--defect", "no-dedupe", "-q");
    const [name = ""] = readdirSync("reports/repros");
    const file = join("reports/repros", name);
    const text = readFileSync(file, "utf8");
    writeFileSync("mended.json", text.replace('"defects": ["no-dedupe"]', '"defects": []'));
    const mended = await told("replay", "mended.json");
    expect(mended.code).toBe(0);
    expect(mended.out).toContain(
      "It no longer fails: T3 holds now. The code has changed since the file was written.",
    );
    writeFileSync("other.json", text.replace(/"traceHash": "\w+"/, '"traceHash": "0123456789abcdef"'));
    expect((await told("replay", "other.json")).out).toMatch(
      /in the same way, but on another trace: the\s+hash is \w+ and was\s+0123456789abcdef/,
    );
  });

  it("replays the corpus first, and an unreadable file of it fails the campaign but does not end it", async () => {
    mkdirSync("corpus");
    writeFileSync("corpus/a.json", JSON.stringify(scenarios[0]?.plan(1)));
    writeFileSync("corpus/b.json", "{");
    const { code, out, err } = await seedstorm("check", "toy-calm", "--runs", "10");
    expect(code).toBe(1);
    expect(err).toContain("✗ corpus corpus/b.json: corpus/b.json: expected a plan or a repro file as JSON");
    expect(out).toContain("✗ corpus: corpus/b.json: expected");
    expect(out).toContain("violated in the corpus · 10 runs");
    expect((await seedstorm("check", "toy-calm", "--runs", "10", "--no-corpus")).code).toBe(0);
  });

  it("skips files of the corpus whose scenarios are not loaded, and says so", async () => {
    mkdirSync("corpus");
    const [plan] = scenarios.map((scenario) => scenario.plan(1));
    writeFileSync("corpus/a.json", JSON.stringify(plan));
    writeFileSync("corpus/b.json", JSON.stringify({ ...plan, scenario: "of another module" }));
    const { code, out, err } = await seedstorm("check", "toy-calm", "--runs", "10");
    expect([code, err]).toEqual([
      0,
      expect.stringContaining("skipped 1 file of the corpus whose scenarios are not loaded"),
    ]);
    expect(out).toContain("1 file of the corpus");
  });

  it("runs five plans in a hundred twice when nobody says otherwise", async () => {
    const report = async (...args: string[]) =>
      (await seedstorm("check", "toy-calm", "--runs", "60", "--no-save", ...args)).out;
    expect(await report()).toContain("60 runs, 3 of them twice");
    expect(await report("--no-verify")).not.toContain("twice");
  });

  it("never overwrites what another campaign has not finished", async () => {
    const kept = ["check", "toy-storm", "--runs", "20", "--save", "kept.json"];
    await seedstorm(...kept);
    const half = { ...JSON.parse(readFileSync("kept.json", "utf8")), complete: false };
    mkdirSync("reports", { recursive: true });
    const text = JSON.stringify({ ...half, settings: { ...half.settings, runs: 50 } });
    writeFileSync("kept.json", text);
    writeFileSync("reports/check.json", text);
    const named = await seedstorm(...kept);
    expect([named.code, named.err]).toEqual([
      2,
      expect.stringContaining("kept.json has an unfinished campaign"),
    ]);
    const { err } = await seedstorm("check", "toy-calm", "--runs", "10");
    expect(err).toContain("the result is kept in reports/check-2.json");
    expect(readFileSync("kept.json", "utf8")).toBe(text);
    expect(readFileSync("reports/check.json", "utf8")).toBe(text);
    expect(readdirSync("reports").filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  it("goes on in memory when its result can't be written", async () => {
    writeFileSync("reports", "a file in the way");
    const { code, err } = await seedstorm("check", "toy-calm", "--runs", "20");
    expect(code).toBe(0);
    expect(err).toContain(
      "cannot write reports/check.json: a part of its path is a file and no folder; the result is printed, and not kept\n",
    );
  });

  it("refuses a strategy that there is not, or that would change nothing", async () => {
    expect((await seedstorm("check", "toy-storm", "--strategy", "aim")).err).toBe(
      'error: --strategy: expected one of random, swarm, aimed, got "aim"\n',
    );
    expect((await seedstorm("check", "toy-calm", "--strategy", "aimed")).err).toBe(
      "error: --strategy: toy-calm prescribes its own faults; scenarios that have one are toy-storm, toy-weak, toy-boaster\n",
    );
  });

  it("refuses lengths and shards that are none", async () => {
    expect((await seedstorm("check", "--for", "ten")).err).toContain(
      "--for: expected a length of time such as 90s, 10m or 1.5h",
    );
    expect((await seedstorm("check", "--shard", "9/8")).err).toContain("expected a shard as INDEX/COUNT");
    expect((await told("check", "-j", "0")).err).toContain("--jobs: expected a whole number from 1 to 256");
  });
});

describe("seedstorm shrink, branch and sweep", () => {
  it("shrinks a plan file, tells the ladder, and writes a repro", async () => {
    const { code, out } = await seedstorm("shrink", failingPlan("no-dedupe"));
    expect(code).toBe(0);
    expect(out).toMatch(/\d+ faults, 20 operations, 5 hosts → /);
    expect(out).toMatch(/run \d+: \d+ faults?, \d+ operations?, \d hosts? \(hosts\)/);
    const { plan, expected } = readRepro("plan.small.json", scenarios);
    expect(expected?.property).toBe("T3");
    expect(plan.faults.length).toBeLessThanOrEqual(3);
    expect(out).toMatch(/\n {2}passes without /);
    const replayed = await told("replay", "plan.small.json");
    expect(replayed.out).toMatch(/The nearest run that passes\n {2}passes without [\s\S]*\n✗ [\s\S]*\n✓ /);
    expect(JSON.parse((await told("replay", "plan.small.json", "--json")).out)).toMatchObject({
      nearestPassing: {
        changes: [expect.stringMatching(/^without /)],
        firstDifference: { same: expect.any(Number) },
      },
    });
    const again = await seedstorm("shrink", "plan.small.json", "-o", "tiny.json", "--json");
    expect(JSON.parse(again.out)).toMatchObject({
      file: "tiny.json",
      property: "T3",
      shrinkTrace: { end: "smallest" },
      nearestPassing: { changes: [expect.stringMatching(/^without /)] },
    });
  });

  it("does not shrink, and does not branch, what does not fail", async () => {
    writeFileSync("sound.json", JSON.stringify(scenarios[0]?.plan(1)));
    expect(await seedstorm("shrink", "sound.json")).toMatchObject({
      code: 2,
      err: "error: sound.json: the plan does not fail, so there is nothing to shrink\n",
    });
    expect((await seedstorm("branch", "sound.json")).err).toContain(
      "the plan does not fail, so there is no moment to look for",
    );
    expect(existsSync("sound.small.json")).toBe(false);
  });
});
