/**
 * Civil time: what a calendar and a clock on the wall show at an instant, in a time zone with its rules for daylight saving
 * time. Pure arithmetic, the same on every machine, for code that runs "every night at half past two" and has to know that
 * one night has no half past two and another has two.
 *
 * Instants are microseconds since 1970-01-01T00:00:00Z, without leap seconds, as Unix counts them. The rules of the zones are
 * those of 2007 (America) and 1996 (Europe) on, and of 2008 on for Lord Howe, which are applied to every year.
 */
import { HOUR, MINUTE, type Micros, SECOND } from "./time.js";

export const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/Los_Angeles",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
] as const;
/** A time zone by its name in the tz database. */
export type Zone = (typeof ZONES)[number];

const DAY: Micros = 24 * HOUR;

/** When a universe begins if its plan says nothing else: 2030-01-01T00:00:00Z, a Tuesday. */
export const DEFAULT_EPOCH: Micros = 1_893_456_000 * SECOND;

/** What the calendar and the clock show. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

export interface CivilTime extends LocalTime {
  readonly zone: Zone;
  /** 0 for Sunday to 6 for Saturday. */
  readonly weekday: number;
  /** What is added to universal time. */
  readonly offset: Micros;
  readonly isDaylightSaving: boolean;
}

/** One change of a zone's clocks in each year: on the n-th Sunday of a month, or the last one (-1). */
interface Change {
  readonly month: number;
  readonly sunday: number;
  /** Of the day, by the clock that `by` names. */
  readonly at: Micros;
  readonly by: "standard" | "daylight" | "universal";
}

interface Rules {
  readonly standard: Micros;
  readonly daylight?: { readonly offset: Micros; readonly begins: Change; readonly ends: Change };
}

const EUROPE = (standard: Micros): Rules => ({
  standard,
  daylight: {
    offset: standard + HOUR,
    begins: { month: 3, sunday: -1, at: HOUR, by: "universal" },
    ends: { month: 10, sunday: -1, at: HOUR, by: "universal" },
  },
});

const AMERICA = (standard: Micros): Rules => ({
  standard,
  daylight: {
    offset: standard + HOUR,
    begins: { month: 3, sunday: 2, at: 2 * HOUR, by: "standard" },
    ends: { month: 11, sunday: 1, at: 2 * HOUR, by: "daylight" },
  },
});

const RULES: { readonly [Z in Zone]: Rules } = {
  UTC: { standard: 0 },
  "Europe/Berlin": EUROPE(HOUR),
  "Europe/London": EUROPE(0),
  "America/New_York": AMERICA(-5 * HOUR),
  "America/Los_Angeles": AMERICA(-8 * HOUR),
  "Asia/Kolkata": { standard: 5 * HOUR + 30 * MINUTE },
  // Summer begins in October there, and moves clocks by half an hour.
  "Australia/Lord_Howe": {
    standard: 10 * HOUR + 30 * MINUTE,
    daylight: {
      offset: 11 * HOUR,
      begins: { month: 10, sunday: 1, at: 2 * HOUR, by: "standard" },
      ends: { month: 4, sunday: 1, at: 2 * HOUR, by: "daylight" },
    },
  },
};

/** What a clock in a zone shows at an instant. */
export function civilTime(instant: Micros, zone: Zone): CivilTime {
  const { offset, isDaylightSaving } = offsetAt(instant, zone);
  const local = instant + offset;
  const days = Math.floor(local / DAY);
  const rest = local - days * DAY;
  return {
    ...dateOf(days),
    hour: Math.floor(rest / HOUR),
    minute: Math.floor((rest % HOUR) / MINUTE),
    second: Math.floor((rest % MINUTE) / SECOND),
    micros: rest % SECOND,
    zone,
    weekday: weekdayOf(days),
    offset,
    isDaylightSaving,
  };
}

/**
 * The instants at which a clock in a zone shows this: one as a rule, none where clocks are set forward over it, two where they are
 * set back to before it. The earlier one comes first.
 */
export function instantsOf(time: LocalTime, zone: Zone): readonly Micros[] {
  const local =
    daysSince1970(time.year, time.month, time.day) * DAY +
    time.hour * HOUR +
    time.minute * MINUTE +
    time.second * SECOND +
    time.micros;
  const { standard, daylight } = RULES[zone];
  const offsets = daylight === undefined ? [standard] : [daylight.offset, standard];
  return offsets
    .map((offset) => local - offset)
    .filter((instant) => instant + offsetAt(instant, zone).offset === local)
    .sort((a, b) => a - b);
}

function offsetAt(
  instant: Micros,
  zone: Zone,
): { readonly offset: Micros; readonly isDaylightSaving: boolean } {
  const { standard, daylight } = RULES[zone];
  const winter = { offset: standard, isDaylightSaving: false };
  if (daylight === undefined) return winter;
  const { year } = dateOf(Math.floor((instant + standard) / DAY));
  const begins = changeIn(year, daylight.begins, standard, daylight.offset);
  const ends = changeIn(year, daylight.ends, standard, daylight.offset);
  const isSummer = begins < ends ? instant >= begins && instant < ends : instant >= begins || instant < ends;
  return isSummer ? { offset: daylight.offset, isDaylightSaving: true } : winter;
}

/** The instant of a zone's change in a year. */
function changeIn(
  year: number,
  { month, sunday, at, by }: Change,
  standard: Micros,
  daylight: Micros,
): Micros {
  const local = sundayOf(year, month, sunday) * DAY + at;
  if (by === "universal") return local;
  return local - (by === "standard" ? standard : daylight);
}

/** The day, counted from 1970, of the n-th Sunday of a month; of the last one for -1. */
function sundayOf(year: number, month: number, nth: number): number {
  if (nth > 0) {
    const first = daysSince1970(year, month, 1);
    return first + ((7 - weekdayOf(first)) % 7) + 7 * (nth - 1);
  }
  const last = (month === 12 ? daysSince1970(year + 1, 1, 1) : daysSince1970(year, month + 1, 1)) - 1;
  return last - weekdayOf(last);
}

/** 1970-01-01 was a Thursday. */
function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; years are counted from March, so that a leap day is the last one. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
