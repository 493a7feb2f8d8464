import { describe, expect, it } from "vitest";
import { defectLine, type KillReport, killLines, problems } from "../../src/report/kill-table.js";
import { killTableJson } from "../../src/report/kill-table-json.js";
import { withKillTable } from "../../src/report/kill-table-markdown.js";
import { withStrategies } from "../../src/report/strategies-markdown.js";
import { style, width } from "../../src/report/text-style.js";
import { alarm, block, described, killReport, quick, result, slow, unknown } from "../support/kill-report.js";

const text = (facts: KillReport, columns = 80) => killLines(facts, style(columns, 0)).join("\n");

describe("the kill table as text", () => {
  it("has a row for each defect, with figures over the blocks", () => {
    expect(text(killReport([quick]))).toBe(
      [
        "defect     blocks  runs  p90  seconds  p90  size  caught by",
        "pay-twice     3/3     2    3      0.4  0.6   2+1  T1",
        "runs and seconds: the median of the blocks; size: faults + operations of the",
        "smallest plan",
        "",
        "pay-twice",
        "  Orders are paid | twice.",
        "",
        "1 of 1 defect caught in every block · 6 runs in 61.5 s",
      ].join("\n"),
    );
  });

  it("says of a few defects what they are, and of many nothing", () => {
    const known = described(quick);
    expect(text(killReport([known]), 160)).toContain(
      [
        "pay-twice",
        "  Orders are paid | twice. A weakness of the design.",
        "  Met before: A <cart> | was paid [twice] (The Shop, post-mortem, 2019), https://shop.example/why?(twice)",
      ].join("\n"),
    );
    expect(text(killReport([known, known, known, known, known]), 160)).not.toContain("Met before");
  });

  it("tells each defect that was not caught, and what fired before", () => {
    const told = text(killReport([quick, slow, unknown]), 160);
    expect(told).toMatch(
      /a-defect-with-a-name-that-is-longer-than-any-column +1\/3 +>50 +>50 +– +– +– {2}T1/,
    );
    expect(told).toContain(
      "✗ a-defect-with-a-name-that-is-longer-than-any-column was not caught by T1 within 50 runs in 2 of 3 blocks (2, 3)",
    );
    expect(told).toContain(
      "✗ rust was not caught by T1 within 50 runs in any of 3 blocks; no code ever asked whether it is planted",
    );
    expect(told).toContain("made T2 fire before T1 in 1 of 3 blocks, first in small with seed 44");
    expect(told).toContain("1 of 3 defects caught in every block · median of the medians >50 runs");
  });

  it.each([40, 60, 72, 80, 120])("stays within %i columns", (columns) => {
    for (const line of killLines(killReport([described(quick), slow, unknown]), style(columns, 0))) {
      expect(width(line)).toBeLessThanOrEqual(columns);
    }
  });

  it("says what was not finished when it was interrupted", () => {
    const half = result("pay-twice", [block(1, undefined, { end: "interrupted" })], { interrupted: true });
    const facts = killReport([half], { interrupted: true, planned: 4 });
    expect(text(facts, 120)).toContain(
      "0 of 0 defects caught in every block · 50 runs in 61.5 s · interrupted, 4 defects not finished",
    );
    expect(text(facts, 120)).toMatch(/\npay-twice +0\/0 +– +– +– +– +– +–\n/);
    expect(problems(facts)).toEqual([]);
  });

  it("fails by an alarm of the control", () => {
    const control = {
      system: "shop-floor",
      scenarios: ["small"],
      seed: 1,
      runs: 20,
      ms: 900,
      failed: 1,
      alarms: [
        {
          kind: "violation",
          index: 3,
          scenario: "small",
          seed: 13,
          property: "T1",
          declared: false,
          at: 5,
          message: "order o3 was paid twice",
          evidence: [],
          more: 0,
        },
      ],
      interrupted: false,
    } as const;
    const facts = killReport([quick], { controls: [control] });
    expect(problems(facts)).toEqual([
      "small with seed 13 raised an alarm without any defect: T1 order o3 was paid twice",
    ]);
    expect(text(facts, 120)).toContain(
      "control: 20 runs of shop-floor without a defect, seeds from 1 on, in 900 ms: an alarm in 1 run",
    );
    expect(text(killReport([quick], { controls: [{ ...control, failed: 0, alarms: [] }] }), 120)).toContain(
      ": no alarm",
    );
  });

  it("has one line for each defect while it goes on", () => {
    expect(defectLine(quick)).toBe(
      "pay-twice: T1 in 3 of 3 blocks, median 2 runs, shrunk to 2 faults and 1 operation",
    );
    expect(defectLine(unknown)).toBe("rust: caught in none of 3 blocks");
  });
});

