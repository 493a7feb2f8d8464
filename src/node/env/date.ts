/**
 * `Date` for one simulated process: the wall clock is the host's, which may be off, drift and jump, and the time zone is
 * UTC whatever the machine's is. Dates that Node itself made are instances of it too.
 */

import { DEFAULT_EPOCH } from "../../sim/civil.js";
import type { HostClock } from "../../sim/host.js";
import { MILLISECOND } from "../../sim/time.js";
import { outsideTheGuard } from "../../sim/traps/guard.js";

/** When universes begin that say nothing else, in milliseconds since 1970. */
export const EPOCH = DEFAULT_EPOCH / MILLISECOND;

/** The wall clock of a host in milliseconds since 1970. */
export function wallClock(clock: HostClock): () => number {
  return () => Math.floor(clock.unix() / MILLISECOND);
}

type Method = (this: Date, ...args: unknown[]) => unknown;

/** Has the methods for local time do what their counterparts for UTC do. */
function useUniversalTime(prototype: Date): void {
  const real = Date.prototype as unknown as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(Date.prototype)) {
    const universal = real[name.replace(/^(get|set)(?=[A-Z])/, "$1UTC")];
    if (/^(get|set)(?!UTC)/.test(name) && universal !== undefined) define(prototype, name, universal);
  }
  define(prototype, "getTimezoneOffset", () => 0);
  const text = (date: Date, part: (weekday: string, rest: string, time: string) => string): string => {
    const [, weekday = "", day = "", month = "", year = "", time = ""] =
      /^(\w+), (\d+) (\w+) (-?\d+) (\S+)/.exec(date.toUTCString()) ?? [];
    return weekday === "" ? "Invalid Date" : part(weekday, `${month} ${day} ${year}`, time);
  };
  const zone = "GMT+0000 (Coordinated Universal Time)";
  define(prototype, "toString", function (this: Date) {
    return text(this, (weekday, day, time) => `${weekday} ${day} ${time} ${zone}`);
  });
  define(prototype, "toDateString", function (this: Date) {
    return text(this, (weekday, day) => `${weekday} ${day}`);
  });
  define(prototype, "toTimeString", function (this: Date) {
    return text(this, (_weekday, _day, time) => `${time} ${zone}`);
  });
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    const localized = real[name];
    if (localized === undefined) continue;
    define(prototype, name, function (this: Date, locale: unknown, options: unknown) {
      return localized.call(this, locale ?? "en-US", { timeZone: "UTC", ...(options as object) });
    });
  }
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

/** The `Date` that a process sees. */
export function dateOf(now: () => number): DateConstructor {
  const Real = Date;
  function SimulatedDate(...args: unknown[]): unknown {
    const own = SimulatedDate as unknown as DateConstructor;
    if (new.target === undefined) return new own().toString();
    return Reflect.construct(Real, timeOf(args, now), new.target);
  }
  Object.setPrototypeOf(SimulatedDate, Real);
  const prototype = Object.create(Real.prototype) as Date;
  define(prototype, "constructor", SimulatedDate);
  useUniversalTime(prototype);
  Object.defineProperty(SimulatedDate, "prototype", { value: prototype });
  define(SimulatedDate, "name", "Date");
  define(SimulatedDate, "length", 7);
  define(SimulatedDate, "now", now);
  define(SimulatedDate, "parse", parse);
  const isDate = (value: unknown): boolean => value instanceof Real;
  Object.defineProperty(SimulatedDate, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      return this === SimulatedDate
        ? isDate(value)
        : Function.prototype[Symbol.hasInstance].call(this as never, value);
    },
  });
  return SimulatedDate as unknown as DateConstructor;
}

/** The arguments of the real constructor that have the same meaning and do not look at any clock or zone. */
function timeOf(args: unknown[], now: () => number): unknown[] {
  if (args.length === 0) return [now()];
  if (args.length > 1) return [Date.UTC(...(args as Parameters<typeof Date.UTC>))];
  const [value] = args;
  return [typeof value === "string" ? parse(value) : value];
}

/** A time with an offset, or a date alone, which is UTC by the standard. */
const ZONED = /(?:Z|[+-]\d\d:?\d\d|GMT|UTC?|[ECMP][SD]T)\s*(?:\([^)]*\))?\s*$|^[+-]?\d{4,6}(?:-\d\d){0,2}$/i;

/** As `Date.parse`, but text without a zone is in UTC. */
function parse(text: string): number {
  return outsideTheGuard(() => parsedInUtc(text));
}

/** Uses the functions for local time: a text and its time are in the same zone, whichever that is. */
function parsedInUtc(text: string): number {
  const parsed = new Date(text);
  if (ZONED.test(String(text).trim()) || Number.isNaN(parsed.getTime())) return parsed.getTime();
  return Date.UTC(
    parsed.getFullYear(),
    parsed.getMonth(),
    parsed.getDate(),
    parsed.getHours(),
    parsed.getMinutes(),
    parsed.getSeconds(),
    parsed.getMilliseconds(),
  );
}
