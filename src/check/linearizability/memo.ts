/**
 * What the search has seen: sets of operations that are in place, each with the state that they led to.
 *
 * Two orders of the same operations that lead to the same state have the same future, so the second one needs no
 * look. A set is kept as bits, without the words at its beginning that are full and those at its end that are
 * empty: however long the history, an entry takes about as many words as operations overlap. All entries stand in
 * one array. When that is full everything is forgotten and begins anew: a search may then look at something twice, and
 * memory stays bounded.
 */
import type { StateKey } from "../values.js";

/** Words that an entry has before its bits. */
const HEADER = 5;
const FIRST_ENTRIES = 1 << 4;

export interface MemoLimits {
  /** 32-bit words that entries may take altogether. */
  readonly words: number;
  /** Characters that the keys of known states may take altogether. */
  readonly characters: number;
}

/** Some 64 MiB. */
export const MEMO_LIMITS: MemoLimits = { words: 12_000_000, characters: 8_000_000 };

export class Memo {
  readonly #limits: MemoLimits;
  readonly #states = new Map<StateKey, number>();
  #characters = 0;
  #words = new Int32Array(FIRST_ENTRIES * 8);
  #used = 0;
  /** Positions of entries plus one, by hash; 0 where there is none. */
  #table = new Int32Array(FIRST_ENTRIES * 2);
  #count = 0;

  constructor(limits: MemoLimits = MEMO_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Notes a set and a state; false when they were known.
   *
   * @param placed bits of the operations in place.
   * @param low words before this one are full.
   * @param high words from this one on are empty.
   * @param open bits of the open operations in place.
   */
  add(placed: Int32Array, low: number, high: number, open: Int32Array, state: StateKey): boolean {
    const stateId = this.#stateId(state);
    let openEnd = open.length;
    while (openEnd > 0 && open[openEnd - 1] === 0) openEnd--;
    let end = high;
    while (end > low && placed[end - 1] === 0) end--;
    const length = Math.max(0, end - low);
    let hash = Math.imul(stateId ^ 0x9e3779b9, 0x85ebca6b) ^ low;
    for (let i = low; i < end; i++) hash = mixed(hash, placed[i] ?? 0);
    hash = mixed(hash, length);
    for (let i = 0; i < openEnd; i++) hash = mixed(hash, open[i] ?? 0);
    hash = (hash ^ (hash >>> 15)) | 0;

    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const at = (this.#table[slot] ?? 0) - 1;
      if (at < 0) break;
      if (this.#is(at, hash, stateId, low, length, openEnd, placed, open)) return false;
      slot = (slot + 1) & mask;
    }
    const at = this.#room(HEADER + length + openEnd);
    if (at < 0) {
      this.#forget();
      return this.add(placed, low, high, open, state);
    }
    const words = this.#words;
    words[at] = hash;
    words[at + 1] = stateId;
    words[at + 2] = low;
    words[at + 3] = length;
    words[at + 4] = openEnd;
    for (let i = 0; i < length; i++) words[at + HEADER + i] = placed[low + i] ?? 0;
    for (let i = 0; i < openEnd; i++) words[at + HEADER + length + i] = open[i] ?? 0;
    this.#table[slot] = at + 1;
    this.#count++;
    if (this.#count * 2 > this.#table.length) this.#widen();
    return true;
  }

  #is(
    at: number,
    hash: number,
    stateId: number,
    low: number,
    length: number,
    openEnd: number,
    placed: Int32Array,
    open: Int32Array,
  ): boolean {
    const words = this.#words;
    if (words[at] !== hash || words[at + 1] !== stateId || words[at + 2] !== low) return false;
    if (words[at + 3] !== length || words[at + 4] !== openEnd) return false;
    for (let i = 0; i < length; i++) if (words[at + HEADER + i] !== placed[low + i]) return false;
    for (let i = 0; i < openEnd; i++) if (words[at + HEADER + length + i] !== open[i]) return false;
    return true;
  }

  #stateId(state: StateKey): number {
    const known = this.#states.get(state);
    if (known !== undefined) return known;
    this.#characters += typeof state === "string" ? state.length + 16 : 16;
    if (this.#characters > this.#limits.characters) {
      this.#forget();
      this.#characters = typeof state === "string" ? state.length + 16 : 16;
    }
    const id = this.#states.size;
    this.#states.set(state, id);
    return id;
  }

  /** Where so many words fit; -1 when there is no room for them any more. */
  #room(words: number): number {
    const at = this.#used;
    const needed = at + words;
    if (needed > this.#words.length) {
      if (needed > this.#limits.words && at > 0) return -1;
      const longer = Math.max(needed, Math.min(this.#limits.words, this.#words.length * 2));
      const wider = new Int32Array(longer);
      wider.set(this.#words.subarray(0, at));
      this.#words = wider;
    }
    this.#used = needed;
    return at;
  }

  #widen(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (const entry of this.#table) {
      if (entry === 0) continue;
      let slot = (this.#words[entry - 1] ?? 0) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entry;
    }
    this.#table = table;
  }

  #forget(): void {
    this.#used = 0;
    this.#count = 0;
    this.#table.fill(0);
    this.#states.clear();
    this.#characters = 0;
  }
}

function mixed(hash: number, word: number): number {
  let next = Math.imul(hash ^ word, 0xcc9e2d51);
  next = (next << 15) | (next >>> 17);
  return (Math.imul(next, 0x1b873593) + 0x6546b64) | 0;
}
