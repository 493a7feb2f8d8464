/**
 * A system's settings: its defaults, with a plan's knobs over them. Knobs that the system does not know are left
 * to whoever does.
 */
import type { KnobValue } from "../sim/plan.js";

/** @throws RangeError that names a knob whose value is not of its default's type. */
export function settingsOf<T extends { readonly [K in keyof T]: KnobValue }>(
  knobs: Readonly<Record<string, KnobValue>>,
  defaults: T,
): T {
  const settings = { ...defaults } as Record<string, KnobValue>; // what a system is set by are knobs
  for (const [name, preset] of Object.entries(defaults)) {
    const value = knobs[name];
    if (value === undefined) continue;
    if (typeof value !== typeof preset) {
      throw new RangeError(`knobs.${name}: expected a ${typeof preset}, got ${JSON.stringify(value)}`);
    }
    settings[name] = value;
  }
  return settings as T; // every entry has the type of its default
}
