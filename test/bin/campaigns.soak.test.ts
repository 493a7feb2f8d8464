/** Commands about many runs, with real threads, on the toy system: what takes several campaigns to show. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { toyPool } from "../support/compiled.js";
import { enterTemporaryFolder } from "../support/folder.js";
import { failingPlan, toySimulator } from "../support/toy-simulator.js";
import { command } from "./support.js";

const seedstorm = (...args: string[]) =>
  command([...args, "-j", "2"], { simulator: toySimulator, columns: 120 });
const told = (...args: string[]) => command(args, { simulator: toySimulator, columns: 120 });

beforeAll(() => toyPool());
beforeEach(() => enterTemporaryFolder());

describe("seedstorm check on threads", () => {
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
      "error: the campaign is incomplete: shard 1/3 is missing (--allow-gaps merges what there is)\n",
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

  it("ends by the clock", async () => {
    const { code, out } = await seedstorm("check", "toy-calm", "--for", "1s", "--no-save", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ complete: true, violated: 0 });
  });
});

describe("seedstorm branch and sweep", () => {
  it("draws the share of futures that fail over time", async () => {
    const file = failingPlan("no-dedupe");
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
    const file = failingPlan("no-dedupe");
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
      err: "error: --json and --html: expected only one of them\n",
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
