import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { corpusFiles, replayCorpus } from "../../../src/explore/campaign/corpus.js";
import {
  parseRepro,
  type Repro,
  readRepro,
  reproOfShrunk,
  reproText,
  writeRepro,
} from "../../../src/explore/formats/repro-file.js";
import { RunPool } from "../../../src/explore/runs/pool.js";
import { compare } from "../../../src/explore/runs/replay.js";
import { causalSlice } from "../../../src/explore/runs/slice.js";
import { type Shrunk, shrink } from "../../../src/explore/shrink/shrink.js";
import { shrinkTraceLine } from "../../../src/explore/shrink/trace-text.js";
import type { Plan } from "../../../src/sim/plan.js";
import { runOn } from "../../../src/storm/run.js";
import { compiled, toyPool } from "../../support/compiled.js";
import { temporaryFolder } from "../../support/folder.js";
import { scenarios, stormy, toySystem } from "../../support/toy.js";

let pool: RunPool;
let small: Shrunk;
let repro: Repro;
let file: string;

beforeAll(async () => {
  pool = new RunPool({ ...toyPool(), jobs: 2 });
  for (let seed = 1; ; seed++) {
    const found = await shrink(stormy.plan(seed, { defects: ["ack-early"] }), {
      pool,
      system: toySystem,
      property: "T1",
      passing: { declared: [] },
    });
    if (found === undefined) continue;
    small = found;
    break;
  }
  repro = reproOfShrunk(small);
  file = join(temporaryFolder(), "T1.json");
  writeRepro(file, repro);
});
afterAll(() => pool.close());

const withoutDefect = (plan: Plan): Plan => ({ ...plan, defects: [] });

test("a repro that is written down reads the same", () => {
  const read = readRepro(file, scenarios);
  expect(read.plan).toEqual(repro.plan);
  expect(read.expected).toEqual(repro.expected);
  expect(read.shrinkTrace).toEqual({ ...small.shrinkTrace, ms: Math.round(small.shrinkTrace.ms) });
  expect(read.passing).toEqual(small.passing);
  expect(read.passing).toBeDefined();
  expect(reproText(parseRepro(reproText(repro), scenarios))).toBe(reproText(repro));
});

test("a repro without a plan that passes reads as before", () => {
  const { passing: _, ...data } = JSON.parse(reproText(repro)) as Record<string, unknown>;
  expect(parseRepro(JSON.stringify(data), scenarios)).toEqual({
    ...parseRepro(reproText(repro), scenarios),
    passing: undefined,
  });
});

test("a replay in another process comes to the same trace hash", () => {
  const url = (path: string): string => JSON.stringify(pathToFileURL(join(compiled(), path)).href);
  const script = `
    import { readRepro } from ${url("src/explore/formats/repro-file.js")};
    import { runOn } from ${url("src/storm/run.js")};
    import { scenarios, toySystem } from ${url("test/support/toy.js")};
    const { plan } = readRepro(process.argv[1], scenarios);
    console.log((await runOn(toySystem, plan)).traceHash);
  `;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", script, file], {
    encoding: "utf8",
  });
  expect(out.trim()).toBe(repro.expected?.traceHash);
});

test("a replay says whether it fails the same, on another trace, otherwise, or no longer", async () => {
  const same = await runOn(toySystem, repro.plan);
  expect(compare(repro, same)).toEqual({
    verdict: "fails-the-same",
    sentence: "It still violates T1 in the same way, with the same trace hash.",
  });
  const elsewhere = compare(repro, { ...same, traceHash: "0123456789abcdef" });
  expect(elsewhere.verdict).toBe("fails-on-another-trace");
  expect(elsewhere.sentence).toContain("the hash is 0123456789abcdef and was ");
  expect(elsewhere.sentence).toContain("The code has changed since the file was written.");
  const mended = await runOn(toySystem, withoutDefect(repro.plan));
  expect(compare(repro, mended)).toMatchObject({ verdict: "no-longer-fails" });
  const [violation] = same.violations;
  if (violation === undefined) throw new Error("it did not fail");
  const other = { ...same, violations: [{ ...violation, property: "T2" }] };
  expect(compare(repro, other).sentence).toContain("It no longer violates T1 in the same way, but T2.");
  expect(compare({ ...repro, expected: undefined }, same)).toEqual({ verdict: "ran", sentence: "" });
});

