/**
 * Numbers and settings as they are typed. What can't be understood is refused with one sentence that says what was
 * expected.
 */
import { InputError, shown } from "../src/explore/input-error.js";
import type { KnobValue } from "../src/sim/plan.js";

const MAX_SEED = BigInt(Number.MAX_SAFE_INTEGER);
export const MAX_RUNS = 10_000_000;

/** A seed in decimal or, after `0x`, in hexadecimal digits. */
export function parseSeed(text: string): number {
  if (/^(\d{1,400}|0[xX][0-9a-fA-F]{1,400})$/.test(text)) {
    const seed = BigInt(text);
    if (seed <= MAX_SEED) return Number(seed);
  }
  throw new InputError(`--seed: expected a whole number from 0 to ${MAX_SEED}, got ${shown(text)}`);
}

export function parseRuns(text: string): number {
  const runs = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (runs >= 1 && runs <= MAX_RUNS) return runs;
  throw new InputError(`--runs: expected a whole number from 1 to ${MAX_RUNS}, got ${shown(text)}`);
}

/** `NAME=VALUE`: `true` and `false` are booleans, what looks like a number is one, all else is text. */
export function parseKnob(text: string): readonly [name: string, value: KnobValue] {
  const parts = /^([\w.-]{1,100})=(.*)$/s.exec(text);
  if (parts === null) throw new InputError(`--knob: expected NAME=VALUE, got ${shown(text)}`);
  const [, name = "", value = ""] = parts;
  if (value === "true" || value === "false") return [name, value === "true"];
  return [name, /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value];
}