describe("the kill table as JSON", () => {
  it("has the figures and every block", () => {
    const json = JSON.parse(JSON.stringify(killTableJson(killReport([quick, slow, unknown]))));
    expect(json).toMatchObject({ blocks: 3, budget: 50, seed: 1, complete: true, medianRuns: null });
    expect(json.defects[0]).toMatchObject({
      system: "shop-floor",
      id: "pay-twice",
      expected: ["T1"],
      origin: null,
      incident: null,
      by: { T1: 3 },
      before: {},
      caughtShare: 1,
      medianRuns: 2,
      p90Runs: 3,
      medianSeconds: 0.4,
      shrunk: { to: { faults: 2, operations: 1 }, runs: 77 },
    });
    expect(json.defects[1]).toMatchObject({ before: { T2: 1 }, medianRuns: null, shrunk: null });
    expect(json.defects[1].blocks[0]).toEqual({
      block: 1,
      seed: 1,
      runs: 30,
      seconds: 6,
      end: "caught",
      caught: alarm("T1", 30),
      before: alarm("T2", 4),
    });
    expect(json.problems).toHaveLength(2);
  });

  it("has where a defect comes from, and where it was met", () => {
    expect(killTableJson(killReport([described(quick)])).defects[0]).toMatchObject({
      origin: "weakness",
      incident: { by: "The Shop, post-mortem", year: 2019, url: "https://shop.example/why?(twice)" },
    });
  });
});

describe("the kill table as a document", () => {
  const document = (facts: KillReport, before?: string) => withKillTable(before, facts).join("\n");

  it("says how it is made, and what was caught by which property", () => {
    const made = document(killReport([quick, slow]));
    expect(made).toMatch(/^# Planted defects\n/);
    expect(made).toContain("```\nnpx seedstorm defects --blocks 3\n```");
    expect(made).toContain("| `pay-twice` | T1 | T1 | 3/3 | 2 | 3 | 0.4 | 0.6 | 2 faults and 1 operation |");
    expect(made).toContain("| `pay-twice` | Orders are paid \\| twice. | – | – |");
    expect(made).toContain("| T1 | no order is paid twice |");
    expect(made).not.toContain("| T2 |");
    expect(made).toContain("## Something else fired first\n\n- a-defect-with");
  });

  it("links to where a defect was met before, and only to addresses", () => {
    expect(document(killReport([described(quick)]))).toContain(
      "| weakness | [A \\<cart\\> \\| was paid \\[twice\\]](https://shop.example/why?%28twice%29) (The Shop, post-mortem, 2019) |",
    );
    const incident = { what: "A cart", by: "The Shop", year: 2019, url: "javascript:alert(1)" };
    expect(document(killReport([described(quick, { incident })]))).toContain("| A cart (The Shop, 2019) |");
  });

  it("replaces the table in a document that has more to say, and nothing else", () => {
    const old = document(killReport([slow]));
    const opened = `# Our own words\n\n${old.slice(old.indexOf("<!--"))}\n\n## Why two of them take so long\n\nBecause.\n`;
    const made = document(killReport([quick]), opened);
    expect(made.startsWith("# Our own words\n\n<!-- kill table: begin -->\n")).toBe(true);
    expect(made.endsWith("<!-- kill table: end -->\n\n## Why two of them take so long\n\nBecause.")).toBe(
      true,
    );
    expect(made).toContain("`pay-twice`");
    expect(made).not.toContain("longer-than-any-column");
    expect(document(killReport([quick]), `${made}\n`)).toBe(made);
  });
});

describe("strategies compared", () => {
  const settings = { blocks: 2, budget: 50, seed: 1 };
  const compared = [
    {
      strategy: "random" as const,
      results: [
        result("A", [block(1, alarm("T1", 9)), block(2, alarm("T1", 5))]),
        result("B", [block(1, undefined), block(2, undefined)]),
      ],
    },
    {
      strategy: "aimed" as const,
      results: [
        result("A", [block(1, alarm("T1", 7)), block(2, alarm("T1", 7))]),
        result("B", [block(1, alarm("T1", 3)), block(2, undefined)]),
      ],
    },
  ];
  const report = { settings, compared, command: "make it again" };

  it("stand side by side for each defect, and in sum", () => {
    const lines = withStrategies(undefined, report);
    expect(lines).toContain("| | random | aimed |");
    expect(lines).toContain("| median of the medians | >50 | >50 |");
    expect(lines).toContain("| caught in every block | 1 | 1 |");
    expect(lines).toContain("| caught in some block | 1 | 2 |");
    expect(lines).toContain("| blocks that caught theirs | 50 % | 75 % |");
    expect(lines).toContain("| runs in all | 114 | 67 |");
    expect(lines).toContain("| fastest, alone or with others | 1 | 1 |");
    expect(lines).toContain("| `A` | 7 | 7 |");
    expect(lines).toContain("| `B` | \\>50 (0/2) | \\>50 (1/2) |");
  });

  it("replace what stood between their marks, and nothing else", () => {
    const before = "# Defects\n\n<!-- strategies: begin -->\nold\n<!-- strategies: end -->\n\nThe end.\n";
    const lines = withStrategies(before, report);
    expect(lines.slice(0, 3)).toEqual(["# Defects", "", "<!-- strategies: begin -->"]);
    expect(lines.slice(-3)).toEqual(["<!-- strategies: end -->", "", "The end."]);
    expect(lines).not.toContain("old");
  });
});