test("what is wrong in a repro file is named with its path", () => {
  const wrong = (change: (data: Record<string, unknown>) => void) => () => {
    const data = JSON.parse(reproText(repro)) as Record<string, unknown>;
    change(data);
    parseRepro(JSON.stringify(data), scenarios);
  };
  expect(wrong((data) => (data.format = 7))).toThrow(
    "format: expected 2, the version of this format (1 is read, too), got 7",
  );
  expect(wrong((data) => delete data.plan)).toThrow("plan: is missing");
  expect(wrong((data) => (data.plan = 3))).toThrow("plan: ");
  expect(wrong((data) => ((data.plan as { seed: unknown }).seed = -1))).toThrow(
    "plan.seed: expected a whole number",
  );
  expect(wrong((data) => (data.traceHash = "xyz"))).toThrow("traceHash: expected 16 hexadecimal digits");
  expect(wrong((data) => ((data.passing as { seed: unknown }).seed = -1))).toThrow("passing.seed: expected");
  expect(wrong((data) => ((data.passing as { scenario: unknown }).scenario = "toy-calm"))).toThrow(
    'passing.scenario: expected "toy-storm", as in "plan", got "toy-calm"',
  );
  expect(() => parseRepro("[]", scenarios)).toThrow("expected a plan or a repro file, got an empty list");
  expect(() => parseRepro("", scenarios)).toThrow("expected a plan or a repro file, got an empty file");
});

test("a ladder is one line", () => {
  const from = { faults: 412, operations: 96, hosts: 14 };
  const to = { faults: 2, operations: 1, hosts: 14 };
  const shrinkTrace = { from, to, runs: 143, ms: 1_870, steps: [], end: "smallest" as const };
  expect(shrinkTraceLine(shrinkTrace, "order")).toBe(
    "412 faults, 96 orders → 2 faults, 1 order in 143 runs, 1.9 s",
  );
  expect(shrinkTraceLine({ ...shrinkTrace, end: "budget" })).toContain("1.9 s (the budget is used up)");
});

test("the causal slice is the evidence, its causes, and the faults on those hosts", async () => {
  const plan = { ...small.plan, topology: stormy.plan(1).topology };
  const noise: Plan = {
    ...plan,
    faults: [...plan.faults, { kind: "pause", id: "elsewhere", at: 1, for: 1_000, target: "spare-2" }],
  };
  const outcome = await runOn(toySystem, noise);
  const [violation] = outcome.violations;
  if (violation === undefined) throw new Error("it did not fail");
  const slice = causalSlice(noise, outcome.history, violation.evidence);
  const ids = slice.events.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  for (const id of violation.evidence) expect(ids).toContain(id);
  for (const event of slice.events) {
    if (event.kind === "fault") expect(event.fault).not.toBe("elsewhere");
  }
  const struck = slice.events.flatMap((event) => (event.kind === "fault" ? event.fault : []));
  expect(struck.length).toBeGreaterThan(0);
  const call = slice.events.find((event) => event.kind === "client" && event.phase === "call");
  expect(call).toBeDefined();
  expect(slice.cut).toBe(0);
});

test("a long chain of causes is cut, and it is told how much", () => {
  const history = Array.from({ length: 500 }, (_, id) => ({
    id,
    at: id,
    host: "ledger",
    cause: id - 1,
    kind: "goal" as const,
    goal: "g",
  }));
  const slice = causalSlice(stormy.plan(1), history, [499]);
  expect(slice.events.map(({ id }) => id)).toEqual([491, 492, 493, 494, 495, 496, 497, 498, 499]);
  expect(slice.cut).toBe(491);
});

test("a corpus is replayed file by file; what can't be read is named and ends nothing", async () => {
  const folder = temporaryFolder();
  writeRepro(join(folder, "1-mended.json"), { ...repro, plan: withoutDefect(repro.plan) });
  writeFileSync(join(folder, "2-broken.json"), "{ not json");
  writeRepro(join(folder, "3-back.json"), repro);
  writeFileSync(join(folder, "notes.txt"), "not a repro");
  const told: string[] = [];
  const entries = await replayCorpus(corpusFiles(folder), scenarios, pool, ({ file: name, verdict }) =>
    told.push(`${name.slice(folder.length + 1)} ${verdict}`),
  );
  expect(told).toEqual(["1-mended.json held", "2-broken.json unreadable", "3-back.json violated"]);
  expect(entries[1]?.message).toContain(
    `${join(folder, "2-broken.json")}: expected a plan or a repro file as JSON`,
  );
  expect(entries[2]?.message).toBe(repro.expected?.message);
  expect(corpusFiles(join(folder, "nowhere"))).toEqual([]);
});
