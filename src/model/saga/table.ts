/**
 * Rows and transactions: what a database makes of statements, apart from how it stores the result.
 *
 * A key is `TABLE/REST`, a row is a flat record. A transaction is a list of statements that are carried out
 * together or not at all: each may state what it expects of its row, and the first that finds otherwise
 * refuses the whole. It leaves out joins, ranges and anything else that this system does not ask for.
 */
import type { Json, Micros, Write } from "seedstorm";

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

export type Evaluation =
  | { readonly ok: true; readonly writes: readonly Write[] }
  /** Which statement found its row otherwise, and what stands there. */
  | { readonly ok: false; readonly statement: number; readonly row: Row | null };

/** Rows of one table, or of a part of it: those whose keys begin so and that are as expected. */
export interface Scan extends Expectation {
  readonly prefix: string;
  /** Those with the lowest number in a field, so many of them. */
  readonly lowest?: { readonly field: string; readonly limit: number };
}

export type KeyedRow = readonly [key: string, row: Row];

export class Tables {
  readonly #tables = new Map<string, Map<string, Row>>();

  get(key: string): Row | undefined {
    return this.#tables.get(tableOf(key))?.get(key);
  }

  /** In the order in which they were inserted, unless the lowest are asked for. */
  scan(scan: Scan, now: Micros): KeyedRow[] {
    const found: KeyedRow[] = [];
    for (const [key, row] of this.#tables.get(tableOf(scan.prefix)) ?? []) {
      if (key.startsWith(scan.prefix) && isAsExpected(row, scan, now)) found.push([key, row]);
    }
    const { lowest } = scan;
    if (lowest === undefined) return found;
    return found
      .sort(([, a], [, b]) => Number(a[lowest.field]) - Number(b[lowest.field]))
      .slice(0, lowest.limit);
  }

  /** What the statements would write, at this time; nothing is changed. */
  evaluate(statements: readonly Statement[], now: Micros): Evaluation {
    const written = new Map<string, Row | null>();
    for (let i = 0; i < statements.length; i++) {
      const statement = statements[i] as Statement; // below the length
      const { key } = statement;
      const known = written.get(key);
      const row = known === undefined ? (this.get(key) ?? null) : known;
      switch (statement.do) {
        case "insert":
          if (row !== null) return { ok: false, statement: i, row };
          written.set(key, stamped(statement.row, statement, now));
          break;
        case "update":
          if (row === null || !isAsExpected(row, statement, now)) return { ok: false, statement: i, row };
          written.set(key, stamped({ ...row, ...statement.set }, statement, now));
          break;
        case "put":
          written.set(key, statement.row);
          break;
        case "remove":
          if (row !== null) written.set(key, null);
          break;
        case "check":
          if (row === null || !isAsExpected(row, statement, now)) return { ok: false, statement: i, row };
      }
    }
    return { ok: true, writes: [...written].map(([key, value]) => ({ key, value })) };
  }

  apply(writes: readonly Write[]): void {
    for (const { key, value } of writes) {
      const name = tableOf(key);
      let table = this.#tables.get(name);
      if (table === undefined) {
        table = new Map();
        this.#tables.set(name, table);
      }
      if (value === null) table.delete(key);
      else table.set(key, value as Row); // only rows are written
    }
  }

  /** Every row, as writes that make it. */
  all(): Write[] {
    return [...this.#tables.values()].flatMap((table) => [...table].map(([key, value]) => ({ key, value })));
  }
}

function tableOf(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? key : key.slice(0, slash);
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
