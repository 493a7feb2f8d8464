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
  type OnWarning,
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
  /** By what the heap knows it; -1 when it is not (or no longer) waiting, -2 when its paused lane holds it. */
  handle = -1;

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
/** The handle of an event that waits for its lane to be resumed. */
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

  // The heap is of numbers alone: of thousands of waiting events hardly one is in the processor's caches, and to put one in its place
  // looks at dozens. Each has a handle, which is used again once it is gone.
  /** Handles of waiting events: four children to a parent. */
  #heap = new Int32Array(SMALLEST_HEAP);
  /** By place in the heap, two numbers each: when the event there happens, and its tie-break. */
  #keys = new Float64Array(2 * SMALLEST_HEAP);
  #size = 0;
  /** By handle: where in the heap it stands, and what it stands for. */
  #slots = new Int32Array(SMALLEST_HEAP);
  readonly #waiting: (ScheduledEvent | undefined)[] = [];
  readonly #free: number[] = [];
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
    return this.#size;
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
    const { handle } = event;
    if (handle < 0) {
      if (handle === HELD) event.lane.held = event.lane.held.filter((other) => other !== event);
      event.handle = -1;
      return;
    }
    const slot = this.#slots[handle] as number; // those of waiting events are filled
    this.#release(event);
    const last = --this.#size;
    if (slot < last) this.#placeFrom(last, slot);
  }

  /** Those waiting events for which this is true; lanes that are paused keep theirs to themselves. */
  waiting(isMeant: (event: ScheduledEvent) => boolean): ScheduledEvent[] {
    const found: ScheduledEvent[] = [];
    for (let slot = 0; slot < this.#size; slot++) {
      const event = this.#at(slot);
      if (isMeant(event)) found.push(event);
    }
    return found;
  }

  /** Has a waiting event happen at another time, which is not in the past. */
  move(event: ScheduledEvent, at: Micros): void {
    if (event.handle < 0) return;
    event.at = at;
    this.#place(event.handle, at, event.tie, this.#slots[event.handle] as number); // it waits
  }

  /**
   * Moves those waiting events of a lane that run one of these actions: timers, when the clock that they run on
   * changes its rate. `when` gives for each time the new one. Returns whether any was moved.
   */
  retime(lane: Lane, actions: ReadonlySet<unknown>, when: (at: Micros) => Micros): boolean {
    let moved = false;
    for (let slot = 0; slot < this.#size; slot++) {
      const event = this.#at(slot);
      if (event.lane !== lane || event.epoch !== lane.epoch || !actions.has(event.action)) continue;
      const at = when(event.at);
      if (at !== event.at) moved = true;
      event.at = at;
      this.#keys[2 * slot] = at;
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
    if (this.#size === 0 || (this.#keys[0] as number) > until) {
      if (this.now < until) this.now = until;
      return false;
    }
    const event = this.#popFirst();
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

  #push(event: ScheduledEvent): void {
    const handle = this.#free.pop() ?? this.#waiting.length;
    event.handle = handle;
    this.#waiting[handle] = event;
    if (this.#size === this.#heap.length) this.#grow();
    this.#siftUp(handle, event.at, event.tie, this.#size++);
  }

  #popFirst(): ScheduledEvent {
    const first = this.#at(0);
    this.#release(first);
    const last = --this.#size;
    if (last > 0) this.#siftDownFrom(last, 0);
    return first;
  }

  #release(event: ScheduledEvent): void {
    this.#waiting[event.handle] = undefined;
    this.#free.push(event.handle);
    event.handle = -1;
  }

  /** There are never more handles than there were waiting events at once. */
  #grow(): void {
    const room = this.#heap.length * 2;
    const [heap, keys, slots] = [this.#heap, this.#keys, this.#slots];
    this.#heap = new Int32Array(room);
    this.#heap.set(heap);
    this.#keys = new Float64Array(2 * room);
    this.#keys.set(keys);
    this.#slots = new Int32Array(room);
    this.#slots.set(slots);
  }

  // Below, slots are below the size and handles are of waiting events: everything is filled there, which the casts say.

  #at(slot: number): ScheduledEvent {
    return this.#waiting[this.#heap[slot] as number] as ScheduledEvent;
  }

  /** Makes a heap of it again after times have changed. */
  #restoreOrder(): void {
    for (let slot = (this.#size - 2) >> 2; slot >= 0; slot--) this.#siftDownFrom(slot, slot);
  }

  /** Puts the event of one slot into another, from which one was taken. */
  #placeFrom(from: number, slot: number): void {
    const keys = this.#keys;
    this.#place(this.#heap[from] as number, keys[2 * from] as number, keys[2 * from + 1] as number, slot);
  }

  #siftDownFrom(from: number, slot: number): void {
    const keys = this.#keys;
    this.#siftDown(this.#heap[from] as number, keys[2 * from] as number, keys[2 * from + 1] as number, slot);
  }

  /** Puts an event into a slot from which another was taken. */
  #place(handle: number, at: Micros, tie: number, slot: number): void {
    const parentSlot = (slot - 1) >> 2;
    if (slot > 0 && this.#isBeforeSlot(handle, at, tie, parentSlot)) this.#siftUp(handle, at, tie, slot);
    else this.#siftDown(handle, at, tie, slot);
  }

  #siftUp(handle: number, at: Micros, tie: number, start: number): void {
    const heap = this.#heap;
    const keys = this.#keys;
    const slots = this.#slots;
    let slot = start;
    while (slot > 0) {
      const parentSlot = (slot - 1) >> 2;
      if (!this.#isBeforeSlot(handle, at, tie, parentSlot)) break;
      const parent = heap[parentSlot] as number;
      heap[slot] = parent;
      keys[2 * slot] = keys[2 * parentSlot] as number;
      keys[2 * slot + 1] = keys[2 * parentSlot + 1] as number;
      slots[parent] = slot;
      slot = parentSlot;
    }
    heap[slot] = handle;
    keys[2 * slot] = at;
    keys[2 * slot + 1] = tie;
    slots[handle] = slot;
  }

  #siftDown(handle: number, at: Micros, tie: number, start: number): void {
    const heap = this.#heap;
    const keys = this.#keys;
    const slots = this.#slots;
    const size = this.#size;
    let slot = start;
    for (;;) {
      let childSlot = (slot << 2) + 1;
      if (childSlot >= size) break;
      let child = heap[childSlot] as number;
      let childAt = keys[2 * childSlot] as number;
      let childTie = keys[2 * childSlot + 1] as number;
      const end = Math.min(childSlot + 4, size);
      for (let other = childSlot + 1; other < end; other++) {
        const otherAt = keys[2 * other] as number;
        if (otherAt > childAt) continue;
        const otherTie = keys[2 * other + 1] as number;
        if (otherAt === childAt) {
          if (otherTie > childTie) continue;
          if (otherTie === childTie && !this.#isEarlier(heap[other] as number, child)) continue;
        }
        childSlot = other;
        child = heap[other] as number;
        childAt = otherAt;
        childTie = otherTie;
      }
      if (childAt > at) break;
      if (childAt === at) {
        if (childTie > tie) break;
        if (childTie === tie && !this.#isEarlier(child, handle)) break;
      }
      heap[slot] = child;
      keys[2 * slot] = childAt;
      keys[2 * slot + 1] = childTie;
      slots[child] = slot;
      slot = childSlot;
    }
    heap[slot] = handle;
    keys[2 * slot] = at;
    keys[2 * slot + 1] = tie;
    slots[handle] = slot;
  }

  #isBeforeSlot(handle: number, at: Micros, tie: number, slot: number): boolean {
    const otherAt = this.#keys[2 * slot] as number;
    if (at !== otherAt) return at < otherAt;
    const otherTie = this.#keys[2 * slot + 1] as number;
    return tie === otherTie ? this.#isEarlier(handle, this.#heap[slot] as number) : tie < otherTie;
  }

  /** Of two at the same time with the same tie-break, the one that was scheduled first. */
  #isEarlier(a: number, b: number): boolean {
    return (this.#waiting[a] as ScheduledEvent).sequence < (this.#waiting[b] as ScheduledEvent).sequence;
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
