/** What a database holds after crashes between transactions and at its syncs, by what its program asked to be synced. */
import { describe, expect, it } from "vitest";
import { type Fate, fateOfRows } from "./support/rows.js";

const SEEDS = 40;

async function fates(...args: string[]): Promise<Fate[]> {
  const found: Fate[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) found.push(await fateOfRows(args, seed));
  return found;
}

const most = (found: readonly Fate[]): number => Math.max(...found.map(({ mostAtOnce }) => mostAtOnce));
const damaged = (found: readonly Fate[]): number => found.filter((fate) => fate.damaged > 0).length;

describe("a database on a host that crashes", () => {
  it.each([
    ["wal", "full"],
    ["truncate", "full"],
    ["persist", "full"],
    ["delete", "extra"],
  ])("keeps what was committed with journal_mode %s and synchronous %s", async (...args) => {
    const found = await fates(...args);
    expect(damaged(found)).toBe(0);
    expect(most(found)).toBe(0);
    expect(found.every(({ starts, committed }) => starts > 2 && committed > 100)).toBe(true);
  });

  it("may lose the last commit when the removal of its journal was not synced, as SQLite's manual says", async () => {
    const found = await fates("delete", "full");
    expect(damaged(found)).toBe(0);
    expect(most(found)).toBe(1);
  });

  it("loses commits and stays sound when the log is synced at checkpoints only", async () => {
    const found = await fates("wal", "normal");
    expect(damaged(found)).toBe(0);
    expect(most(found)).toBeGreaterThan(1);
  });

  it("loses commits and is damaged when nothing is synced", async () => {
    const found = await fates("delete", "off");
    expect(most(found)).toBeGreaterThan(1);
    expect(damaged(found)).toBeGreaterThan(SEEDS / 10);
  });
});
