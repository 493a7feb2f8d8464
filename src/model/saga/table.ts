/**
 * Rows and statements: what the database makes of them, on a transaction of its store.
 *
 * A key is `TABLE/REST`, a row is a flat record. A transaction of the database is a list of statements that are carried out
 * together or not at all: each may state what it expects of its row, and the first that finds otherwise
 * refuses the whole. It leaves out joins, ranges and anything else that this system does not ask for.
 */
import type { Json, Micros } from "seedstorm";
import type { SerialTransaction } from "../storage/serial-transaction.js";

export type Row = { readonly [field: string]: Json };

export interface Expectation {
  /** What fields must be; a list means one of these. */
  readonly where?: Row;
  /** Fields that hold a time which the database's clock must have reached. */
  readonly past?: readonly string[];
}

export interface Values {
  /** Fields that are set to the database's time plus so much. */
  readonly stamps?: Readonly<Record<string, Micros>>;
}

export type Statement =
  /** Refused when there is such a row. */
  | ({ readonly do: "insert"; readonly key: string; readonly row: Row } & Values)
  /** Refused when there is no such row, or when it is not as expected. */
  | ({ readonly do: "update"; readonly key: string; readonly set: Row } & Values & Expectation)
  /** Whatever was there. */
  | { readonly do: "put"; readonly key: string; readonly row: Row }
  | { readonly do: "remove"; readonly key: string }
  | ({ readonly do: "check"; readonly key: string } & Expectation);

/** Which statement found its row otherwise, and what stands there. */
export interface Refusal {
  readonly statement: number;
  readonly row: Row | null;
}

/** Rows of one table, or of a part of it: those whose keys begin so and that are as expected. */
export interface Scan extends Expectation {
  readonly prefix: string;
  /** Those with the lowest number in a field, so many of them. */
  readonly lowest?: { readonly field: string; readonly limit: number };
}

export type KeyedRow = readonly [key: string, row: Row];

export function rowAt(rows: SerialTransaction, key: string): Row | null {
  return (rows.get(key) ?? null) as Row | null; // only rows are written under the keys of tables
}

/** In the order of their keys, unless the lowest are asked for. */
export function scan(rows: SerialTransaction, asked: Scan, now: Micros): KeyedRow[] {
  const found: KeyedRow[] = [];
  for (const { key, value } of rows.scanPrefix(asked.prefix)) {
    const row = value as Row; // only rows are written under the keys of tables
    if (isAsExpected(row, asked, now)) found.push([key, row]);
  }
  const { lowest } = asked;
  if (lowest === undefined) return found;
  return found
    .sort(([, a], [, b]) => Number(a[lowest.field]) - Number(b[lowest.field]))
    .slice(0, lowest.limit);
}

/** Carries the statements out, at this time, up to the first that is refused: what was written by then is to be taken back. */
export function carryOut(
  rows: SerialTransaction,
  statements: readonly Statement[],
  now: Micros,
): Refusal | undefined {
  for (const [at, statement] of statements.entries()) {
    const { key } = statement;
    const row = rowAt(rows, key);
    const refusal = { statement: at, row };
    switch (statement.do) {
      case "insert":
        if (row !== null) return refusal;
        rows.put(key, stamped(statement.row, statement, now));
        break;
      case "update":
        if (row === null || !isAsExpected(row, statement, now)) return refusal;
        rows.put(key, stamped({ ...row, ...statement.set }, statement, now));
        break;
      case "put":
        rows.put(key, statement.row);
        break;
      case "remove":
        if (row !== null) rows.delete(key);
        break;
      case "check":
        if (row === null || !isAsExpected(row, statement, now)) return refusal;
    }
  }
  return undefined;
}

function stamped(row: Row, { stamps }: Values, now: Micros): Row {
  if (stamps === undefined) return row;
  const result: Record<string, Json> = { ...row };
  for (const [field, after] of Object.entries(stamps)) result[field] = now + after;
  return result;
}

function isAsExpected(row: Row, { where, past }: Expectation, now: Micros): boolean {
  if (where !== undefined) {
    for (const field in where) {
      const wanted = where[field];
      const value = row[field];
      if (Array.isArray(wanted) ? !wanted.includes(value) : value !== wanted) return false;
    }
  }
  return past === undefined || past.every((field) => Number(row[field]) <= now);
}
