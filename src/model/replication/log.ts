/**
 * The log in memory: the entries after a base, which is the end of what was compacted away. Says nothing about what
 * is on disk (that is the storage's business) or what is committed.
 */
import { invariant } from "../invariant.js";
import type { Entry } from "./entry.js";

/** A place in the log, with what is needed to recognise it. */
export interface LogMark {
  readonly index: number;
  readonly term: number;
  readonly chain: number;
}

export const LOG_START: LogMark = { index: 0, term: 0, chain: 0 };

export class Log {
  #base: LogMark = LOG_START;
  #entries: Entry[] = [];

  /** Just before the first entry that is still here. */
  get base(): LogMark {
    return this.#base;
  }

  get last(): LogMark {
    return this.#entries[this.#entries.length - 1] ?? this.#base;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get(index: number): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** The entry or the base at this index. */
  mark(index: number): LogMark | undefined {
    return index === this.#base.index ? this.#base : this.get(index);
  }

  /** Undefined where the log has been compacted away or has not got to. */
  termAt(index: number): number | undefined {
    return this.mark(index)?.term;
  }

  /** At most `limit` entries from `from` on. */
  slice(from: number, limit: number): readonly Entry[] {
    const start = Math.max(0, from - this.#base.index - 1);
    return this.#entries.slice(start, start + limit);
  }

  append(entry: Entry): void {
    invariant(entry.index === this.lastIndex + 1, "an entry goes behind the last one of the log");
    this.#entries.push(entry);
  }

  /** Forgets everything behind `index`. */
  cutAfter(index: number): void {
    this.#entries.length = Math.max(0, Math.min(this.#entries.length, index - this.#base.index));
  }

  /** Forgets everything up to and including `index`, which must be here. */
  compactTo(index: number): void {
    const mark = this.get(index);
    if (mark === undefined) return;
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index: mark.index, term: mark.term, chain: mark.chain };
  }

  /** Starts anew behind a snapshot. */
  reset(base: LogMark, entries: readonly Entry[] = []): void {
    this.#base = { index: base.index, term: base.term, chain: base.chain };
    this.#entries = entries.slice();
    invariant(this.last.index === this.lastIndex, "entries of a log stand without a gap from its base on");
  }
}
