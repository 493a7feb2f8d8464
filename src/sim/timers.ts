/** Timers of code under test, which run on the clock of its machine. */
import type { Timer } from "./host.js";
import type { ScheduledEvent, Scheduler } from "./scheduler.js";
import type { Micros } from "./time.js";
import { timeOut } from "./waiting.js";

interface Timed {
  readonly scheduler: Scheduler;
}

/** Longer than any run: what a timer without end comes to. */
const FOREVER: Micros = 1_000_000_000_000_000;

/** A delay as whole microseconds; 0 for one that is negative or not a number. */
export function wholeDelay(delay: Micros): Micros {
  return delay > 0 ? Math.floor(Math.min(delay, FOREVER)) : 0;
}

/**
 * Goes on from a sleep, or runs a timer's action. Any such callback may settle a promise that other code awaits, so what awaits
 * goes on within this same event, even when the callback throws.
 */
export function tick(action: () => void, world: Timed): void {
  world.scheduler.settle();
  action();
}

/** What runs on the machine's clock: moved when that changes its rate. */
export const ON_THE_CLOCK: ReadonlySet<unknown> = new Set([tick, timeOut]);

export class MachineTimer implements Timer {
  readonly #world: Timed;
  readonly #event: ScheduledEvent;

  constructor(world: Timed, event: ScheduledEvent) {
    this.#world = world;
    this.#event = event;
  }

  cancel(): void {
    this.#world.scheduler.cancel(this.#event);
  }
}

export const DEAD_TIMER: Timer = { cancel: () => {} };
