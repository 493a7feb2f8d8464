/**
 * Numbers and settings as they are typed. What can't be understood is refused with one sentence that says what was
 * expected.
 */

import type { KnobValue } from "../src/index.js";
import { InputError, shown } from "../src/input/index.js";

const MAX_SEED = BigInt(Number.MAX_SAFE_INTEGER);
export const MAX_RUNS = 10_000_000;
/** Worker threads. */
export const MOST_JOBS = 256;

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

/** A whole number within bounds. @param option how complaints name it: `--jobs`. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const n = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (n >= least && n <= most) return n;
    throw new InputError(`${option}: expected a whole number from ${least} to ${most}, got ${shown(text)}`);
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 30 * 24 * 3_600_000;

/** A length of real time, `90s`, `10m`, `1.5h`, in milliseconds. */
export const parseLength = lengthOf("--for");

/** As `parseLength`, with complaints about this option. */
export function lengthOf(option: string): (text: string) => number {
  return (text) => lengthIn(text, option);
}

function lengthIn(text: string, option: string): number {
  const [, number = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? 0);
  if (ms > 0 && ms <= LONGEST_MS) return Math.ceil(ms);
  throw new InputError(
    `${option}: expected a length of time such as 90s, 10m or 1.5h, at most 720h, got ${shown(text)}`,
  );
}

/** `NAME=VALUE`: `true` and `false` are booleans, what looks like a number is one, all else is text. */
export function parseKnob(text: string): readonly [name: string, value: KnobValue] {
  const parts = /^([\w.-]{1,100})=(.*)$/s.exec(text);
  if (parts === null) throw new InputError(`--knob: expected NAME=VALUE, got ${shown(text)}`);
  const [, name = "", value = ""] = parts;
  if (value === "true" || value === "false") return [name, value === "true"];
  return [name, /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value];
}

/** For an option that may be given more than once. */
export const collect = (id: string, ids: readonly string[] = []): string[] => [...ids, id];

export const collectKnob = (text: string, knobs: Readonly<Record<string, KnobValue>> = {}) => {
  const [name, value] = parseKnob(text);
  return { ...knobs, [name]: value };
};
