/**
 * Determinism is checked, not hoped for: a plan is run twice, and the first step at which the two universes
 * differ is named. Compared are every dispatched event (time, host, kind) and every fact of the history in full.
 */
import { foldFact, type TraceHash } from "../sim/fact-hash.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import type { DispatchWatcher } from "../sim/scheduler.js";
import type { Micros } from "../sim/time.js";
import type { World } from "../sim/world.js";
import { type RunOptions, runOn } from "./run.js";
import type { Outcome, System } from "./scenario.js";

/** Where two runs of one plan parted. */
export interface Divergence {
  /** Number of the step, counted in dispatched events and history facts together, from 0. */
  readonly step: number;
  /** What the first run did there; `nothing, it was over` when it had ended. */
  readonly first: string;
  readonly second: string;
}

export interface Verification {
  readonly outcome: Outcome;
  /** Undefined when both runs were the same, step by step. */
  readonly divergence: Divergence | undefined;
}

const OVER = "nothing, it was over";

/**
 * Runs a plan twice, with the bodies of messages checked. The outcome is the first run's, and only the first world is given to
 * `options.prepare`.
 */
export async function verifyOn(system: System, plan: Plan, asked: RunOptions = {}): Promise<Verification> {
  const options: RunOptions = { checkBodies: true, ...asked };
  const steps = new Steps();
  const outcome = await runOn(system, plan, {
    ...options,
    prepare: (world) => {
      watch(world, (at, where, what, sum) => steps.add(at, where, what, sum));
      options.prepare?.(world);
    },
  });
  let position = 0;
  let divergence: Divergence | undefined;
  await runOn(system, plan, {
    ...options,
    prepare: (world) =>
      watch(world, (at, where, what, sum) => {
        if (divergence === undefined && !steps.has(position, at, where, what, sum)) {
          divergence = { step: position, first: steps.textOf(position), second: textOf(at, where, what) };
          world.scheduler.stop();
        }
        position++;
      }),
  });
  if (divergence === undefined && position < steps.length) {
    divergence = { step: position, first: steps.textOf(position), second: OVER };
  }
  return { outcome, divergence };
}

/** The label of a dispatched event, or a fact with its stamp. */
type What = string | HistoryEvent;
/** @param sum of all that is in a fact; 0 for an event, of which label and place are all there is. */
type OnStep = (at: Micros, where: string, what: What, sum: number) => void;

/**
 * The steps of one run, in columns: a campaign verifies many runs and nearly all of them agree, so that no text is made of a step
 * before it is asked for.
 */
class Steps {
  readonly #at: Micros[] = [];
  readonly #where: string[] = [];
  readonly #what: What[] = [];
  readonly #sums: number[] = [];

  get length(): number {
    return this.#at.length;
  }

  add(at: Micros, where: string, what: What, sum: number): void {
    this.#at.push(at);
    this.#where.push(where);
    this.#what.push(what);
    this.#sums.push(sum);
  }

  /** Whether this was the step at a position. */
  has(position: number, at: Micros, where: string, what: What, sum: number): boolean {
    const known = this.#what[position];
    return (
      this.#at[position] === at &&
      this.#where[position] === where &&
      this.#sums[position] === sum &&
      (known === what || (typeof known === "object" && typeof what === "object"))
    );
  }

  textOf(position: number): string {
    const [at, where, what] = [this.#at[position], this.#where[position], this.#what[position]];
    if (at === undefined || where === undefined || what === undefined) return OVER;
    return textOf(at, where, what);
  }
}

function textOf(at: Micros, where: string, what: What): string {
  return `${at} µs ${where}: ${typeof what === "string" ? what : JSON.stringify(what)}`;
}

function watch(world: World, onStep: OnStep): void {
  const watcher: DispatchWatcher = (at, lane, label) => onStep(at, lane, label, 0);
  world.scheduler.watcher = watcher;
  const sum = new FactSum();
  world.history.on((event) => onStep(event.at, event.host, event, sum.of(event)));
}

/** A number for all that is in a fact: two facts with the same number are taken to be the same. */
class FactSum implements TraceHash {
  #a = 0;
  #b = 0;

  of(event: HistoryEvent): number {
    this.#a = 0;
    this.#b = 0;
    foldFact(this, event, event);
    return (this.#a & 0x1f_ffff) * 0x1_0000_0000 + (this.#b >>> 0);
  }

  fold(value: number): void {
    const mixed = Math.imul(this.#a ^ value, 0x9e3779b1);
    this.#a = (mixed << 13) | (mixed >>> 19);
    this.#b = Math.imul(this.#b + (value ^ (mixed >>> 11)), 0x85ebca6b) ^ (this.#b >>> 15);
  }
}
