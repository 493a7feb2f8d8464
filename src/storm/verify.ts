/**
 * Determinism is checked, not hoped for: a plan is run twice, and the first step at which the two universes
 * differ is named. Compared are every dispatched event (time, host, kind) and every fact of the history in full.
 */
import type { Plan } from "../sim/plan.js";
import type { DispatchWatcher } from "../sim/scheduler.js";
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
  const steps: string[] = [];
  const outcome = await runOn(system, plan, {
    ...options,
    prepare: (world) => {
      watch(world, (step) => steps.push(step));
      options.prepare?.(world);
    },
  });
  let position = 0;
  let divergence: Divergence | undefined;
  await runOn(system, plan, {
    ...options,
    prepare: (world) =>
      watch(world, (step) => {
        const expected = steps[position];
        if (divergence === undefined && expected !== step) {
          divergence = { step: position, first: expected ?? OVER, second: step };
          world.scheduler.stop();
        }
        position++;
      }),
  });
  if (divergence === undefined && position < steps.length) {
    divergence = { step: position, first: steps[position] ?? OVER, second: OVER };
  }
  return { outcome, divergence };
}

function watch(world: World, onStep: (step: string) => void): void {
  const watcher: DispatchWatcher = (at, lane, label) => onStep(`${at} µs ${lane}: ${label}`);
  world.scheduler.watcher = watcher;
  world.history.on((event) => onStep(`${event.at} µs ${event.host}: ${JSON.stringify(event)}`));
}
