/**
 * Records the timers of a run's hosts, for the trail of what never happened: when each was set and as a consequence of what, when it was
 * due, and whether it fired, was cancelled or died with its host. Sleeps and the time-outs of requests are timers, too; those of external
 * services are not recorded. Attach it in `RunOptions.prepare`. It only looks on: the universe is the same with and without it. Of a run
 * with more timers than it keeps, the others are counted.
 */
import type { Micros } from "../sim/time.js";
import type { TimerEnd, TimerSet } from "../sim/timers.js";
import type { World } from "../sim/world.js";

/** `lost`: a crash of its host came first. `waiting`: it was still to fire when the run was over. */
export type TimerOutcome = TimerEnd | "lost" | "waiting";

export interface RecordedTimer extends TimerSet {
  readonly host: string;
  /** When it was set. */
  readonly at: Micros;
  /** The number of the world's event that was being handled then. */
  readonly turn: number;
  /** Id of the fact that it is a consequence of; -1 for none. */
  readonly cause: number;
  readonly outcome: TimerOutcome;
  /** When that was decided; for one that waits the end of the run. */
  readonly end: Micros;
}

export interface TimerLog {
  /** In the order in which they were set. */
  readonly timers: readonly RecordedTimer[];
  /** For each fact by its id, the number of the world's event that was being handled when it was written. */
  readonly turnsOfFacts: readonly number[];
  /** Timers that were set after the recorder was full. */
  readonly unrecorded: number;
}

export const NO_TIMERS: TimerLog = { timers: [], turnsOfFacts: [], unrecorded: 0 };

interface Draft extends Omit<RecordedTimer, "outcome" | "end"> {
  /** Facts that had been written when it was set. */
  readonly facts: number;
  over: { readonly end: TimerEnd; readonly at: Micros; readonly facts: number } | undefined;
}

/** Timers that are kept. */
const KEPT_TIMERS = 500_000;

const unkept = (): void => {};

export class TimerRecorder {
  readonly #limit: number;
  readonly #drafts: Draft[] = [];
  readonly #turnsOfFacts: number[] = [];
  #unrecorded = 0;
  #world: World | undefined;

  constructor(limit = KEPT_TIMERS) {
    this.#limit = limit;
  }

  /** Watches the hosts of a world that has not begun. */
  attach(world: World): void {
    this.#world = world;
    world.history.on(({ id }) => {
      this.#turnsOfFacts[id] = world.scheduler.events;
    });
    for (const machine of world.machines) {
      if (machine.external) continue;
      machine.timerWatcher = (set) => this.#begin(world, machine.id, set);
    }
  }

  /** What was recorded; to be called when the run is over. */
  log(): TimerLog {
    const world = this.#world;
    if (world === undefined) return NO_TIMERS;
    const crashes = crashesOf(world);
    const timers = this.#drafts.map(({ facts, over, ...timer }): RecordedTimer => {
      const crash = crashes.get(timer.host)?.find(({ id }) => id >= facts);
      // What dead code cancels was lost before.
      if (crash !== undefined && (over === undefined || over.facts > crash.id))
        return { ...timer, outcome: "lost", end: crash.at };
      if (over === undefined) return { ...timer, outcome: "waiting", end: world.now };
      return { ...timer, outcome: over.end, end: over.at };
    });
    return { timers, turnsOfFacts: this.#turnsOfFacts, unrecorded: this.#unrecorded };
  }

  #begin(world: World, host: string, set: TimerSet): (end: TimerEnd) => void {
    if (this.#drafts.length >= this.#limit) {
      this.#unrecorded++;
      return unkept;
    }
    const { scheduler, history } = world;
    const draft: Draft = {
      ...set,
      host,
      at: world.now,
      turn: scheduler.events,
      cause: scheduler.cause,
      facts: history.events.length,
      over: undefined,
    };
    this.#drafts.push(draft);
    return (end) => {
      draft.over ??= { end, at: world.now, facts: history.events.length };
    };
  }
}

interface Crash {
  readonly at: Micros;
  readonly id: number;
}

function crashesOf(world: World): ReadonlyMap<string, readonly Crash[]> {
  const crashes = new Map<string, Crash[]>();
  for (const event of world.history.events) {
    if (event.kind !== "host" || event.phase !== "crash") continue;
    const own = crashes.get(event.host) ?? [];
    own.push({ at: event.at, id: event.id });
    crashes.set(event.host, own);
  }
  return crashes;
}
