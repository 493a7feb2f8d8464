/** Universes in which a program commits rows to a database of its own while its host crashes, and what became of them. */
import { node } from "../../../src/node/index.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";
import { printed, runPrograms } from "./universe.js";

export interface Fate {
  /** What was committed and is not there after a crash. */
  readonly lost: number;
  /** The most commits that one crash took back. */
  readonly mostAtOnce: number;
  /** Starts that found the file damaged, its count wrong or a row with other content. */
  readonly damaged: number;
  readonly committed: number;
  readonly starts: number;
  readonly lines: readonly string[];
}

interface Found {
  readonly integrity: string;
  readonly counted: boolean;
  readonly wrong: number;
  readonly ids: readonly number[];
}

/** Four crashes: two at moments between transactions, two at one of the next syncs. */
function crashes(seed: number): Fault[] {
  return [1, 2, 3, 4].map((n): Fault => {
    const at = n * SECOND + ((seed * 37 + n * 11) % 400) * MILLISECOND;
    const common = { id: `c${n}`, at, for: 200 * MILLISECOND, target: "a" };
    if (n % 2 === 0) return { kind: "crash", ...common };
    const side = seed % 2 === 0 ? "before" : "after";
    return { kind: "crash-point", ...common, point: 1 + ((seed + n) % 9), side };
  });
}

export async function fateOfRows(args: readonly string[], seed: number): Promise<Fate> {
  const hosts = { a: node("sqlite-rows.mjs", { args }) };
  const outcome = await runPrograms({ hosts, seed, faults: crashes(seed), seconds: 5 });
  const lines = printed(outcome, "a");
  const committed = new Set<number>();
  let lost = 0;
  let mostAtOnce = 0;
  let damaged = 0;
  let starts = 0;
  for (const line of lines) {
    const [what, text = ""] = line.split(/ (.*)/s);
    if (what === "committed") {
      committed.add(Number(text));
      continue;
    }
    const { integrity, counted, wrong, ids } = JSON.parse(text) as Found;
    starts++;
    if (integrity !== "ok" || !counted || wrong > 0) damaged++;
    const there = new Set(ids);
    const missing = [...committed].filter((id) => !there.has(id));
    for (const id of missing) committed.delete(id); // its number is used again
    lost += missing.length;
    mostAtOnce = Math.max(mostAtOnce, missing.length);
  }
  return { lost, mostAtOnce, damaged, committed: committed.size, starts, lines };
}
