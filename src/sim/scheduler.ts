/**
 * The scheduler owns time. It pops the next event from a heap ordered by (time, tie-break, sequence), runs
 * it, lets all that awaited it go on, and only then pops the next.
 *
 * Events belong to lanes, one for each machine. When a lane's epoch ends (its host crashes) the events of that epoch are
 * dropped; when it is paused its events wait.
 */

import {
  finishing,
  inMacrotask,
  macrotask,
  type OnUncaught,
  type OnWarning,
  synchronousDrain,
  type UncaughtKind,
  Unfinished,
} from "./drain.js";
import { EventHeap } from "./event-heap.js";
import { type Action, GONE, HELD, type Lane, ScheduledEvent } from "./events.js";
import type { Micros } from "./time.js";
import { type Leak, raiseGuard } from "./traps/guard.js";
import { installTraps } from "./traps/install.js";

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

export class Scheduler {
  now: Micros = 0;
  /** Dispatched events so far. */
  events = 0;
  /** The history event whose consequences are being worked out; -1 for none. */
  cause = -1;
  /** The lane whose event is being dispatched. */
  current: Lane | undefined = undefined;
  watcher: DispatchWatcher | undefined = undefined;

  readonly #heap = new EventHeap();
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
    return this.#heap.size;
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
    this.#heap.push(event);
    return event;
  }

  /** Takes an event out; harmless when it has already happened. */
  cancel(event: ScheduledEvent): void {
    if (event.handle >= 0) {
      this.#heap.remove(event);
      return;
    }
    if (event.handle === HELD) event.lane.held = event.lane.held.filter((other) => other !== event);
    event.handle = GONE;
  }

  /** Those waiting events for which this is true; lanes that are paused keep theirs to themselves. */
  waiting(isMeant: (event: ScheduledEvent) => boolean): ScheduledEvent[] {
    return this.#heap.filter(isMeant);
  }

  /** Has a waiting event happen at another time, which is not in the past. */
  move(event: ScheduledEvent, at: Micros): void {
    if (event.handle >= 0) this.#heap.move(event, at);
  }

  /**
   * Moves those waiting events of a lane that run one of these actions: timers, when the clock that they run on
   * changes its rate. `when` gives for each time the new one. Returns whether any was moved.
   */
  retime(lane: Lane, actions: ReadonlySet<unknown>, when: (at: Micros) => Micros): boolean {
    return this.#heap.retime(lane, actions, when);
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
      this.#heap.push(event);
    }
  }

  /**
   * Dispatches events until `until` (inclusive), until none is left, or until `stop()`.
   *
   * @param onFailure an exception or an unhandled rejection, with the lane in which it happened. Those of a
   *   life that ended within this very event are not reported: a dead machine throws nothing.
   * @param isTolerated whether what reaches out of the universe in this lane fails nothing.
   * @param onWarning Node warns of something in this lane; returns whether it has been seen to.
   */
  run(
    until: Micros,
    onFailure: (lane: Lane | undefined, error: unknown, kind: UncaughtKind) => void,
    isTolerated: (lane: Lane | undefined, leak: Leak) => boolean = () => false,
    onWarning: (lane: Lane | undefined, warning: unknown) => boolean = () => false,
  ): Promise<void> {
    const fail: OnUncaught = (error, kind) => {
      const lane = this.current;
      if (lane === undefined || lane.epoch === this.#epoch) onFailure(lane, error, kind);
    };
    const warn: OnWarning = (warning) => onWarning(this.current, warning);
    return inMacrotask(fail, warn, () => {
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
    if (this.#heap.isQuietUntil(until)) {
      if (this.now < until) this.now = until;
      return false;
    }
    const event = this.#heap.popFirst();
    const lane = event.lane;
    if (event.epoch !== lane.epoch) return true;
    if (lane.paused) {
      event.handle = HELD;
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

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
