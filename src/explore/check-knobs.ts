/** Knobs as people type them: a system refuses those that it does not take when it is built, before anything runs. */
import type { Plan } from "../sim/plan.js";
import { World } from "../sim/world.js";
import type { Scenario } from "../storm/scenario.js";
import { InputError } from "./formats/input-error.js";

/** @throws InputError that names the knob that the scenario's system does not take, and those that it does. */
export function checkKnobs(knobs: Plan["knobs"], scenario: Scenario, seed: number): void {
  if (Object.keys(knobs).length === 0) return;
  const plan = scenario.plan(seed, { knobs });
  try {
    scenario.system.build(new World(plan), plan);
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith("knobs."))
      throw new InputError(error.message);
    // Whatever else is wrong shows in each run, with its seed.
  }
}
