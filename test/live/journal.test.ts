import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Journal, JournalWriter, mergeJournals, readJournal } from "../../src/live/journal.js";
import type { Fact } from "../../src/sim/history.js";
import { temporaryFolder } from "../support/folder.js";

const goal = (name: string): Fact => ({ kind: "goal", goal: name });
const journal = (machine: string, lines: Journal["lines"]): Journal => ({ machine, lines, torn: false });

describe("a journal", () => {
  it("has what was recorded, in that order, with stamps that never go back", () => {
    const path = join(temporaryFolder(), "a.jsonl");
    const writer = new JournalWriter(path);
    for (const name of ["first", "second", "third"]) writer.record("a", goal(name));
    const { lines, torn } = readJournal(path);
    expect(lines.map(({ fact }) => fact)).toEqual(["first", "second", "third"].map(goal));
    expect(torn).toBe(false);
    const stamps = lines.map(({ t }) => BigInt(t));
    expect(stamps).toEqual([...stamps].sort((a, b) => (a < b ? -1 : 1)));
  });

  it("is read without a last line that was not written to its end, and says so", () => {
    const path = join(temporaryFolder(), "a.jsonl");
    new JournalWriter(path).record("a", goal("whole"));
    appendFileSync(path, '{"t":"12","host":"a","fa');
    const { lines, torn } = readJournal(path);
    expect(lines).toHaveLength(1);
    expect(torn).toBe(true);
  });

  it("is empty when its writer was killed over its first line", () => {
    const path = join(temporaryFolder(), "a.jsonl");
    writeFileSync(path, '{"jour');
    expect(readJournal(path)).toMatchObject({ lines: [], torn: true });
  });

  it("is refused when it does not say which machine's clock it goes by", () => {
    const path = join(temporaryFolder(), "a.jsonl");
    writeFileSync(path, '{"t":"12","host":"a","fact":{"kind":"goal","goal":"x"}}\n');
    expect(() => readJournal(path)).toThrow("a.jsonl: its first line does not name a machine");
  });
});

describe("the history of several journals", () => {
  const line = (t: string, host: string, within?: number) => ({
    t,
    host,
    fact: goal(t),
    ...(within === undefined ? {} : { within }),
  });

  it("is ordered by the machine's one clock, and counts from the drill's begin in microseconds", () => {
    const events = mergeJournals(
      [journal("m", [line("5000", "a"), line("9000", "a")]), journal("m", [line("7000", "b")])],
      4000n,
    );
    expect(events.map(({ id, at, host }) => [id, at, host])).toEqual([
      [0, 1, "a"],
      [1, 3, "b"],
      [2, 5, "a"],
    ]);
  });

  it("tells stamps apart that a number can't hold", () => {
    const events = mergeJournals(
      [journal("m", [line("9007199254740993001", "b")]), journal("m", [line("9007199254740993000", "a")])],
      0n,
    );
    expect(events.map(({ host }) => host)).toEqual(["a", "b"]);
  });

  it("is ordered across machines where the intervals of their times are apart", () => {
    const events = mergeJournals(
      [journal("m", [line("1000", "a", 100)]), journal("n", [line("2000", "b", 100)])],
      0n,
    );
    expect(events.map(({ host }) => host)).toEqual(["a", "b"]);
  });

  it.each([
    ["overlap", 600, "a (goal) and b (goal) can't be ordered"],
    ["are not given", undefined, "does not say within how many nanoseconds"],
  ])("is refused across machines where the intervals %s", (_, within, message) => {
    const journals = [journal("m", [line("1000", "a", within)]), journal("n", [line("2000", "b", within)])];
    expect(() => mergeJournals(journals, 0n)).toThrow(message);
  });

  it("is refused where an interval reaches over a later line of the other machine", () => {
    const journals = [
      journal("m", [line("1000", "a", 5000), line("1500", "a", 1)]),
      journal("n", [line("3000", "b", 1)]),
    ];
    expect(() => mergeJournals(journals, 0n)).toThrow("can't be ordered");
  });
});
