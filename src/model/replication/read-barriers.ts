/**
 * Linearizable reads without log entries. A leader that is asked for a barrier notes what is committed, and then
 * makes sure that it still is the leader: a majority must answer a question that was put *after* the barrier was asked for.
 * All barriers that are asked for while one question is under way share the next one.
 */
interface Barrier {
  readonly index: number;
  readonly round: number;
  readonly resolve: (holds: boolean) => void;
}

export class ReadBarriers {
  /** Number of the newest question. Every message to a follower carries it. */
  round = 0;
  #confirmed = 0;
  #waiting: Barrier[] = [];

  /** Whether a question is under way that somebody waits for. */
  get asking(): boolean {
    return this.#confirmed < this.round && this.#waiting.length > 0;
  }

  /**
   * @param index everything up to here must be applied.
   * @param confirm false when no confirmation of the office is asked for.
   * @returns whether the question must be put now.
   */
  add(index: number, confirm: boolean, resolve: (holds: boolean) => void): boolean {
    this.#waiting.push({ index, round: confirm ? this.round + 1 : 0, resolve });
    return confirm && this.#askNext();
  }

  /** A majority has answered this question. Returns whether the next one must be put. */
  onConfirmed(round: number): boolean {
    if (round <= this.#confirmed) return false;
    this.#confirmed = round;
    return this.#askNext();
  }

  /** Takes out what holds now. */
  take(applied: number): Barrier[] {
    if (this.#waiting.length === 0) return NONE;
    const holds = (barrier: Barrier) => barrier.round <= this.#confirmed && barrier.index <= applied;
    const taken = this.#waiting.filter(holds);
    if (taken.length > 0) this.#waiting = this.#waiting.filter((barrier) => !holds(barrier));
    return taken;
  }

  takeAll(): Barrier[] {
    return this.#waiting.splice(0);
  }

  #askNext(): boolean {
    if (this.#confirmed < this.round) return false;
    if (!this.#waiting.some(({ round }) => round > this.#confirmed)) return false;
    this.round++;
    return true;
  }
}

const NONE: Barrier[] = [];
