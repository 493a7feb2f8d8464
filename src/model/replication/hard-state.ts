/**
 * What a member has promised: the term that it has reached and whom it votes for in it. Both are durable
 * before anybody learns of them, so an answer waits here until they are, and is dropped if it is outdated by
 * then.
 */
import { invariant } from "../invariant.js";
import type { Storage } from "./storage.js";

export class HardState {
  readonly #storage: Storage;
  #term = 0;
  #vote: string | null = null;
  #waiting: (() => void)[] = [];

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get term(): number {
    return this.#term;
  }

  /** Who gets the vote in this term; null as long as it is free. */
  get vote(): string | null {
    return this.#vote;
  }

  get isStable(): boolean {
    return this.#storage.stableTerm === this.#term && this.#storage.stableVote === this.#vote;
  }

  /** Takes up what was durable already. */
  resume(term: number, vote: string | null): void {
    this.#term = term;
    this.#vote = vote;
  }

  /** Enters a term, with the vote given or free. */
  enter(term: number, vote: string | null): void {
    invariant(term >= this.#term, "a member never goes back to an earlier term");
    this.#term = term;
    this.#vote = vote;
    this.#waiting = [];
    this.#storage.saveVote(term, vote);
  }

  /** Gives the vote of this term away. */
  give(candidate: string): void {
    if (this.#vote === candidate) return;
    invariant(this.#vote === null, "a vote is given to one candidate of a term");
    this.#vote = candidate;
    this.#storage.saveVote(this.#term, candidate);
  }

  /** Does something as soon as term and vote are durable. */
  whenStable(action: () => void): void {
    if (this.isStable) action();
    else this.#waiting.push(action);
  }

  /** The storage has got further. */
  onStable(): void {
    if (this.#waiting.length === 0 || !this.isStable) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) action();
  }
}
