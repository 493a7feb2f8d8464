/**
 * What the connections of one process share of a database file beside its bytes: the five levels of SQLite's file lock,
 * and the memory and the locks of the index to its write-ahead log. A machine runs one process at a time, so that no other
 * one can hold a lock, and nothing of this outlives the process, as with the locks of an operating system.
 */

/** SQLite's levels. Pending is on the way to exclusive: no new reader gets in. */
export const LOCK = { none: 0, shared: 1, reserved: 2, pending: 3, exclusive: 4 } as const;

/** Places in the index of a write-ahead log that can be locked. */
const SLOTS = 8;

export class SharedFile {
  /** Who reads, and more. */
  readonly #levels = new Map<number, number>();
  /** Who has the log's index in use. */
  readonly users = new Set<number>();
  /** Regions of the log's index, by their number: where they are in memory. */
  readonly regions: number[] = [];
  readonly #slots = Array.from({ length: SLOTS }, () => ({
    readers: new Set<number>(),
    writer: undefined as number | undefined,
  }));

  /** Takes the lock up to a level. False: another connection is in the way; pending may have been got. */
  lock(holder: number, level: number): boolean {
    const held = this.#levels.get(holder) ?? LOCK.none;
    if (held >= level) return true;
    const others = [...this.#levels].flatMap(([other, at]) => (other === holder ? [] : [at]));
    const highest = Math.max(LOCK.none, ...others);
    if (level === LOCK.shared) {
      if (highest >= LOCK.pending) return false;
    } else if (highest >= LOCK.reserved) return false;
    if (level === LOCK.exclusive && others.length > 0) {
      this.#levels.set(holder, LOCK.pending);
      return false;
    }
    this.#levels.set(holder, level);
    return true;
  }

  unlock(holder: number, level: number): void {
    if (level === LOCK.none) this.#levels.delete(holder);
    else if ((this.#levels.get(holder) ?? LOCK.none) > level) this.#levels.set(holder, level);
  }

  /** Whether somebody is about to write. */
  get isReserved(): boolean {
    return [...this.#levels.values()].some((level) => level >= LOCK.reserved);
  }

  /** Locks places of the log's index, or none of them. */
  lockSlots(holder: number, first: number, count: number, exclusive: boolean): boolean {
    const slots = this.#slots.slice(first, first + count);
    const isFree = slots.every(({ readers, writer }) => {
      if (writer !== undefined && writer !== holder) return false;
      return !exclusive || [...readers].every((reader) => reader === holder);
    });
    if (!isFree) return false;
    for (const slot of slots) {
      if (exclusive) slot.writer = holder;
      else slot.readers.add(holder);
    }
    return true;
  }

  unlockSlots(holder: number, first: number, count: number): void {
    for (const slot of this.#slots.slice(first, first + count)) {
      slot.readers.delete(holder);
      if (slot.writer === holder) slot.writer = undefined;
    }
  }
}
