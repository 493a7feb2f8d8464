/**
 * Values of operations as plain data, distinguished exactly.
 *
 * JSON has no word for some things that histories hold: numbers with more digits than a double keeps, sets, keywords,
 * tagged values. Such a value is an object with one key of its own (`{"#number": "9007199254740993"}`); keys of ordinary objects
 * that begin with `#` get a second one, so that nothing can be taken for anything else. Numbers are equal when
 * they are the same number, however they are written; NaN is the same as NaN, for a register that was given it must give it back.
 */
import type { Json } from "../sim/plan.js";

/** What tells two values or two states apart: the same for the same one, and different for different ones. */
export type StateKey = string | number | boolean | null;

export type ExoticKind = "number" | "set" | "map" | "keyword" | "symbol" | "char" | "tag";

/** A value that JSON has no word for. */
export const exotic = (kind: ExoticKind, content: Json): Json => ({ [`#${kind}`]: content });

/** The content of a value of that kind; undefined for any other value. */
export function exoticOf(kind: ExoticKind, value: Json | undefined): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Json })[`#${kind}`];
}

/** A key of an ordinary object, so that it can't be taken for an exotic value. */
export const ordinaryKey = (key: string): string => (key.startsWith("#") ? `#${key}` : key);

/** A set: its order and what is in it twice do not count. */
export function setOf(items: readonly Json[]): Json {
  const byText = new Map(items.map((item) => [canonical(item), item]));
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1));
  return exotic(
    "set",
    sorted.map(([, item]) => item),
  );
}

const NUMBER = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/** A number as it was written, with all of its digits; undefined for what is not one. */
export function exactNumber(written: string): Json | undefined {
  if (/^-?\d{1,15}$/.test(written)) return Number(written) + 0;
  const parts = normalParts(written);
  if (parts === undefined) return undefined;
  const double = Number(written);
  const kept = Number.isFinite(double) && normalParts(String(double)) === parts;
  return kept ? double + 0 : exotic("number", parts);
}

/** Sign, digits and exponent in one text that is the same for the same number. */
function normalParts(written: string): string | undefined {
  const match = NUMBER.exec(written);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign === "-" ? "-" : ""}${placed(significant, power)}`;
}

const MOST_ZEROS = 30;

function placed(digits: string, power: number): string {
  if (power >= 0 && power <= MOST_ZEROS) return digits + "0".repeat(power);
  if (power < 0 && power > -digits.length) return `${digits.slice(0, power)}.${digits.slice(power)}`;
  return `${digits}e${power}`;
}

/** What begins a key that stands for data of several parts: no text of a history begins so after `comparable`. */
const PARTS = "\u0000";

/** A value as something that can be compared by `===`. The order of an object's keys does not count. */
export function comparable(value: Json): StateKey {
  if (typeof value === "string") return value.startsWith(PARTS) ? PARTS + canonical(value) : value;
  if (typeof value === "number" && !Number.isFinite(value)) return PARTS + canonical(value);
  if (typeof value !== "object" || value === null) return value;
  return PARTS + canonical(value);
}

/** The value that `comparable` made a key of. */
export const dataOf = (key: StateKey): Json =>
  typeof key === "string" && key.startsWith(PARTS) ? (JSON.parse(key.slice(1)) as Json) : key;

/** The same text for the same value. */
export function canonical(value: Json): string {
  if (typeof value === "number" && !Number.isFinite(value)) return `{"#number":"${value}"}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const parts = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${parts.sort().join(",")}}`;
}

const LONGEST = 60;

/** A value for people, cut to a readable length. */
export function shownJson(value: Json): string {
  if (value === null) return "nothing";
  const text = written(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** What `comparable` made of a value, for people. */
export const shownKey = (key: StateKey): string => shownJson(dataOf(key));

/** JSON with the words of EDN for what JSON has none for. */
function written(value: Json): string {
  if (typeof value !== "object" || value === null)
    return typeof value === "number" ? String(value) : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && /^#[a-z]/.test(first[0]))
    return exoticText(first[0], first[1]);
  const parts = entries.map(
    ([name, field]) => `${JSON.stringify(name.replace(/^##/, "#"))}:${written(field)}`,
  );
  return `{${parts.sort().join(",")}}`;
}

function exoticText(kind: string, content: Json): string {
  const items = Array.isArray(content) ? (content as readonly Json[]) : [];
  switch (kind) {
    case "#set":
      return `#{${items.map(written).join(" ")}}`;
    case "#map":
      return `{${items.map((entry) => (Array.isArray(entry) ? entry.map(written).join(" ") : "")).join(", ")}}`;
    case "#tag":
      return `#${String(items[0])} ${written(items[1] ?? null)}`;
    case "#keyword":
      return `:${String(content)}`;
    case "#char":
      return `\\${String(content)}`;
    default:
      return String(content);
  }
}
