/** Checks of configurations, which people write: what is wrong is said with the name of the thing, the field and the value. */
import type { Micros } from "seedstorm";

/** What is wrong with a value; undefined when nothing is. */
export type Complaint = string | undefined;

/** @throws RangeError for the first field with a complaint. */
export function checkConfig(thing: string, fields: Readonly<Record<string, Complaint>>): void {
  for (const [field, complaint] of Object.entries(fields)) {
    if (complaint !== undefined) throw new RangeError(`${thing}: ${field}: ${complaint}`);
  }
}

export function count(value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): Complaint {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return undefined;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  return `expected a whole number, ${range}, got ${value}`;
}

export function duration(value: Micros): Complaint {
  return Number.isSafeInteger(value) && value > 0
    ? undefined
    : `expected whole microseconds, 1 or more, got ${value}`;
}

export function share(value: number): Complaint {
  return value > 0 && value <= 1 ? undefined : `expected a share above 0, at most 1, got ${value}`;
}
