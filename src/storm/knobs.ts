/**
 * A system's settings: its defaults, with a plan's knobs over them. Knobs that `settingsOf` finds no default for are left
 * to whoever knows them; `checkKnobNames` refuses those that nobody knows.
 */
import type { KnobValue } from "../sim/plan.js";

/**
 * Refuses a misspelt knob, which would otherwise be a setting that has no effect.
 *
 * @param known names of knobs; one that ends in `/` stands for all that begin with it.
 * @throws RangeError that names the first knob that nobody knows, and those that are known.
 */
export function checkKnobNames(knobs: Readonly<Record<string, KnobValue>>, known: readonly string[]): void {
  const isKnown = (name: string): boolean =>
    known.some((each) => (each.endsWith("/") ? name.startsWith(each) && name !== each : name === each));
  const unknown = Object.keys(knobs).find((name) => !isKnown(name));
  if (unknown === undefined) return;
  const names = known.map((each) => (each.endsWith("/") ? `${each}NAME` : each)).join(", ");
  throw new RangeError(`knobs.${unknown}: no such knob; knobs are ${names}`);
}

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
