/**
 * A grain that is active on its primary, under one epoch: holds the state, takes writes, makes entries of
 * them.
 *
 * What it handles is volatile; the replication log is the truth. Whoever is active next begins with what
 * stands there.
 */
import type { Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import { changed, type Entry, encodeFields, type GrainState } from "./grain.js";

export class Activation {
  readonly grain: string;
  readonly epoch: number;
  /** It took over from a primary that could not be reached. */
  readonly promoted: boolean;
  /** Takes writes. */
  open = true;
  readonly #source: string;
  /** Between two complete states there are at most so many entries less one; 1: all are complete. */
  readonly #fullStateEvery: number;
  #state: GrainState;
  #timestamp: Micros;
  #sinceFullState = 0;

  constructor(
    grain: string,
    epoch: number,
    promoted: boolean,
    source: string,
    state: GrainState,
    now: Micros,
    fullStateEvery: number,
  ) {
    invariant(epoch > 0, "a primary has an epoch, and epochs begin at one");
    this.grain = grain;
    this.epoch = epoch;
    this.promoted = promoted;
    this.#source = source;
    this.#state = state;
    this.#timestamp = now;
    this.#fullStateEvery = fullStateEvery;
  }

  get state(): GrainState {
    return this.#state;
  }

  /** Handles a write. Returns the entry that tells of it. */
  handle(field: string, value: string, now: Micros): Entry {
    invariant(this.open, "a primary that is closed takes no writes");
    const after = this.#state.sequence;
    const set = { [field]: value };
    this.#state = changed(this.#state, after + 1, set);
    this.#timestamp = now;
    this.#sinceFullState++;
    if (this.#sinceFullState >= this.#fullStateEvery) return this.fullState();
    return this.#entry("delta", after, encodeFields(set));
  }

  /** The newest state as an entry. */
  fullState(): Entry {
    this.#sinceFullState = 0;
    return this.#entry("full-state", 0, encodeFields(this.#state.fields));
  }

  /** The newest state gets the sequence after `latest`. */
  resequence(latest: number): void {
    this.#state = { sequence: Math.max(latest + 1, this.#state.sequence), fields: this.#state.fields };
  }

  #entry(type: Entry["type"], after: number, payload: string): Entry {
    return {
      grain: this.grain,
      sequence: this.#state.sequence,
      epoch: this.epoch,
      source: this.#source,
      timestamp: this.#timestamp,
      type,
      after,
      payload,
    };
  }
}
