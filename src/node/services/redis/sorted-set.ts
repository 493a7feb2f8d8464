/** A sorted set: members by score, and where scores are the same by their bytes. */

export interface Scored {
  readonly member: string;
  readonly score: number;
}

function isBefore(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.member < b.member);
}

export class SortedSet {
  readonly #scores = new Map<string, number>();
  readonly #sorted: Scored[] = [];

  get size(): number {
    return this.#sorted.length;
  }

  get sorted(): readonly Scored[] {
    return this.#sorted;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  set(member: string, score: number): void {
    const before = this.#scores.get(member);
    if (before === score) return;
    if (before !== undefined) this.#sorted.splice(this.#place({ member, score: before }), 1);
    this.#scores.set(member, score);
    this.#sorted.splice(this.#place({ member, score }), 0, { member, score });
  }

  delete(member: string): boolean {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#scores.delete(member);
    this.#sorted.splice(this.#place({ member, score }), 1);
    return true;
  }

  /** From 0, by score. */
  rank(member: string): number | undefined {
    const score = this.#scores.get(member);
    return score === undefined ? undefined : this.#place({ member, score });
  }

  /** Where it is, or would be. */
  #place(scored: Scored): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sorted[middle];
      if (other !== undefined && isBefore(other, scored)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
