/**
 * What each process of a drill wrote down, and how one history comes of it.
 *
 * A fact is written by a system call before the code that recorded it goes on, so that a process that is killed has lost none of
 * them. Its stamp is the machine's monotonic clock in nanoseconds, which all processes of one machine share, and which never
 * goes back: stamps give one order. The first line of a journal names the machine. Clocks of two machines have no order in
 * common, so each line of theirs must say within how many nanoseconds its stamp is true; two lines of different machines
 * whose intervals overlap can't be ordered, and are refused.
 */
import { openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import type { Fact, HistoryEvent } from "../sim/history.js";
import type { Micros } from "../sim/time.js";

/** One fact, with its time and place. */
export interface JournalLine {
  /** Nanoseconds of the machine's monotonic clock, in decimal: more than a number holds exactly. */
  readonly t: string;
  /** So many nanoseconds either way the stamp may be off; left out where all lines are of one machine. */
  readonly within?: number;
  readonly host: string;
  readonly fact: Fact;
}

/** What one process wrote. */
export interface Journal {
  readonly machine: string;
  readonly lines: readonly JournalLine[];
  /** The last line was not whole: its writer was killed over it. */
  readonly torn: boolean;
}

/** Journals whose lines have no order, or no meaning; the message is for people. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** Which boot of which machine: what a monotonic clock belongs to. */
export function thisMachine(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return hostname();
  }
}

/** The exit code of a process that can't write its journal: whatever it did from then on would be lost. */
export const JOURNAL_LOST = 74;

export class JournalWriter {
  readonly #path: string;
  readonly #file: number;

  /** Opens a journal that is not there yet. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "ax");
    this.#write({ journal: 1, machine: thisMachine() });
  }

  /**
   * @param at nanoseconds of the machine's monotonic clock; now by default.
   * @throws JournalError where it can't be written down.
   */
  record(host: string, fact: Fact, at = process.hrtime.bigint()): void {
    const line: JournalLine = { t: String(at), host, fact };
    this.#write(line);
  }

  #write(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      // A disk that is nearly full takes a part of a line and says so by a number.
      if (writeSync(this.#file, bytes) === bytes.length) return;
    } catch (error) {
      throw new JournalError(
        `${this.#path} can't be written: ${error instanceof Error ? error.message : error}`,
      );
    }
    throw new JournalError(`${this.#path} can't be written: there is no space left`);
  }
}

/** One whose writer was killed over its first line is empty. @throws JournalError where it is none. */
export function readJournal(path: string): Journal {
  const [first = "", ...rest] = readFileSync(path, "utf8").split("\n");
  if (rest.length === 0) return { machine: thisMachine(), lines: [], torn: true };
  const machine = machineOf(first);
  if (machine === undefined) throw new JournalError(`${path}: its first line does not name a machine`);
  const last = rest.pop() ?? "";
  const lines = rest.map((text) => JSON.parse(text) as JournalLine); // written by a JournalWriter
  return { machine, lines, torn: last !== "" };
}

function machineOf(line: string): string | undefined {
  try {
    const head: unknown = JSON.parse(line);
    if (typeof head !== "object" || head === null || !("machine" in head)) return undefined;
    return typeof head.machine === "string" ? head.machine : undefined;
  } catch {
    return undefined;
  }
}

interface Placed {
  readonly machine: string;
  readonly at: bigint;
  readonly line: JournalLine;
}

/**
 * One history out of all journals, its times counted from `base`. No event knows its cause.
 *
 * @throws JournalError where two lines can't be ordered.
 */
export function mergeJournals(journals: readonly Journal[], base: bigint): HistoryEvent[] {
  const placed = journals.flatMap(({ machine, lines }) =>
    lines.map((line): Placed => ({ machine, at: BigInt(line.t), line })),
  );
  placed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  if (new Set(journals.map(({ machine }) => machine)).size > 1) checkOrder(placed);
  return placed.map(({ at, line: { host, fact } }, id) => {
    const micros: Micros = Number((at - base) / 1000n);
    return { id, at: Math.max(0, micros), host, cause: -1, ...fact };
  });
}

/** Of each machine the line whose interval reaches furthest is looked at: it is the one that a later line may overlap. */
function checkOrder(placed: readonly Placed[]): void {
  const furthest = new Map<string, { readonly until: bigint; readonly line: JournalLine }>();
  for (const { machine, at, line } of placed) {
    if (line.within === undefined) {
      throw new JournalError(
        `a line of ${line.host} does not say within how many nanoseconds its time is true, which journals of several machines must`,
      );
    }
    const within = BigInt(line.within);
    for (const [other, { until, line: before }] of furthest) {
      if (other === machine || at - within > until) continue;
      throw new JournalError(
        `${before.host} (${before.fact.kind}) and ${line.host} (${line.fact.kind}) can't be ordered: they stand on two machines, and the intervals of their times overlap`,
      );
    }
    const until = at + within;
    const known = furthest.get(machine);
    if (known === undefined || until > known.until) furthest.set(machine, { until, line });
  }
}
