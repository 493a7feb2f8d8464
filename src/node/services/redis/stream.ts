/** A stream: entries in the order of their ids, each a time in milliseconds and a number. Consumer groups are left out. */
import { RedisError } from "./resp.js";

export interface EntryId {
  readonly ms: number;
  readonly sequence: number;
}

export interface StreamEntry {
  readonly id: EntryId;
  /** Names and values, in turn. */
  readonly fields: readonly string[];
}

const FIRST: EntryId = { ms: 0, sequence: 0 };
export const LAST: EntryId = { ms: Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER };

export function idText({ ms, sequence }: EntryId): string {
  return `${ms}-${sequence}`;
}

export function isAfter(a: EntryId, b: EntryId): boolean {
  return a.ms > b.ms || (a.ms === b.ms && a.sequence > b.sequence);
}

/** @param sequence what stands for a number that is left out. */
export function idOf(text: string, sequence = 0): EntryId {
  const [, ms, number] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (ms === undefined) throw new RedisError("ERR Invalid stream ID specified as stream command argument");
  return { ms: Number(ms), sequence: number === undefined ? sequence : Number(number) };
}

export class Stream {
  readonly entries: StreamEntry[] = [];
  lastId: EntryId = FIRST;

  /** The id that `*` or `MS-*` stand for; others as they are. */
  idFor(text: string, now: number): EntryId {
    const { lastId } = this;
    const next = (ms: number): EntryId =>
      ms > lastId.ms ? { ms, sequence: 0 } : { ms: lastId.ms, sequence: lastId.sequence + 1 };
    if (text === "*") return next(now);
    const [, ms] = /^(\d+)-\*$/.exec(text) ?? [];
    return ms === undefined || Number(ms) < lastId.ms ? idOf(text.replace("*", "0")) : next(Number(ms));
  }

  add(id: EntryId, fields: readonly string[]): void {
    if (!isAfter(id, FIRST)) throw new RedisError("ERR The ID specified in XADD must be greater than 0-0");
    if (!isAfter(id, this.lastId))
      throw new RedisError(
        "ERR The ID specified in XADD is equal or smaller than the target stream top item",
      );
    this.entries.push({ id, fields });
    this.lastId = id;
  }

  /** Removes the oldest ones until so many are left. Returns how many. */
  trimTo(length: number): number {
    return this.entries.splice(0, Math.max(0, this.entries.length - length)).length;
  }

  /** Removes those before an id. Returns how many. */
  trimBefore(id: EntryId): number {
    const kept = this.entries.findIndex((entry) => !isAfter(id, entry.id));
    return this.entries.splice(0, kept < 0 ? this.entries.length : kept).length;
  }

  after(id: EntryId): StreamEntry[] {
    return this.entries.filter((entry) => isAfter(entry.id, id));
  }

  between(from: EntryId, to: EntryId): StreamEntry[] {
    return this.entries.filter(({ id }) => !isAfter(from, id) && !isAfter(id, to));
  }
}
