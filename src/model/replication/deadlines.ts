/**
 * The leader's watch over its state machine's deadlines: what has run out on the leader's own monotonic clock is
 * proposed as a command. One timer serves all of them, set for the earliest; it may come for a deadline that is gone
 * by then, and sets itself again. A new leader starts every deadline anew, in full.
 */
import { type Host, MILLISECOND, type Micros, type Timer } from "seedstorm";
import type { Command, Deadline } from "./machine.js";

interface Watched<C extends Command> {
  readonly deadline: Deadline<C>;
  readonly due: Micros;
  proposed: boolean;
}

/** How long until a deadline that could not be proposed is tried again. */
const RETRY_AFTER = 200 * MILLISECOND;

export class DeadlineWatch<C extends Command> {
  readonly #host: Host;
  /** Proposes the command; false when that was not possible right now. */
  readonly #propose: (command: C) => boolean;
  #current: readonly Deadline<C>[] = [];
  #watched = new Map<string, Watched<C>>();
  #timer: Timer | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  constructor(host: Host, propose: (command: C) => boolean) {
    this.#host = host;
    this.#propose = propose;
  }

  /** The machine's deadlines as of now. Costs nothing when it is the same list as before. */
  refresh(deadlines: readonly Deadline<C>[]): void {
    if (deadlines === this.#current) return;
    this.#current = deadlines;
    const now = this.#host.clock.monotonic();
    const next = new Map<string, Watched<C>>();
    let earliest = Number.POSITIVE_INFINITY;
    for (const deadline of deadlines) {
      const known = this.#watched.get(deadline.key);
      const watched =
        known !== undefined && known.deadline.generation === deadline.generation
          ? known
          : { deadline, due: now + deadline.after, proposed: false };
      next.set(deadline.key, watched);
      if (!watched.proposed && watched.due < earliest) earliest = watched.due;
    }
    this.#watched = next;
    if (earliest < this.#timerDue) this.#setTimer(earliest, now);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#watched.clear();
    this.#current = [];
  }

  #setTimer(due: Micros, now: Micros): void {
    this.#timer?.cancel();
    this.#timerDue = due;
    this.#timer = this.#host.after(Math.max(0, due - now), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = this.#host.clock.monotonic();
    let earliest = Number.POSITIVE_INFINITY;
    for (const watched of [...this.#watched.values()]) {
      if (watched.proposed) continue;
      if (watched.due <= now) {
        watched.proposed = this.#propose(watched.deadline.command);
        if (!watched.proposed) earliest = Math.min(earliest, now + RETRY_AFTER);
      } else if (watched.due < earliest) earliest = watched.due;
    }
    if (earliest < this.#timerDue) this.#setTimer(earliest, now);
  }
}
