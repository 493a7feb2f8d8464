/**
 * The events that wait, as a heap ordered by (time, tie-break, sequence).
 *
 * It is of numbers alone: of thousands of waiting events hardly one is in the processor's caches, and to put one in its place
 * looks at dozens. Each has a handle, which is used again once it is gone.
 */
import { GONE, type Lane, type ScheduledEvent } from "./events.js";
import type { Micros } from "./time.js";

/** Events that there is room for at first. */
const SMALLEST_HEAP = 64;

export class EventHeap {
  /** Handles of waiting events: four children to a parent. */
  #heap = new Int32Array(SMALLEST_HEAP);
  /** By place in the heap, two numbers each: when the event there happens, and its tie-break. */
  #keys = new Float64Array(2 * SMALLEST_HEAP);
  #size = 0;
  /** By handle: where in the heap it stands, and what it stands for. */
  #slots = new Int32Array(SMALLEST_HEAP);
  readonly #waiting: (ScheduledEvent | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#size;
  }

  /** Whether no event happens until then. */
  isQuietUntil(until: Micros): boolean {
    return this.#size === 0 || (this.#keys[0] as number) > until;
  }

  /** Takes a waiting event out. */
  remove(event: ScheduledEvent): void {
    const slot = this.#slots[event.handle] as number; // those of waiting events are filled
    this.#release(event);
    const last = --this.#size;
    if (slot < last) this.#placeFrom(last, slot);
  }

  filter(isMeant: (event: ScheduledEvent) => boolean): ScheduledEvent[] {
    const found: ScheduledEvent[] = [];
    for (let slot = 0; slot < this.#size; slot++) {
      const event = this.#at(slot);
      if (isMeant(event)) found.push(event);
    }
    return found;
  }

  /** Has a waiting event happen at another time. */
  move(event: ScheduledEvent, at: Micros): void {
    event.at = at;
    this.#place(event.handle, at, event.tie, this.#slots[event.handle] as number); // it waits
  }

  /** Moves those events of a lane's epoch that run one of these actions; see `Scheduler.retime`. */
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

  push(event: ScheduledEvent): void {
    const handle = this.#free.pop() ?? this.#waiting.length;
    event.handle = handle;
    this.#waiting[handle] = event;
    if (this.#size === this.#heap.length) this.#grow();
    this.#siftUp(handle, event.at, event.tie, this.#size++);
  }

  /** The event that happens first, taken out; there is one. */
  popFirst(): ScheduledEvent {
    const first = this.#at(0);
    this.#release(first);
    const last = --this.#size;
    if (last > 0) this.#siftDownFrom(last, 0);
    return first;
  }

  #release(event: ScheduledEvent): void {
    this.#waiting[event.handle] = undefined;
    this.#free.push(event.handle);
    event.handle = GONE;
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
