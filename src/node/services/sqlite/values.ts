/** Values between JavaScript and SQLite: which of SQLite's five types each becomes, and what can't be brought over. */
import type { Library } from "./library.js";

type Pointer = number;

export type SqlValue = null | number | bigint | string | Uint8Array;

/** How an integer of SQLite's is shown: it has 64 bits, and a number may not. */
export type Integer = (value: bigint) => number | bigint;

export const asBigInt: Integer = (value) => value;

const TYPE = { integer: 1, real: 2, text: 3, blob: 4 } as const;
/** SQLite copies the bytes before the call returns. */
const TRANSIENT = -1;

const LOWEST = -(1n << 63n);
const HIGHEST = (1n << 63n) - 1n;

export function fitsInteger(value: bigint): boolean {
  return value >= LOWEST && value <= HIGHEST;
}

/** Gives the number `value` to a parameter. Returns SQLite's code. */
export function bind(library: Library, statement: Pointer, index: number, value: SqlValue): number {
  const { c } = library;
  if (value === null) return c.sqlite3_bind_null(statement, index);
  switch (typeof value) {
    case "number":
      return c.sqlite3_bind_double(statement, index, value);
    case "bigint":
      return c.sqlite3_bind_int64(statement, index, value);
    case "string":
      return library.withText(value, (at, length) =>
        c.sqlite3_bind_text(statement, index, at, length, TRANSIENT),
      );
    default:
      if (value.length === 0) return c.sqlite3_bind_zeroblob(statement, index, 0);
      return withBytes(library, value, (at) =>
        c.sqlite3_bind_blob(statement, index, at, value.length, TRANSIENT),
      );
  }
}

/** What a function of the program's own returns. */
export function giveResult(library: Library, context: Pointer, value: SqlValue): void {
  const { c } = library;
  if (value === null) c.sqlite3_result_null(context);
  else if (typeof value === "number") c.sqlite3_result_double(context, value);
  else if (typeof value === "bigint") c.sqlite3_result_int64(context, value);
  else if (typeof value === "string") {
    library.withText(value, (at, length) => c.sqlite3_result_text(context, at, length, TRANSIENT));
  } else withBytes(library, value, (at) => c.sqlite3_result_blob(context, at, value.length, TRANSIENT));
}

/** @param integer what becomes of an integer of 64 bits. */
export function sqlValueOf(
  library: Library,
  value: Pointer,
  integer: (value: bigint) => number | bigint,
): SqlValue {
  const { c } = library;
  switch (c.sqlite3_value_type(value)) {
    case TYPE.integer:
      return integer(c.sqlite3_value_int64(value));
    case TYPE.real:
      return c.sqlite3_value_double(value);
    case TYPE.text: {
      const at = c.sqlite3_value_text(value);
      return library.textOf(at, c.sqlite3_value_bytes(value));
    }
    case TYPE.blob: {
      const at = c.sqlite3_value_blob(value);
      return library.bytes.slice(at, at + c.sqlite3_value_bytes(value));
    }
    default:
      return null;
  }
}

function withBytes<T>(library: Library, bytes: Uint8Array, call: (at: Pointer) => T): T {
  const at = library.allocate(bytes.length + 1);
  try {
    library.bytes.set(bytes, at);
    return call(at);
  } finally {
    library.c.free(at);
  }
}
