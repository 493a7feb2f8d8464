/** A disk that is full, under whatever a campaign writes: nothing is lost, one sentence each, and the right exit code. */
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ResultKeeper } from "../../src/explore/campaign/keep-result.js";
import { readResult } from "../../src/explore/campaign/result-file.js";
import { WHOLE } from "../../src/explore/campaign/settings.js";
import { writeWhole } from "../../src/explore/formats/write-file.js";
import { compiled, toyPool } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";
import { fullDisk } from "../support/full-disk.js";
import { campaignOn } from "../support/threads.js";

const full = fullDisk();
let folder: string;
let entry: string;
let toys: string;

beforeAll(() => {
  entry = join(compiled(), "bin/seedstorm.js");
  toys = join(compiled(), "test/support/toy.js");
});
beforeEach(() => {
  folder = temporaryFolder();
});

function seedstorm(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, "--scenarios", toys, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

const held = ["check", "toy-calm", "--runs", "10", "--no-save", "-j", "1"];
const violated = [
  "check",
  "toy-storm",
  "--runs",
  "20",
  "--defect",
  "no-dedupe",
  "-j",
  "1",
  "--no-save",
  "--no-shrink",
];

describe("a report that finds no room", () => {
  it.each(["json", "junit", "github"])("is on standard output instead: %s", (reporter) => {
    const { code, out, err } = seedstorm(...violated, "--reporter", reporter, "--output", full.path);
    expect(code).toBe(1);
    expect(err).toContain(
      `error: cannot write ${full.path}: ${full.problem}; standard output has it instead\n`,
    );
    const start = { json: /^\{\n {2}"/, junit: /^<\?xml .+<testsuites /s, github: /^::error / }[reporter];
    expect(out).toMatch(start ?? /^$/);
    expect(out).toMatch(/T3/);
  });

  it("is told as text where it was to be a page", () => {
    const page = ["--reporter", "html", "--output", full.path];
    const { code, out } = seedstorm(...violated, ...page);
    expect(code).toBe(1);
    expect(out).toMatch(/^scenario +runs/m);
    expect(out).toMatch(/✗ T3 add-\d+ /);
    expect(out).not.toContain("<html");
  });

  it("makes no success of a campaign that held", () => {
    const { code, out } = seedstorm(...held, "--output", full.path);
    expect(code).toBe(2);
    expect(out).toContain("held · 10 runs");
  });

  it("is told of a single run, too", () => {
    const { code, out, err } = seedstorm("run", "toy-calm", "--seed", "1", "--output", full.path);
    expect(code).toBe(2);
    expect(err).toContain(full.problem);
    expect(out).toContain("toy-calm · seed 1");
  });
});

describe("a result that finds no room", () => {
  it("fails a campaign that held and was asked to keep it, after telling what it came to", () => {
    symlinkSync(full.path, join(folder, "kept.json"));
    const { code, out, err } = seedstorm("check", "toy-calm", "--runs", "10", "--save", "kept.json");
    expect(code).toBe(2);
    expect(err).toContain(`cannot write kept.json: ${full.problem}; the result is printed, and not kept\n`);
    expect(out).toContain("held · 10 runs");
  });

  it("does not hide what a campaign has found", () => {
    mkdirSync(join(folder, "reports"));
    symlinkSync(full.path, join(folder, "reports/check.json"));
    const { code, out, err } = seedstorm(...violated.filter((arg) => arg !== "--no-save"));
    expect(code).toBe(1);
    expect(err).toContain(`cannot write reports/check.json: ${full.problem}`);
    expect(out).toMatch(/✗ T3 add-\d+ /);
  });

  it("leaves the older one as it was, and is kept as soon as there is room", async () => {
    const path = join(folder, "check.json");
    const sentences: string[] = [];
    const keeper = new ResultKeeper(path, (sentence) => sentences.push(sentence));
    const saved: boolean[] = [];
    const result = await campaignOn({
      ...toyPool(),
      jobs: 1,
      settings: {
        scenarios: ["toy-calm"],
        seed: 1,
        runs: 60,
        defects: [],
        knobs: {},
        verifyEvery: 0,
        eventBudget: 1_000_000,
      },
      shard: WHOLE,
      checkpointMs: 1,
      onCheckpoint: (known) => {
        if (saved.length === 0) writeFileSync(path, "older");
        // The new file is made beside the old one. For the second save it finds no room there.
        if (saved.length === 1) symlinkSync(full.path, `${path}.${process.pid}.tmp`);
        const before = readFileSync(path, "utf8");
        saved.push(keeper.save(known));
        if (saved.length === 2) expect(readFileSync(path, "utf8")).toBe(before);
      },
    });
    expect(keeper.save(result, true)).toBe(true);
    expect(saved.slice(0, 2)).toEqual([true, false]);
    expect(sentences).toEqual([
      `cannot write ${path}: ${full.problem}; the campaign goes on in memory`,
      `${path} can be written again: nothing is lost`,
    ]);
    expect(readResult(path)).toEqual(result);
  });
});

describe("a repro that finds no room", () => {
  it("leaves the command that brings the failure back from its seed", () => {
    const shrunk = violated.filter((arg) => arg !== "--no-save" && arg !== "--no-shrink");
    const first = seedstorm(...shrunk);
    const file = /replay (\S+\.json)/.exec(first.out)?.[1] ?? "";
    expect(file).toMatch(/^reports\/repros\/toy-storm-T3-seed-\d+-[0-9a-f]{8}\.json$/);
    rmSync(join(folder, file));
    symlinkSync(full.path, join(folder, file));
    const { code, out, err } = seedstorm(...shrunk);
    expect(code).toBe(1);
    expect(err).toContain(`cannot write ${file}: ${full.problem}; the seed brings the failure back\n`);
    const seed = /seed-(\d+)/.exec(file)?.[1];
    expect(out).toContain(`run toy-storm --seed ${seed} --defect no-dedupe`);
  });
});

describe("a page that finds no room", () => {
  it("is refused with a sentence, and its result is still there", () => {
    const kept = join(folder, "check.json");
    seedstorm("check", "toy-calm", "--runs", "10", "--save", kept);
    const { code, err } = seedstorm("report", kept, "--output", full.path);
    expect(code).toBe(2);
    expect(err).toBe(`error: cannot write ${full.path}: ${full.problem}\n`);
    expect(readResult(kept).done).toBe(10);
  });
});

describe("writing a file whole", () => {
  it("writes to a device and leaves it one", () => {
    writeWhole("/dev/null", "text");
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  it("replaces what a link leads to, and leaves the link", () => {
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "old");
    symlinkSync(file, link);
    writeWhole(link, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });
});
