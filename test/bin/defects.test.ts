/** `seedstorm defects` on the toy system, with real threads. */
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RunPool } from "../../src/explore/runs/pool.js";
import type { Scenario } from "../../src/storm/scenario.js";
import { toyPool } from "../support/compiled.js";
import { enterTemporaryFolder } from "../support/folder.js";
import { scenarios, toySystem } from "../support/toy.js";
import { command } from "./support.js";

beforeAll(() => {
  toyPool();
  enterTemporaryFolder();
});

const pool = (options: object) => new RunPool({ ...options, ...toyPool() });

const defects = (...args: string[]) =>
  command(["defects", ...args, "-j", "2"], { simulator: { scenarios, pool }, columns: 120 });

/** The toy with this catalogue. */
function withCatalogue(catalogue: typeof toySystem.defects): readonly Scenario[] {
  const system = { ...toySystem, defects: catalogue };
  return scenarios.map((scenario) => ({ ...scenario, system }));
}

const QUICK = ["--blocks", "2", "--budget", "60", "--no-shrink"];

describe("seedstorm defects", () => {
  it("holds when every block caught its defect", async () => {
    const { code, out, err, progress } = await defects(
      "no-dedupe",
      "ack-early",
      "--blocks",
      "2",
      "--budget",
      "400",
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^defect +blocks +runs +p90 +seconds +p90 +size +caught by\n/);
    expect(out).toMatch(/\nack-early +2\/2 +[\d.]+ +\d+ +\d+\.\d +\d+\.\d +\d+\+\d+ +T1\n/);
    expect(out).toMatch(
      /\n2 of 2 defects caught in every block · median of the medians [\d.]+ runs · \d+ runs in /,
    );
    expect(err).toMatch(/^ack-early: T1 in 2 of 2 blocks, median [\d.]+ runs, shrunk to .+\nno-dedupe: T3 /);
    expect(progress.some((line) => /^defect 2\/2 no-dedupe · block [12]\/2 · \d+ runs$/.test(line))).toBe(
      true,
    );
  });

  it("fails when a block did not catch it, with a sentence for each", async () => {
    const stage = {
      simulator: { scenarios: withCatalogue([{ id: "no-dedupe", breaks: "it", caughtBy: ["T1"] }]), pool },
      columns: 120,
    };
    const { code, out } = await command(
      ["defects", "-j", "2", "--blocks", "2", "--budget", "20", "--no-shrink"],
      stage,
    );
    expect(code).toBe(1);
    expect(out).toContain("✗ no-dedupe was not caught by T1 within 20 runs in any of 2 blocks\n");
    expect(out).toMatch(
      /note: no-dedupe made T3 fire before T1 in 2 of 2 blocks, first in toy-storm with seed \d+\n/,
    );
  });

  it("seeks them in the scenarios that were named, by the strategy that was asked for", async () => {
    const { out } = await defects(
      "no-dedupe",
      "--in",
      "toy-storm",
      "--strategy",
      "aimed",
      ...QUICK,
      "--json",
    );
    const { strategy, command: again, defects: table } = JSON.parse(out);
    expect([strategy, table[0].scenarios]).toEqual(["aimed", ["toy-storm"]]);
    expect(again).toContain("defects no-dedupe --in toy-storm --strategy aimed --blocks 2 ");
    expect((await defects("--in", "toy-stor")).err).toBe(
      'error: no scenario "toy-stor"; did you mean "toy-storm"?\n',
    );
  });

  it("runs a control without defects", async () => {
    const { code, out } = await defects("no-dedupe", ...QUICK, "--control", "60");
    expect(code).toBe(0);
    expect(out).toMatch(/\ncontrol: 60 runs of toy without a defect, seeds from 1 on, in .+: no alarm\n/);
  });

  it("plants all that a property must catch, and says which it left out", async () => {
    const { out } = await defects("--blocks", "1", "--budget", "3", "--no-shrink", "--json");
    const { defects: told, notes, command: again } = JSON.parse(out);
    const named = toySystem.defects.filter(({ caughtBy }) => caughtBy.length > 0);
    expect(told.map(({ id }: { id: string }) => id)).toEqual(named.map(({ id }) => id));
    expect(notes).toEqual([
      "no property is named that must catch loop, exit, exit-once, hoard, hoard-buffers, busy, dice: left out",
    ]);
    expect(again).toBe("npx seedstorm defects --blocks 1 --budget 3 --seed 1 --no-shrink --json");
  });

  it("writes a document, and keeps what stands around the table in it", async () => {
    const first = await defects("no-dedupe", ...QUICK, "--markdown", "-o", "defects.md");
    const made = first.files["defects.md"] ?? "";
    expect(first.out).toBe("");
    expect(first.err).toContain("1 of 1 defect caught in every block");
    expect(made).toContain(
      "npx seedstorm defects no-dedupe --blocks 2 --budget 60 --seed 1 --no-shrink --markdown --output defects.md",
    );
    writeFileSync("defects.md", `${made}\nWhat we make of it.\n`);
    const second = await defects("ack-early", ...QUICK, "--markdown", "-o", "defects.md");
    const again = second.files["defects.md"] ?? "";
    expect(again).toContain("| `ack-early` |");
    expect(again).not.toContain("| `no-dedupe` |");
    expect(again).toMatch(/\nWhat we make of it\.\n$/);
  });

  it("writes a page, and refuses to before any work when the page's code is not there", async () => {
    const { code, out, err, files } = await defects("no-dedupe", ...QUICK, "--html", "-o", "defects.html");
    const page = files["defects.html"] ?? "";
    if (page === "") {
      expect([code, err]).toEqual([3, expect.stringContaining("npm run build makes it")]);
      return;
    }
    expect([code, out]).toEqual([0, ""]);
    expect(err).toContain("1 of 1 defect caught in every block");
    expect(page).toMatch(/^<!doctype html>\n/);
    expect(page).toContain(
      "npx seedstorm defects no-dedupe --blocks 2 --budget 60 --seed 1 --no-shrink --html --output defects.html",
    );
  });

  it("writes budgets down, and holds a defect to its own", async () => {
    const first = await defects("no-dedupe", ...QUICK, "--save-budgets", "budgets.json");
    const written = first.files["budgets.json"] ?? "";
    const { "no-dedupe": budget } = JSON.parse(written);
    expect(budget).toBeGreaterThan(20);
    writeFileSync("budgets.json", written);
    const again = ["no-dedupe", "--blocks", "1", "--no-shrink", "--json", "--budgets", "budgets.json"];
    const held = await defects(...again);
    expect(held.code).toBe(0);
    expect(JSON.parse(held.out).defects).toMatchObject([{ id: "no-dedupe", budget, caughtShare: 1 }]);
    writeFileSync("budgets.json", '{ "no-dedupe": 1 }');
    const tight = await defects(...again);
    expect(tight.code).toBe(1);
    expect(JSON.parse(tight.out).problems).toEqual([
      expect.stringContaining("no-dedupe was not caught by T3 within 1 run"),
    ]);
  });

  it("writes no budgets of a table in which a defect got through", async () => {
    const { err, files } = await defects(
      "no-dedupe",
      "--blocks",
      "1",
      "--budget",
      "1",
      "--no-shrink",
      "--save-budgets",
      "none.json",
    );
    expect(files["none.json"]).toBeUndefined();
    expect(err).toContain("no budgets were written");
  });

  it.each([
    ["{", "a file of budgets as JSON"],
    ['{"no-dedupe": 0}', "no-dedupe: expected a number of runs from 1 to 100000, got 0"],
    ["[]", "expected"],
    ['{"ack-early": 3}', "mangled.json: no budget for no-dedupe"],
  ])("refuses the budgets %s", async (text, message) => {
    writeFileSync("mangled.json", text);
    const { code, err } = await defects("no-dedupe", "--budgets", "mangled.json");
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it.each([
    [["ack-erly"], 'no defect "ack-erly"; did you mean "ack-early"?'],
    [["no-dedupe", "--system", "tou"], '--system: no system "tou"; did you mean "toy"?'],
    [["ack-erly", "--system", "toy"], 'system toy has no defect "ack-erly"; did you mean "ack-early"?'],
    [["loop"], "no property is named that must catch loop"],
    [["--blocks", "0"], '--blocks: expected a whole number from 1 to 1000, got "0"'],
    [["--budget", "many"], '--budget: expected a whole number from 1 to 100000, got "many"'],
    [["--json", "--markdown"], "--json and --markdown: expected only one of them"],
    [["--html", "--json"], "--json and --html: expected only one of them"],
    [
      ["--seed", "9007199254740991"],
      "--seed: 20 blocks of 100,000 seeds from 9007199254740991 on go beyond 9007199254740991",
    ],
  ])("refuses %j", async (args, message) => {
    const { code, err } = await defects(...args);
    expect([code, err]).toEqual([2, `error: ${message}\n`]);
  });
});
