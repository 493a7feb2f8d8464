/**
 * The scheduler owns time. It pops the next event from a heap ordered by (time, tie-break, sequence), runs
 * it, lets all that awaited it go on, and only then pops the next.
 *
 * Events belong to lanes, one for each machine. A lane breaks ties by a hash of its own name and of its own
 * count of events, so that events at the same microsecond come in an order that the seed decides and that
 * taking out an unrelated fault does not change. When a lane's epoch ends (its host crashes) the events of
 * that epoch are dropped; when it is paused its events wait.
 */

import { codeOf } from "./codes.js";
import {
  finishing,
  inMacrotask,
  macrotask,
  type OnUncaught,
  synchronousDrain,
  type UncaughtKind,
  Unfinished,
} from "./drain.js";
import type { Micros } from "./time.js";
import { type Leak, raiseGuard } from "./traps/guard.js";
import { installTraps } from "./traps/install.js";

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

/** What an event does, with two arguments of its own, so that hot paths need no closure. */
export type Action<A, B> = (a: A, b: B) => void;

/** Something that will happen. Held by whoever may want to cancel it. */
export class ScheduledEvent {
  /** Position in the heap; -1 when it is not (or no longer) waiting, -2 when its paused lane holds it. */
  slot = -1;

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

/** What a watcher sees of each dispatched event, for traces and for finding the first divergence. */
export type DispatchWatcher = (at: Micros, lane: string, label: string, code: number) => void;

export interface SchedulerOptions {
  /** Events after which a run is stopped as endless. Default 50 million. */
  readonly eventBudget?: number;
  /** Use `setImmediate` even where the synchronous drain works: for its test. */
  readonly forceFallback?: boolean;
  /**
   * Whether code under test that reaches for something outside of the universe fails the run. Default true. Where the
   * synchronous drain does not work nothing is guarded, for other code of the process runs in between.
   */
  readonly traps?: boolean;
  /** Two cells that take the time and the number of the lane of each event, for whoever watches from another thread. */
  readonly position?: Float64Array;
}

/** The run did not come to its end within its budget of events. */
export class EventBudgetExceeded extends Error {
  override readonly name = "EventBudgetExceeded";
}

const DEFAULT_EVENT_BUDGET = 50_000_000;
/** Events that the heap has room for at first. */
const SMALLEST_HEAP = 64;
/** The slot of an event that waits for its lane to be resumed. */
const HELD = -2;

export class Scheduler {
  now: Micros = 0;
  /** Dispatched events so far. */
  events = 0;
  /** The history event whose consequences are being worked out; -1 for none. */
  cause = -1;
  /** The lane whose event is being dispatched. */
  current: Lane | undefined = undefined;
  watcher: DispatchWatcher | undefined = undefined;

  readonly #heap: ScheduledEvent[] = [];
  /** The time of each event in the heap, side by side: with thousands of events, to look at each one itself is to miss the cache. */
  #times = new Float64Array(SMALLEST_HEAP);
  readonly #budget: number;
  readonly #forceFallback: boolean;
  readonly #traps: boolean;
  readonly #position: Float64Array;
  #sequence = 0;
  /** The epoch of the event that is being dispatched. */
  #epoch = 0;
  #unsettled = false;
  #stopped = false;
  #hashA = 0x243f6a88;
  #hashB = 0x85a308d3;

  constructor(options: SchedulerOptions = {}) {
    this.#budget = options.eventBudget ?? DEFAULT_EVENT_BUDGET;
    this.#forceFallback = options.forceFallback ?? false;
    this.#traps = options.traps ?? true;
    this.#position = options.position ?? new Float64Array(2);
  }

  /** Every dispatched event so far, folded into 16 hexadecimal digits. */
  get traceHash(): string {
    return hex(this.#hashA) + hex(this.#hashB);
  }

  /** How many events wait. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Schedules `action(a, b)` at a time that is not in the past, as an event of the lane's present epoch. */
  schedule<A, B>(
    at: Micros,
    lane: Lane,
    label: string,
    code: number,
    action: Action<A, B>,
    a: A,
    b: B,
    epoch = lane.epoch,
  ): ScheduledEvent {
    const event = new ScheduledEvent(
      at < this.now ? this.now : at,
      lane.nextTie(),
      this.#sequence++,
      lane,
      epoch,
      label,
      code,
      this.cause,
      action as Action<unknown, unknown>, // a and b are handed to it just as they came in
      a,
      b,
    );
    this.#push(event);
    return event;
  }

  /** Takes an event out; harmless when it has already happened. */
  cancel(event: ScheduledEvent): void {
    const slot = event.slot;
    if (slot < 0) {
      if (slot === HELD) event.lane.held = event.lane.held.filter((other) => other !== event);
      event.slot = -1;
      return;
    }
    event.slot = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === event) return;
    this.#place(last, slot);
  }

