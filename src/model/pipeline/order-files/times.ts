/**
 * Times as senders and receivers write them: ISO 8601, or milliseconds since 1970 as a number or as text. A time that
 * names no zone is in UTC, so that a file means the same on every machine.
 */
import * as Schema from "@effect/schema/Schema";
import { expecting } from "seedstorm/explore";

export const MAX_TIME_MS = 8.64e15;
/** Numbers below this would be before 1973: seconds, most likely. */
const LEAST_MS = 100_000_000_000;

export const A_TIME = 'a time like "2026-03-14T09:26:53+01:00" or milliseconds since 1970';

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?$/;

/** Milliseconds since 1970; undefined for what is no such time. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") return isMilliseconds(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (/^\d{12,16}$/.test(value)) return timeOf(Number(value));
  const [, day, clock, fraction = "0", zone = "Z"] = ISO.exec(value) ?? [];
  if (day === undefined || clock === undefined) return undefined;
  const exact = `${day}T${clock}.${fraction.slice(0, 3).padEnd(3, "0")}${zone === "UTC" ? "Z" : zone}`;
  const time = Date.parse(exact);
  return time >= 0 ? time : undefined;
}

const isMilliseconds = (n: number): boolean => Number.isSafeInteger(n) && n >= LEAST_MS && n <= MAX_TIME_MS;

/** A time as text of a body, in ISO 8601. */
export const isoTime = expecting(
  Schema.String,
  'a time like "2026-03-14T09:26:53+01:00"',
  (value) => ISO.test(value) && timeOf(value) !== undefined,
);
