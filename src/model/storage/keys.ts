/**
 * How keys are made of parts, so that no two lists of parts make the same key and none reaches into another's range.
 *
 * A key is its parts with colons between them, each part percent-encoded (a colon in an id is `%3A`). The first part is the
 * namespace, the second the tenant: everything of one tenant in one namespace is one range.
 */
import type { Micros } from "seedstorm";

const DUE_DIGITS = 20;

/** What percent-encoding leaves as it is: nearly every part of nearly every key. */
const PLAIN = /^[\w.!~*'()-]*$/;

/** Throws a RangeError for text that is not well-formed Unicode. */
export function encodePart(part: string): string {
  if (PLAIN.test(part)) return part;
  try {
    return encodeURIComponent(part);
  } catch {
    throw new RangeError(`a key's part must be well-formed text, and ${JSON.stringify(part)} is not`);
  }
}

/** `saga:acme:checkout:order-1` */
export function keyOf(...parts: readonly string[]): string {
  return parts.map(encodePart).join(":");
}

/** What all keys begin with that have these parts first, and more. */
export function prefixOf(...parts: readonly string[]): string {
  return `${keyOf(...parts)}:`;
}

/** The parts of a key; undefined when `keyOf` makes no such key. */
export function partsOf(key: string): readonly string[] | undefined {
  try {
    const parts = key.split(":").map(decodeURIComponent);
    return keyOf(...parts) === key ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** A time as a part of a key: twenty digits, so that keys sort as times do. */
export function dueTime(time: Micros): string {
  if (!Number.isSafeInteger(time) || time < 0)
    throw new RangeError(`${time} is no time in whole microseconds`);
  return String(time).padStart(DUE_DIGITS, "0");
}
