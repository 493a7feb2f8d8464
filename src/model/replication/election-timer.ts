/**
 * When a member stands for election: it waits for a random time, and begins to wait again each time it hears of a leader.
 * Nothing is scheduled for it; the host's regular tick asks.
 */
import type { Host, Micros } from "seedstorm";
import { ELECTION_TIMEOUT, FIRST_ELECTION_TIMEOUT } from "./settings.js";

export class ElectionTimer {
  readonly #host: Host;
  #leaderHeardAt: Micros = Number.NEGATIVE_INFINITY;
  #since: Micros;
  #patience: Micros;

  constructor(host: Host) {
    this.#host = host;
    const [least, most] = host.incarnation === 1 ? FIRST_ELECTION_TIMEOUT : ELECTION_TIMEOUT;
    this.#since = host.clock.monotonic();
    this.#patience = host.random.between(least, most);
  }

  /** Waits from now on, for a time drawn from this range. */
  wait([least, most]: readonly [Micros, Micros] = ELECTION_TIMEOUT): void {
    this.#since = this.#host.clock.monotonic();
    this.#patience = this.#host.random.between(least, most);
  }

  /** Waits from now on, as long as before. */
  restart(): void {
    this.#since = this.#host.clock.monotonic();
  }

  leaderHeard(): void {
    this.#since = this.#host.clock.monotonic();
    this.#leaderHeardAt = this.#since;
  }

  isOver(now: Micros): boolean {
    return now - this.#since >= this.#patience;
  }

  /** A leader was heard of so lately that nobody else should stand. */
  followsLeader(): boolean {
    return this.#host.clock.monotonic() - this.#leaderHeardAt < ELECTION_TIMEOUT[0];
  }
}
