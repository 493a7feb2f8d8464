/** Commands about many runs, with real threads, on the toy system. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keeperOf } from "../../bin/result-keeper.js";
import type { Simulator, Universes } from "../../bin/simulator.js";
import { runCampaign } from "../../src/explore/campaign/campaign.js";
import { readRepro } from "../../src/explore/formats/repro-file.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import { runOn } from "../../src/storm/run.js";
import { verifyOn } from "../../src/storm/verify.js";
import { toyPool } from "../support/compiled.js";
import { enterTemporaryFolder } from "../support/folder.js";
import { scenarios, toySystem } from "../support/toy.js";
import { command } from "./support.js";

const simulator: Simulator & Universes = {
  registry: toyPool().registry,
  scenarios,
  run: (plan) => runOn(toySystem, plan),
  verify: (plan) => verifyOn(toySystem, plan),
  pool: (options) => new RunPool({ ...options, ...toyPool() }),
  campaign: (options) => runCampaign({ ...options, ...toyPool() }),
  keeper: async (request, onTrouble) => keeperOf(request, onTrouble),
};

const seedstorm = (...args: string[]) => command([...args, "-j", "2"], { simulator, columns: 120 });
const told = (...args: string[]) => command(args, { simulator, columns: 120 });

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

  it("writes repro files of other knobs and defects under other names", async () => {
    await seedstorm("check", "toy-storm", "--runs", "40", "--defect", "no-dedupe", "-q");
    await seedstorm(
      "check",
      "toy-storm",
      "--runs",
      "40",
      "--defect",
      "no-dedupe",
      "--defect",
      "give-up",
      "-q",
    );
    const variants = readdirSync("reports/repros").map(
      (name) => /-seed-\d+-([0-9a-f]{8})\.json$/.exec(name)?.[1],
    );
    expect(new Set(variants).size).toBeGreaterThan(1);
    expect(variants).not.toContain(undefined);
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

  it("keeps its result, and goes on from it", async () => {
    const first = await seedstorm("check", "toy-storm", "--runs", "30", "--save", "kept.json");
    expect(first.code).toBe(0);
    const kept = JSON.parse(readFileSync("kept.json", "utf8"));
    expect(kept).toMatchObject({ done: 30, complete: true });
    writeFileSync(
      "half.json",
      JSON.stringify({ ...kept, settings: { ...kept.settings, runs: 60 }, complete: false }),
    );
    const more = await seedstorm("check", "--resume", "half.json", "--json");
    expect(JSON.parse(more.out)).toMatchObject({ runs: 60, held: 60, complete: true });
    expect(JSON.parse(readFileSync("half.json", "utf8"))).toMatchObject({ done: 60, complete: true });
    const contradicted = async (...args: string[]) =>
      (await seedstorm("check", ...args, "--resume", "half.json")).err.replaceAll(/\s+/g, " ");
    expect(await contradicted("toy-calm")).toContain("with scenarios toy-storm, and toy-calm is asked for");
    expect(await contradicted("--seed", "9")).toContain("with seed 1, and 9 is asked for");
    expect(await contradicted("--runs", "61")).toContain("with runs 60, and 61 is asked for");
    expect(await contradicted("--defect", "no-dedupe")).toContain(
      "with defects none, and no-dedupe is asked for",
    );
    expect((await seedstorm("check", "toy-storm", "--runs", "60", "--resume", "half.json")).code).toBe(0);
    writeFileSync("old.json", JSON.stringify({ ...kept, versions: { seedstorm: "0.0.1", node: "1.2.3" } }));
    const old = await seedstorm("check", "--resume", "old.json");
    expect([old.code, old.err]).toEqual([
      2,
      expect.stringMatching(
        /^error: --resume: old\.json is of seedstorm 0\.0\.1 on Node 1\.2\.3, and this is /,
      ),
    ]);
  });

  it("goes on in memory when its result can't be written", async () => {
    writeFileSync("reports", "a file in the way");
    const { code, err } = await seedstorm("check", "toy-calm", "--runs", "20");
    expect(code).toBe(0);
    expect(err).toContain(
      "cannot write reports/check.json: a part of its path is a file and no folder; the result is printed, and not kept\n",
    );
  });

  it("runs shards and merges them, and refuses what is not whole", async () => {
    const defects = ["--defect", "no-dedupe"];
    for (const shard of ["1/3", "2/3", "3/3"]) {
      await seedstorm(
        "check",
        "toy-calm",
        "toy-storm",
        "--runs",
        "90",
        "--shard",
        shard,
        "--no-shrink",
        ...defects,
      );
    }
    const files = readdirSync("reports").map((name) => join("reports", name));
    expect(files.length).toBe(3);
    const merged = await told("merge", ...files, "--json");
    expect(merged.code).toBe(1);
    const whole = await seedstorm(
      "check",
      "toy-calm",
      "toy-storm",
      "--runs",
      "90",
      "--no-shrink",
      "--no-save",
      "--json",
      ...defects,
    );
    const strip = (text: string) => ({ ...JSON.parse(text), wallTimeMs: 0 });
    expect(strip(merged.out)).toEqual(strip(whole.out));
    const gap = await told("merge", ...files.slice(1));
    expect([gap.code, gap.err]).toEqual([
      2,
      "error: the campaign is not whole: shard 1/3 is missing (--allow-gaps joins what there is)\n",
    ]);
    expect((await told("merge", ...files.slice(1), "--allow-gaps")).code).toBe(1);
    const twice = await told("merge", files[0] ?? "", ...files);
    expect(twice.code).toBe(2);
    expect(twice.err).toContain("their runs would count twice");
  });

  it("draws storms by the strategy that was asked for, keeps it, and tells it in the commands", async () => {
    const args = ["check", "toy-storm", "--runs", "30", "--defect", "no-dedupe", "--no-shrink"];
    const aimed = await seedstorm(...args, "--strategy", "aimed", "--save", "aimed.json");
    expect(aimed.out).toMatch(/seedstorm run toy-storm --seed \d+ --defect no-dedupe --strategy aimed\n/);
    expect(JSON.parse(readFileSync("aimed.json", "utf8")).settings.strategy).toBe("aimed");
    const usual = await seedstorm(...args, "--save", "usual.json");
    expect(usual.out).not.toContain("--strategy");
    const traces = (file: string) =>
      JSON.parse(readFileSync(file, "utf8")).summary.scenarios["toy-storm"].traces;
    expect(traces("usual.json")).not.toBe(traces("aimed.json"));
    await seedstorm(...args, "--strategy", "swarm", "--save", "swarm.json");
    expect(traces("swarm.json")).toBe(traces("usual.json"));
    expect((await told("merge", "usual.json", "aimed.json")).err).toContain(
      "it is of another campaign (other strategy)",
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

  it("reports to CI systems", async () => {
    const args = ["check", "toy-storm", "--runs", "40", "--defect", "no-dedupe", "--no-shrink", "--no-save"];
    const junit = await seedstorm(...args, "--reporter", "junit");
    expect(junit.out).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="seedstorm" tests="4" failures="1" /,
    );
    expect(junit.out).toContain(
      '<testcase classname="seedstorm.toy-storm" name="T1: an acknowledged addition is there after every restart"/>',
    );
    expect(junit.out).toMatch(/<failure message="add-\d+ was written twice">/);
    const github = await seedstorm(...args, "--reporter", "github", "-o", "annotations.txt");
    expect(github.files["annotations.txt"]).toMatch(
      /^::error title=T3 in toy-storm::add-\d+ was written twice%0Ain \d+ runs of toy-storm/,
    );
    expect((await seedstorm(...args, "--reporter", "morse")).err).toContain(
      "--reporter: expected one of text, json, junit, github",
    );
  });

  it("refuses lengths and shards that are none", async () => {
    expect((await seedstorm("check", "--for", "ten")).err).toContain(
      "--for: expected a length of time such as 90s, 10m or 1.5h",
    );
    expect((await seedstorm("check", "--shard", "9/8")).err).toContain("expected a shard as INDEX/COUNT");
    expect((await told("check", "-j", "0")).err).toContain("--jobs: expected a whole number from 1 to 256");
  });

  it("ends by the clock", async () => {
    const { code, out } = await seedstorm("check", "toy-calm", "--for", "1s", "--no-save", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ complete: true, violated: 0 });
  });
});

describe("seedstorm shrink, branch and sweep", () => {
  const failing = (defect: string): string => {
    for (let seed = 1; seed < 100; seed++) {
      const plan = scenarios[1]?.plan(seed, { defects: [defect] });
      if (plan?.faults.some(({ kind }) => kind === "loss")) {
        writeFileSync("plan.json", JSON.stringify(plan));
        return "plan.json";
      }
    }
    throw new Error("no such plan");
  };

  it("shrinks a plan file, tells the ladder, and writes a repro", async () => {
    const { code, out } = await seedstorm("shrink", failing("no-dedupe"));
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

  it("draws the share of futures that fail over time", async () => {
    const file = failing("no-dedupe");
    const { code, out } = await seedstorm("branch", file, "--futures", "10", "--points", "8");
    expect(code).toBe(0);
    expect(out).toContain("of 10 futures branched off at each moment, the share that violates T3");
    expect(out.match(/^ *\d+\.\d{3} s [█·]+ +\d+ %$/gm)?.length).toBe(8);
    expect(out).toMatch(
      /inevitable from \d+\.\d{3} s on; at \d+\.\d{3} s \d+ futures? of 10 still went well/,
    );
    expect(out).toContain("What happened in between");
    const data = JSON.parse(
      (await seedstorm("branch", file, "--futures", "10", "--points", "8", "--json")).out,
    );
    expect(data).toMatchObject({ property: "T3", complete: true });
    expect(data.points.length).toBe(8);
  });

  it("prints a page in which the sentence leads to the moment, beside a future that went well", async () => {
    const file = failing("no-dedupe");
    const asked = ["--futures", "10", "--points", "8", "--html", "-o", "page.html"];
    const { code, files } = await seedstorm("branch", file, ...asked);
    expect(code).toBe(0);
    const page = files["page.html"] ?? "";
    const has = (wanted: RegExp): boolean => wanted.test(page); // a page is too long to be printed
    expect(has(/data-from="\d+" data-to="\d+">Inevitable from \d+\.\d{3} s on; /)).toBe(true);
    expect(has(/It passes with other chance and another storm from /)).toBe(true);
    expect(has(/data-beside="main"/)).toBe(true);
    expect(await seedstorm("branch", file, "--html", "--json")).toMatchObject({
      code: 2,
      err: "error: --json and --html: expected one of them\n",
    });
  });

  it("sweeps every crash point", async () => {
    const sound = await seedstorm("sweep", "toy-calm");
    expect(sound).toMatchObject({
      code: 0,
      out: "Crash points  ledger 40\n40 crash points, before and after: all held\n",
    });
    const flawed = await seedstorm("sweep", "toy-calm", "--defect", "trust-total");
    expect(flawed.code).toBe(1);
    expect(flawed.out).toContain("✗ crash after #1 of ledger (");
    expect(flawed.out).toContain("40 crash points, before and after: 40 of 80 crashes failed");
    const file = /npx seedstorm replay (\S+)/.exec(flawed.out)?.[1] ?? "";
    expect((await told("replay", file)).out).toContain("with the same trace hash");
    const data = JSON.parse((await seedstorm("sweep", "toy-calm", "--defect", "trust-total", "--json")).out);
    expect(data.failures.length).toBe(40);
    const none = await seedstorm("sweep", "toy-calm", "--defect", "trust-total", "--host", "spare-1");
    expect(none).toMatchObject({ code: 0 });
    expect((await seedstorm("sweep", "toy-calm", "--host", "legder")).err).toBe(
      'error: --host: no host "legder"; did you mean "ledger"?\n',
    );
  });
});