  /** Those waiting events for which this is true; lanes that are paused keep theirs to themselves. */
  waiting(isMeant: (event: ScheduledEvent) => boolean): ScheduledEvent[] {
    return this.#heap.filter(isMeant);
  }

  /** Has a waiting event happen at another time, which is not in the past. */
  move(event: ScheduledEvent, at: Micros): void {
    if (event.slot < 0) return;
    event.at = at;
    this.#place(event, event.slot);
  }

  /**
   * Moves those waiting events of a lane that run one of these actions: timers, when the clock that they run on
   * changes its rate. `when` gives for each time the new one. Returns whether any was moved.
   */
  retime(lane: Lane, actions: ReadonlySet<unknown>, when: (at: Micros) => Micros): boolean {
    let moved = false;
    for (const event of this.#heap) {
      if (event.lane !== lane || event.epoch !== lane.epoch || !actions.has(event.action)) continue;
      const at = when(event.at);
      if (at !== event.at) moved = true;
      event.at = at;
      this.#times[event.slot] = at;
    }
    if (moved) this.#restoreOrder();
    return moved;
  }

  /** Something may have settled a promise: the microtasks are drained before the next event. */
  settle(): void {
    this.#unsettled = true;
  }

  /** Folds a number into the trace hash. */
  fold(value: number): void {
    const mixed = Math.imul(this.#hashA ^ value, 0x9e3779b1);
    this.#hashA = (mixed << 13) | (mixed >>> 19);
    this.#hashB = Math.imul(this.#hashB + (value ^ (mixed >>> 11)), 0x85ebca6b) ^ (this.#hashB >>> 15);
  }

  /** The loop ends before its next event. */
  stop(): void {
    this.#stopped = true;
  }

  /** Events that waited while the lane was paused are due now, in the order in which they would have come. */
  resume(lane: Lane): void {
    lane.paused = false;
    lane.onHeld = undefined;
    const held = lane.held;
    lane.held = [];
    for (const event of held) {
      if (event.epoch !== lane.epoch) continue;
      event.at = this.now;
      event.tie = 0;
      event.sequence = this.#sequence++;
      this.#push(event);
    }
  }

  /**
   * Dispatches events until `until` (inclusive), until none is left, or until `stop()`.
   *
   * @param onFailure an exception or an unhandled rejection, with the lane in which it happened. Those of a
   *   life that ended within this very event are not reported: a dead machine throws nothing.
   * @param isTolerated whether what reaches out of the universe in this lane fails nothing.
   */
  run(
    until: Micros,
    onFailure: (lane: Lane | undefined, error: unknown, kind: UncaughtKind) => void,
    isTolerated: (lane: Lane | undefined, leak: Leak) => boolean = () => false,
  ): Promise<void> {
    const fail: OnUncaught = (error, kind) => {
      const lane = this.current;
      if (lane === undefined || lane.epoch === this.#epoch) onFailure(lane, error, kind);
    };
    return inMacrotask(fail, () => {
      this.current = undefined;
      this.cause = -1;
      const drain = this.#forceFallback ? undefined : synchronousDrain();
      if (drain === undefined) return this.#runAwaiting(until, fail);
      if (!this.#traps) return this.#runDraining(until, fail, drain);
      const onLeak = (leak: Leak): boolean => {
        const tolerated = isTolerated(this.current, leak);
        if (!tolerated) fail(leak, "uncaughtException");
        return tolerated;
      };
      try {
        return guarded(onLeak, () => this.#runDraining(until, fail, drain));
      } catch (error) {
        if (!(error instanceof Unfinished)) throw error;
        return onFailure(undefined, error, "uncaughtException");
      }
    });
  }

  #runDraining(until: Micros, fail: OnUncaught, drain: () => void): void {
    // What was awaited before the loop began (boot code called from outside) goes on first.
    drain();
    while (!this.#stopped && this.#dispatchNext(until, fail)) {
      if (this.#unsettled) {
        this.#unsettled = false;
        drain();
      }
    }
  }

  async #runAwaiting(until: Micros, fail: OnUncaught): Promise<void> {
    await macrotask();
    while (!this.#stopped && this.#dispatchNext(until, fail)) {
      if (this.#unsettled) {
        this.#unsettled = false;
        await macrotask();
      }
    }
  }

  /** False when there is nothing left to do before `until`. */
  #dispatchNext(until: Micros, fail: OnUncaught): boolean {
    const event = this.#heap[0];
    if (event === undefined || event.at > until) {
      if (this.now < until) this.now = until;
      return false;
    }
    this.#popFirst(event);
    const lane = event.lane;
    if (event.epoch !== lane.epoch) return true;
    if (lane.paused) {
      event.slot = HELD;
      lane.held.push(event);
      lane.onHeld?.();
      return true;
    }
    const at = event.at;
    this.now = at;
    this.#position[0] = at;
    this.#position[1] = lane.index;
    this.cause = event.cause;
    this.current = lane;
    this.#epoch = event.epoch;
    this.fold(at | 0);
    this.fold(event.code ^ Math.imul(lane.index + 1, 0xc2b2ae35));
    this.watcher?.(at, lane.name, event.label, event.code);
    if (++this.events > this.#budget) {
      throw new EventBudgetExceeded(`the run passed its budget of ${this.#budget} events at ${at} µs`);
    }
    try {
      event.action(event.a, event.b);
    } catch (error) {
      fail(error, "uncaughtException");
    }
    return true;
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    heap.push(event);
    if (heap.length > this.#times.length) {
      const times = new Float64Array(this.#times.length * 2);
      times.set(this.#times);
      this.#times = times;
    }
    this.#siftUp(event, heap.length - 1);
  }

  #popFirst(first: ScheduledEvent): void {
    first.slot = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#siftDown(last, 0);
  }

  /** Makes a heap of it again after times have changed. */
  #restoreOrder(): void {
    const heap = this.#heap;
    for (let slot = (heap.length - 2) >> 2; slot >= 0; slot--) {
      this.#siftDown(heap[slot] as ScheduledEvent, slot); // below the length, so filled
    }
  }

  /** Puts an event into a slot from which another was taken. */
  #place(event: ScheduledEvent, slot: number): void {
    const parent = this.#heap[(slot - 1) >> 2];
    if (slot > 0 && parent !== undefined && before(event, parent)) this.#siftUp(event, slot);
    else this.#siftDown(event, slot);
  }

