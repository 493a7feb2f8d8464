/**
 * Values as programs hand them to `better-sqlite3` and get them back: which may be bound, in which shapes they come, and by which
 * errors the others are refused.
 */
import type { Compiled } from "./database.js";
import { fitsInteger, type SqlValue } from "./values.js";

function sqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") {
    if (fitsInteger(value)) return value;
    throw new RangeError("The bound string, buffer, or bigint is too big");
  }
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null");
}

/** Blobs are Buffers there. */
export const shown = (value: SqlValue): unknown =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a function that the program defined has returned. */
export function resultOf(name: string, value: unknown): SqlValue {
  try {
    return sqlValue(value);
  } catch {
    throw new TypeError(`User-defined function ${name}() returned an invalid value`);
  }
}

/** Values come one by one, in arrays, and the named ones in one plain object. */
export function bindAll(compiled: Compiled, given: readonly unknown[]): void {
  const names = new Map<string, number>();
  compiled.parameters.forEach((name, index) => {
    if (name !== undefined) names.set(name.slice(1), index + 1);
  });
  let at = 0;
  let count = 0;
  let hadObject = false;
  const bindNext = (value: unknown): void => {
    do at++;
    while (compiled.parameters[at - 1] !== undefined);
    if (at > compiled.parameters.length) throw new RangeError("Too many parameter values were provided");
    compiled.bind(at, sqlValue(value));
    count++;
  };
  for (const value of given) {
    if (Array.isArray(value)) for (const item of value) bindNext(item);
    else if (isPlain(value)) {
      if (hadObject) throw new TypeError("You cannot specify named parameters in two different objects");
      hadObject = true;
      for (const [name, index] of names) {
        if (!Object.hasOwn(value, name)) throw new RangeError(`Missing named parameter "${name}"`);
        compiled.bind(index, sqlValue(value[name]));
        count++;
      }
    } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && names.size > 0)
      throw new TypeError("Named parameters can only be passed within plain objects");
    else bindNext(value);
  }
  if (count >= compiled.parameters.length) return;
  if (!hadObject && names.size > 0) throw new TypeError("Missing named parameters");
  throw new RangeError("Too few parameter values were provided");
}
