/**
 * What a follower owes its leader: to tell how far their logs agree, as soon as that is stable, and no sooner. Messages
 * that come while an fsync is under way are acknowledged together.
 */
import type { Host } from "seedstorm";
import { invariant } from "../invariant.js";
import { APPEND_REPLY, REPLY_BYTES } from "./messages.js";
import type { Storage } from "./storage.js";

interface Owed {
  readonly to: string;
  readonly term: number;
  prevIndex: number;
  round: number;
  /** The leader asked whether it still leads: that can be answered at once. */
  isAsked: boolean;
}

export class Acknowledgements {
  readonly #host: Host;
  readonly #group: string;
  readonly #storage: Storage;
  /** Agrees with the current leader's log up to here. */
  #matched = 0;
  #acknowledged = 0;
  #owed: Owed | undefined;

  constructor(host: Host, group: string, storage: Storage) {
    this.#host = host;
    this.#group = group;
    this.#storage = storage;
  }

  /** Agrees with the current leader's log and is stable up to here. */
  get stableMatch(): number {
    return Math.min(this.#matched, this.#storage.stableIndex);
  }

  matches(index: number): void {
    invariant(index <= this.#storage.log.lastIndex, "a member agrees with no more than it has");
    if (index > this.#matched) this.#matched = index;
  }

  /** What is behind `index` is no longer in the log. */
  cutAfter(index: number): void {
    if (index < this.#matched) this.#matched = index;
  }

  /** There is another leader, or none. */
  forget(): void {
    this.#matched = 0;
    this.#acknowledged = 0;
    this.#owed = undefined;
  }

  /** A message that followed `prevIndex` was taken in. */
  owe(to: string, term: number, prevIndex: number, round: number, isAsked: boolean): void {
    const owed = this.#owed;
    if (owed === undefined || owed.to !== to || owed.term !== term) {
      this.#owed = { to, term, prevIndex, round, isAsked };
    } else {
      if (prevIndex > owed.prevIndex) owed.prevIndex = prevIndex;
      if (round > owed.round) owed.round = round;
      if (isAsked) owed.isAsked = true;
    }
    this.send();
  }

  /** Tells the leader what is stable: at once when it asked, otherwise when there is something new. */
  send(): void {
    const owed = this.#owed;
    if (owed === undefined || this.#storage.stableTerm < owed.term) return;
    const index = this.stableMatch;
    const isAll = index >= this.#matched;
    if (!isAll && !owed.isAsked && index <= this.#acknowledged) return;
    const { to, term, prevIndex, round } = owed;
    owed.isAsked = false;
    if (isAll) this.#owed = undefined;
    this.#acknowledged = index;
    const { contentGeneration } = this.#storage;
    const reply = { group: this.#group, term, ok: true, index, prevIndex, round, contentGeneration };
    this.#host.send(APPEND_REPLY, to, reply, REPLY_BYTES);
  }
}