  // Below, slots are below the length: both arrays are filled there, which the casts say.

  #siftUp(event: ScheduledEvent, start: number): void {
    const heap = this.#heap;
    const times = this.#times;
    const at = event.at;
    let slot = start;
    while (slot > 0) {
      const parentSlot = (slot - 1) >> 2;
      const parentAt = times[parentSlot] as number;
      if (parentAt < at) break;
      const parent = heap[parentSlot] as ScheduledEvent;
      if (parentAt === at && !comesFirst(event, parent)) break;
      heap[slot] = parent;
      times[slot] = parentAt;
      parent.slot = slot;
      slot = parentSlot;
    }
    heap[slot] = event;
    times[slot] = at;
    event.slot = slot;
  }

  #siftDown(event: ScheduledEvent, start: number): void {
    const heap = this.#heap;
    const times = this.#times;
    const length = heap.length;
    const at = event.at;
    let slot = start;
    for (;;) {
      let childSlot = (slot << 2) + 1;
      if (childSlot >= length) break;
      let childAt = times[childSlot] as number;
      const end = Math.min(childSlot + 4, length);
      for (let other = childSlot + 1; other < end; other++) {
        const otherAt = times[other] as number;
        if (otherAt > childAt) continue;
        if (
          otherAt === childAt &&
          !comesFirst(heap[other] as ScheduledEvent, heap[childSlot] as ScheduledEvent)
        )
          continue;
        childSlot = other;
        childAt = otherAt;
      }
      if (childAt > at) break;
      const child = heap[childSlot] as ScheduledEvent;
      if (childAt === at && !comesFirst(child, event)) break;
      heap[slot] = child;
      times[slot] = childAt;
      child.slot = slot;
      slot = childSlot;
    }
    heap[slot] = event;
    times[slot] = at;
    event.slot = slot;
  }
}

/** Does what is done in a universe with a guard over what is outside of it. @throws Unfinished */
function guarded(onLeak: (leak: Leak) => boolean, body: () => void): void {
  installTraps();
  finishing(() => {
    const lower = raiseGuard(onLeak);
    try {
      body();
    } finally {
      lower();
    }
  });
}

function before(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at === b.at ? comesFirst(a, b) : a.at < b.at;
}

/** Of two events at the same time. */
function comesFirst(a: ScheduledEvent, b: ScheduledEvent): boolean {
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.sequence < b.sequence;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
