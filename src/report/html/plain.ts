/**
 * Any value as JSON for people: bodies of messages are whatever code under test sent, so they may hold bytes, maps,
 * undefined, or themselves. Long ones are cut, and say so.
 */

/** @param limit characters that are kept. */
export function plainJson(value: unknown, limit: number): string {
  const text = jsonOf(value);
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}

/** Values inside of values that are shown; deeper ones are only named. */
const DEEPEST = 4;
/** Entries of one list or object that are shown. */
const WIDEST = 16;

function jsonOf(value: unknown): string {
  return JSON.stringify(plain(value, DEEPEST)) ?? "undefined";
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function")
    return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (value instanceof Uint8Array) return `${value.length} bytes ${hex(value)}`;
  if (value instanceof Map)
    return plain(Object.fromEntries([...value].map(([k, v]) => [String(k), v])), depth);
  if (value instanceof Set) return plain([...value], depth);
  if (Array.isArray(value)) {
    const shown = value.slice(0, WIDEST).map((item) => plain(item, depth - 1));
    return value.length > WIDEST ? [...shown, `… ${value.length - WIDEST} more`] : shown;
  }
  const entries = Object.entries(value);
  const shown = entries.slice(0, WIDEST).map(([key, item]) => [key, plain(item, depth - 1)]);
  if (entries.length > WIDEST) shown.push(["…", `${entries.length - WIDEST} more`]);
  return Object.fromEntries(shown);
}

const SHOWN_BYTES = 8;

function hex(bytes: Uint8Array): string {
  const digits = [...bytes.subarray(0, SHOWN_BYTES)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return bytes.length > SHOWN_BYTES ? `${digits}…` : digits;
}
