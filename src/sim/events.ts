/**
 * An event, and the lane that it belongs to: one for each machine. A lane breaks ties by a hash of its own name and of its own
 * count of events, so that events at the same microsecond come in an order that the seed decides and that taking out an
 * unrelated fault does not change.
 */
import { codeOf } from "./codes.js";
import type { Micros } from "./time.js";

/** A machine's own strand of events. */
export class Lane {
  readonly index: number;
  readonly name: string;
  /** Events of another epoch are dropped: raised when the lane's host crashes. */
  epoch = 0;
  paused = false;
  /** Called when an event had to wait because the lane is paused. */
  onHeld: (() => void) | undefined = undefined;
  held: ScheduledEvent[] = [];
  readonly #salt: number;
  readonly #first: boolean;
  #ties = 0;

  /**
   * @param stream what its ties are drawn by. Default: its name.
   * @param first its events come before those of all other lanes at the same microsecond.
   */
  constructor(index: number, name: string, seed: number, stream = name, first = false) {
    this.index = index;
    this.name = name;
    this.#salt = codeOf(`${seed}/ties/${stream}`);
    this.#first = first;
  }

  nextTie(): number {
    if (this.#first) return 0;
    let hash = Math.imul(this.#salt ^ this.#ties++, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

/** The handle of an event that does not wait. */
export const GONE = -1;
/** The handle of an event that waits for its lane to be resumed. */
export const HELD = -2;

/** What an event does, with two arguments of its own, so that hot paths need no closure. */
export type Action<A, B> = (a: A, b: B) => void;

/** Something that will happen. Held by whoever may want to cancel it. */
export class ScheduledEvent {
  /** By what the heap knows it; `GONE` when it is not, or no longer, waiting, `HELD` when its paused lane holds it. */
  handle = GONE;

  constructor(
    public at: Micros,
    public tie: number,
    public sequence: number,
    readonly lane: Lane,
    readonly epoch: number,
    /** What kind of event this is, for the trace. */
    readonly label: string,
    readonly code: number,
    /** Id of the history event that this is a consequence of; -1 for none. */
    readonly cause: number,
    readonly action: Action<unknown, unknown>,
    readonly a: unknown,
    readonly b: unknown,
  ) {}
}
