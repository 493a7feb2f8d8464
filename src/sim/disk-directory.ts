/**
 * The names on a disk: which file each stands for, as code under test sees it and as the medium holds it.
 *
 * A change of names (a creation, a rename, a removal) is journalled: it reaches the medium whole or not at all, and
 * never before an earlier change of the same names. Changes of different names are independent: a crash may
 * keep the younger and not the older. Names are never damaged.
 */
import type { StoredFile } from "./disk-file.js";
import type { Random } from "./random.js";

/** A change of names, as reports call it. */
export interface NameChange {
  readonly what: "creation" | "renaming" | "removal";
  /** The new name; of a removal the one that goes. */
  readonly name: string;
}

interface Change {
  /** Position among all changes of this directory. */
  readonly sequence: number;
  /** The name that goes; the same as `to` when there is only one. */
  readonly from: string;
  /** The name that stands for `file` afterwards. */
  readonly to: string;
  /** Undefined for a removal. */
  readonly file: StoredFile | undefined;
}

/** The oldest change is written back by itself when this many are waiting. */
const WRITE_BACK_AT = 64;

export class Directory {
  #cached = new Map<string, StoredFile>();
  readonly #durable = new Map<string, StoredFile>();
  #unsynced: Change[] = [];
  #changed = 0;

  /** How many changes were made so far: a mark for `commit`. */
  get changed(): number {
    return this.#changed;
  }

  get(name: string): StoredFile | undefined {
    return this.#cached.get(name);
  }

  /** Whether there is something about this name that the medium does not know, or a file. */
  knows(name: string): boolean {
    return this.#cached.has(name) || this.#durable.has(name) || this.#concerns(name);
  }

  /** Files by their creation, the oldest first. */
  entries(): [name: string, file: StoredFile][] {
    return [...this.#cached].sort(([, a], [, b]) => a.number - b.number);
  }

  create(name: string, file: StoredFile): void {
    this.#change(name, name, file);
  }

  rename(from: string, to: string, file: StoredFile): void {
    this.#change(from, to, file);
  }

  remove(name: string): void {
    this.#change(name, name, undefined);
  }

  /** Of the first `mark` changes, those of this name reach the medium, and all that they build on. */
  commit(name: string, mark: number): void {
    if (!this.#concerns(name)) return;
    const names = new Set([name]);
    const reached = new Set<Change>();
    for (const change of this.#unsynced.toReversed()) {
      if (change.sequence >= mark || !(names.has(change.from) || names.has(change.to))) continue;
      names.add(change.from).add(change.to);
      reached.add(change);
    }
    for (const change of this.#unsynced) if (reached.has(change)) apply(this.#durable, change);
    this.#unsynced = this.#unsynced.filter((change) => !reached.has(change));
  }

  /**
   * The power fails: each unsynced change reached the medium or did not; none without those it builds on. Returns those that
   * did not.
   */
  crash(random: Random): NameChange[] {
    const lost = new Set<string>();
    const changes: NameChange[] = [];
    for (const change of this.#unsynced) {
      const kept = random.below(2) === 1 && !lost.has(change.from) && !lost.has(change.to);
      if (kept) apply(this.#durable, change);
      else {
        lost.add(change.from).add(change.to);
        changes.push({ what: whatOf(change), name: change.to });
      }
    }
    this.#unsynced = [];
    this.#cached = new Map(this.#durable);
    return changes;
  }

  /** Asked at each fsync, most of which have nothing to do here. */
  #concerns(name: string): boolean {
    for (const change of this.#unsynced) if (concerns(change, name)) return true;
    return false;
  }

  #change(from: string, to: string, file: StoredFile | undefined): void {
    const change = { sequence: this.#changed++, from, to, file };
    apply(this.#cached, change);
    this.#unsynced.push(change);
    if (this.#unsynced.length > WRITE_BACK_AT) {
      const oldest = this.#unsynced.shift();
      if (oldest !== undefined) apply(this.#durable, oldest);
    }
  }
}

function whatOf({ from, to, file }: Change): NameChange["what"] {
  if (file === undefined) return "removal";
  return from === to ? "creation" : "renaming";
}

function concerns(change: Change, name: string): boolean {
  return change.from === name || change.to === name;
}

function apply(names: Map<string, StoredFile>, { from, to, file }: Change): void {
  names.delete(from);
  if (file !== undefined) names.set(to, file);
}
