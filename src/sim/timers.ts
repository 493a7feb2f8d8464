/**
 * Timers of code under test, which run on the clock of its machine. Recorders may watch them: what is watched is wrapped when it is set,
 * so that nothing else knows of it, neither the trace hash nor the timers of a run that nobody watches.
 */

import type { ScheduledEvent } from "./events.js";
import { TIMED_OUT, type Timer } from "./host.js";
import type { Scheduler } from "./scheduler.js";
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

/** What a host has set, for recorders. */
export interface TimerSet {
  readonly kind: "timer" | "sleep" | "time-out";
  /** In true time, as its clock runs at present. */
  readonly due: Micros;
  /** Of a time-out: which request it limits, and the machine that was asked. */
  readonly request: { readonly name: string; readonly to: string } | undefined;
}

/**
 * What became of a timer. A time-out is cancelled by the reply. It may be reported of one that is over: code may cancel what has fired, or
 * what died with its host. Of a timer that dies in a crash nothing is heard any more.
 */
export type TimerEnd = "fired" | "cancelled";

/** Called for each timer when it is set; it only looks on. What it returns is called with what became of the timer. */
export type TimerWatcher = (set: TimerSet) => (end: TimerEnd) => void;

/** An action that says so when it runs. Apart from where timers are set: a closure there would cost those that nobody watches, too. */
export function watchedAction(action: () => void, over: (end: TimerEnd) => void): () => void {
  return () => {
    over("fired");
    action();
  };
}

export function watchedTimer(timer: Timer, over: (end: TimerEnd) => void): Timer {
  return {
    cancel: () => {
      over("cancelled");
      timer.cancel();
    },
  };
}

export function watchedReply(
  resolve: (reply: unknown) => void,
  over: (end: TimerEnd) => void,
): (reply: unknown) => void {
  return (reply) => {
    over(reply === TIMED_OUT ? "fired" : "cancelled");
    resolve(reply);
  };
}
