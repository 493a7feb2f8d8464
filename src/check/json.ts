/**
 * Reading plain data that somebody else wrote: each reader gives what is there, or a harmless stand-in when it
 * isn't. A property compares what it finds and never fails on the shape of a fact.
 */
import type { Json } from "../sim/plan.js";

type Fields = { readonly [key: string]: Json };

/** The value as an object; undefined for anything else. */
export function fields(value: Json | undefined): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** A text field; empty when there is none. */
export function text(value: Json | undefined, name: string): string {
  const found = fields(value)?.[name];
  return typeof found === "string" ? found : "";
}

/** A whole number; undefined when there is none. */
export function whole(value: Json | undefined, name: string): number | undefined {
  const found = fields(value)?.[name];
  return typeof found === "number" && Number.isSafeInteger(found) ? found : undefined;
}

/** A list of texts; empty when there is none. */
export function texts(value: Json | undefined, name: string): readonly string[] {
  const found = fields(value)?.[name];
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === "string") : [];
}

/** Whether two values are the same data; the order of an object's keys does not count. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
    return true;
  }
  const left = a as Fields; // neither null nor a list
  const right = b as Fields;
  let keys = 0;
  for (const key in left) {
    if (!same(left[key], right[key])) return false;
    keys++;
  }
  for (const _ in right) keys--;
  return keys === 0;
}
