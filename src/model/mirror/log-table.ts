/**
 * The replication log's table in memory: entries by grain, and which epoch may write.
 *
 * Sequences are strictly ascending within a grain. Readers see the newest entries only, as many as are
 * retained; the newest complete state and what follows it are kept beyond that, so that a state can always be
 * had. Nothing here waits or fails: what to do about an append is decided by `judge`, and done by `add` once
 * it is durable.
 */
import { invariant } from "../invariant.js";
import { decode, type Entry } from "./grain.js";

interface GrainTable {
  entries: Entry[];
  /** Appends of an older epoch are refused. */
  fence: number;
  /** Readers see entries from this sequence on. */
  firstShown: number;
}

export type AppendJudgement =
  | { readonly status: "accept" }
  /** The same entry stands there. */
  | { readonly status: "found" }
  | { readonly status: "sequence-conflict"; readonly latest: number }
  | { readonly status: "fenced"; readonly epoch: number };

export class LogTable {
  readonly #grains = new Map<string, GrainTable>();
  readonly #retain: number;

  constructor(retain: number) {
    this.#retain = retain;
  }

  fence(grain: string): number {
    return this.#grains.get(grain)?.fence ?? 0;
  }

  setFence(grain: string, epoch: number): void {
    const table = this.#table(grain);
    if (epoch > table.fence) table.fence = epoch;
  }

  latest(grain: string): number {
    return last(this.#table(grain).entries)?.sequence ?? 0;
  }

  /** @param fenced whether epochs are looked at. */
  judge(entry: Entry, fenced: boolean): AppendJudgement {
    const { entries, fence } = this.#table(entry.grain);
    if (fenced && entry.epoch < fence) return { status: "fenced", epoch: fence };
    const latest = last(entries)?.sequence ?? 0;
    if (entry.sequence > latest) return { status: "accept" };
    const found = entries.some(
      ({ sequence, epoch, source }) =>
        sequence === entry.sequence && epoch === entry.epoch && source === entry.source,
    );
    return found ? { status: "found" } : { status: "sequence-conflict", latest };
  }

  /** Adds an accepted entry. Returns the sequence from which readers see entries, when that has changed. */
  add(entry: Entry): number | undefined {
    const table = this.#table(entry.grain);
    invariant(
      entry.sequence > (last(table.entries)?.sequence ?? 0),
      "the sequences of a grain ascend in the log",
    );
    table.entries.push(entry);
    if (entry.epoch > table.fence) table.fence = entry.epoch;
    if (table.entries.length < this.#retain + this.#retain / 2) return undefined;
    const shown = table.entries.length - this.#retain;
    const firstShown = table.entries[shown]?.sequence ?? 0;
    invariant(firstShown > table.firstShown, "readers see what is cut off no more");
    table.firstShown = firstShown;
    table.entries = table.entries.slice(Math.min(shown, newestFullState(table.entries)));
    return table.firstShown;
  }

  /** What readers see after a sequence. */
  readFrom(grain: string, after: number, limit: number): Entry[] {
    const { entries, firstShown } = this.#table(grain);
    const from = Math.max(after + 1, firstShown);
    const result: Entry[] = [];
    for (const entry of entries) {
      if (entry.sequence < from) continue;
      if (result.length === limit) break;
      result.push(entry);
    }
    return result;
  }

  /** The newest complete state and everything after it. */
  chain(grain: string): Entry[] {
    const { entries } = this.#table(grain);
    return entries.slice(newestFullState(entries));
  }

  /** Everything that is kept, for writing it down. */
  *all(): Generator<{ readonly grain: string; readonly fence: number; readonly entries: readonly Entry[] }> {
    for (const [grain, { fence, entries }] of this.#grains) yield { grain, fence, entries };
  }

  #table(grain: string): GrainTable {
    let table = this.#grains.get(grain);
    if (table === undefined) {
      table = { entries: [], fence: 0, firstShown: 0 };
      this.#grains.set(grain, table);
    }
    return table;
  }
}

function last(entries: readonly Entry[]): Entry | undefined {
  return entries[entries.length - 1];
}

/** The position of the newest one that can be decoded; 0 when there is none, so that nothing is cut off. */
function newestFullState(entries: readonly Entry[]): number {
  for (let i = entries.length - 1; i > 0; i--) {
    const entry = entries[i];
    if (entry?.type === "full-state" && decode(entry) !== undefined) return i;
  }
  return 0;
}
