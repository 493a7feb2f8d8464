/**
 * `node:sqlite` of one process: databases on the simulated disk, with the interface of Node 24, on any version of Node.
 * Sessions, backups, extensions, authorizers, serialized databases and tag stores are refused.
 */
import { refused } from "../../env/refused.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import { CONFIGURE, type Compiled, Database, type Fail, OPEN } from "./database.js";
import { DETERMINISTIC, DIRECT_ONLY } from "./functions.js";
import { asBigInt, fitsInteger, type Integer, type SqlValue } from "./values.js";

interface DatabaseOptions {
  readonly open?: boolean;
  readonly readOnly?: boolean;
  readonly enableForeignKeyConstraints?: boolean;
  readonly enableDoubleQuotedStringLiterals?: boolean;
  readonly allowExtension?: boolean;
  readonly timeout?: number;
  readonly defensive?: boolean;
  readonly readBigInts?: boolean;
  readonly returnArrays?: boolean;
  readonly allowBareNamedParameters?: boolean;
  readonly allowUnknownNamedParameters?: boolean;
}

interface FunctionOptions {
  readonly deterministic?: boolean;
  readonly directOnly?: boolean;
  readonly useBigIntArguments?: boolean;
  readonly varargs?: boolean;
}

interface AggregateOptions extends FunctionOptions {
  readonly start: unknown;
  readonly step: (...args: unknown[]) => unknown;
  readonly result?: (state: unknown) => unknown;
  readonly inverse?: (...args: unknown[]) => unknown;
}

type Row = Record<string, SqlValue> | SqlValue[];

function coded<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

const invalidState = (message: string): Error => coded(new Error(message), "ERR_INVALID_STATE");
const invalidType = (message: string): Error => coded(new TypeError(message), "ERR_INVALID_ARG_TYPE");

/** An integer as a number, unless one can't hold it. */
function asNumber(value: bigint): number {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw coded(
    new RangeError(`Value is too large to be represented as a JavaScript number: ${value}`),
    "ERR_OUT_OF_RANGE",
  );
}

/** What SQLite can hold of a value; undefined: nothing. */
function sqlValue(value: unknown): SqlValue | undefined {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") {
    if (fitsInteger(value)) return value;
    throw coded(new TypeError("BigInt value is too large to bind."), "ERR_INVALID_ARG_VALUE");
  }
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

function required<T>(value: T, type: "string" | "function", name: string): T {
  if (typeof value === type) return value;
  throw invalidType(`The "${name}" argument must be ${type === "string" ? "a string" : "a function"}.`);
}

export function nodeSqliteOf(simulated: SimulatedProcess): object {
  const errorOf: Fail = ({ message, code }, library) =>
    Object.assign(coded(new Error(message), "ERR_SQLITE_ERROR"), {
      errcode: code,
      errstr: library.text(library.c.sqlite3_errstr(code)),
    });

  class StatementSync {
    readonly #database: () => Database;
    readonly #sql: string;
    #integer: Integer;
    #arrays: boolean;
    #bare: boolean;
    #unknown: boolean;

    constructor(database: () => Database, sql: string, options: DatabaseOptions) {
      this.#database = database;
      const { compiled } = database().borrow(sql);
      if (compiled === undefined) throw invalidState("The supplied SQL string contains no statements");
      this.#sql = compiled.sql;
      database().giveBack(compiled);
      this.#integer = options.readBigInts === true ? asBigInt : asNumber;
      this.#arrays = options.returnArrays === true;
      this.#bare = options.allowBareNamedParameters !== false;
      this.#unknown = options.allowUnknownNamedParameters === true;
    }

    get sourceSQL(): string {
      return this.#sql;
    }

    get expandedSQL(): string {
      return this.#execute([], (compiled) => compiled.expanded());
    }

    all(...given: unknown[]): Row[] {
      return this.#execute(given, (compiled) => {
        const rows: Row[] = [];
        while (compiled.step()) rows.push(this.#row(compiled));
        return rows;
      });
    }

    get(...given: unknown[]): Row | undefined {
      return this.#execute(given, (compiled) => (compiled.step() ? this.#row(compiled) : undefined));
    }

    run(...given: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
      return this.#execute(given, (compiled) => {
        while (compiled.step());
        const { changes, lastInsertRowid } = this.#database();
        const shown: Integer = this.#integer === asBigInt ? asBigInt : Number; // without a check, as in Node
        return { changes: shown(changes), lastInsertRowid: shown(lastInsertRowid) };
      });
    }

    *iterate(...given: unknown[]): Generator<Row, undefined> {
      const database = this.#database();
      const compiled = this.#begin(given);
      try {
        while (database.isAlive(compiled) && compiled.step()) yield this.#row(compiled);
        return undefined;
      } finally {
        database.giveBack(compiled);
      }
    }

    columns(): object[] {
      const database = this.#database();
      const { compiled } = database.borrow(this.#sql);
      if (compiled === undefined) return [];
      const columns = compiled.columns().map(({ name, column, table, database: from, type }) => {
        return Object.assign(Object.create(null), { column, database: from, name, table, type }) as object;
      });
      database.giveBack(compiled);
      return columns;
    }

    setReadBigInts(on: boolean): void {
      this.#integer = on ? asBigInt : asNumber;
    }

    setReturnArrays(on: boolean): void {
      this.#arrays = on;
    }

    setAllowBareNamedParameters(on: boolean): void {
      this.#bare = on;
    }

    setAllowUnknownNamedParameters(on: boolean): void {
      this.#unknown = on;
    }

    #execute<T>(given: readonly unknown[], act: (compiled: Compiled) => T): T {
      const database = this.#database();
      const compiled = this.#begin(given);
      try {
        return act(compiled);
      } finally {
        database.giveBack(compiled);
      }
    }

    #begin(given: readonly unknown[]): Compiled {
      const database = this.#database();
      const { compiled } = database.borrow(this.#sql);
      if (compiled === undefined) throw invalidState("statement has been finalized");
      try {
        this.#bind(compiled, given);
      } catch (error) {
        database.giveBack(compiled);
        throw error;
      }
      database.note(compiled);
      return compiled;
    }

    #bind(compiled: Compiled, given: readonly unknown[]): void {
      const [first, ...rest] = given;
      const named = isNamed(first);
      if (named) this.#bindNamed(compiled, first);
      // Positional ones are those without a name.
      let index = 0;
      for (const value of named ? rest : given) {
        do index++;
        while (
          compiled.parameters[index - 1] !== undefined &&
          !/^\?/.test(compiled.parameters[index - 1] ?? "")
        );
        const bound = sqlValue(value);
        if (bound === undefined)
          throw invalidType(`Provided value cannot be bound to SQLite parameter ${index}.`);
        compiled.bind(index, bound);
      }
    }

    #bindNamed(compiled: Compiled, values: Readonly<Record<string, unknown>>): void {
      const { parameters } = compiled;
      for (const [name, value] of Object.entries(values)) {
        let index = parameters.indexOf(name);
        if (index < 0 && this.#bare) index = parameters.findIndex((known) => known?.slice(1) === name);
        if (index < 0) {
          if (this.#unknown) continue;
          throw invalidState(`Unknown named parameter '${name}'`);
        }
        const bound = sqlValue(value);
        if (bound === undefined)
          throw invalidType(`Provided value cannot be bound to SQLite parameter ${index + 1}.`);
        compiled.bind(index + 1, bound);
      }
    }

    #row(compiled: Compiled): Row {
      const values = compiled.row(this.#integer);
      if (this.#arrays) return values;
      const row = Object.create(null) as Record<string, SqlValue>;
      for (const [index, name] of compiled.names().entries()) row[name] = values[index] ?? null;
      return row;
    }
  }

  class DatabaseSync {
    readonly #path: string;
    readonly #options: DatabaseOptions;
    #database: Database | undefined;

    constructor(path: string | URL | Uint8Array, options: DatabaseOptions = {}) {
      this.#path =
        path instanceof Uint8Array
          ? Buffer.from(path).toString("utf8")
          : path instanceof URL
            ? path.href
            : path;
      required(this.#path, "string", "path");
      if (options.allowExtension === true)
        refused("DatabaseSync with allowExtension", "extensions are native code, and can't run there");
      this.#options = options;
      if (options.open !== false) this.open();
    }

    open(): void {
      if (this.#database !== undefined) throw invalidState("database is already open");
      const options = this.#options;
      const access = options.readOnly === true ? OPEN.readOnly : OPEN.readWrite | OPEN.create;
      const database = new Database(simulated, this.#path, access | OPEN.uri, errorOf);
      database.configure(CONFIGURE.foreignKeys, options.enableForeignKeyConstraints !== false);
      const quoted = options.enableDoubleQuotedStringLiterals === true;
      for (const option of [CONFIGURE.doubleQuotedInQueries, CONFIGURE.doubleQuotedInSchemas])
        database.configure(option, quoted);
      if (options.defensive === true) database.configure(CONFIGURE.defensive, true);
      if (options.timeout !== undefined) database.busyTimeout = options.timeout;
      this.#database = database;
    }

    close(): void {
      this.#open().close();
      this.#database = undefined;
    }

    [Symbol.dispose ?? Symbol.for("Symbol.dispose")](): void {
      if (this.#database !== undefined) this.close();
    }

    exec(sql: string): void {
      this.#open().exec(required(sql, "string", "sql"));
    }

    prepare(sql: string, options: DatabaseOptions = {}): StatementSync {
      required(sql, "string", "sql");
      return new StatementSync(() => this.#open(), sql, { ...this.#options, ...options });
    }

    get isOpen(): boolean {
      return this.#database !== undefined;
    }

    get isTransaction(): boolean {
      return this.#open().inTransaction;
    }

    location(name = "main"): string | null {
      return this.#open().filename(name);
    }

    function(
      name: string,
      ...given: [FunctionOptions, (...args: unknown[]) => unknown] | [(...args: unknown[]) => unknown]
    ): void {
      const call = required(given.at(-1), "function", "function") as (...args: unknown[]) => unknown;
      const options = given.length === 2 ? given[0] : {};
      this.#open().define(name, options.varargs === true ? -1 : call.length, flagsOf(options), {
        kind: "scalar",
        integer: options.useBigIntArguments === true ? asBigInt : asNumber,
        call: (...args) => resultOf(call(...args)),
      });
    }

    aggregate(name: string, options: AggregateOptions): void {
      const { start, step, result, inverse } = options;
      const most = Math.max(step.length, inverse?.length ?? 0) - 1;
      this.#open().define(name, options.varargs === true ? -1 : Math.max(0, most), flagsOf(options), {
        kind: "aggregate",
        integer: options.useBigIntArguments === true ? asBigInt : asNumber,
        start: () => (typeof start === "function" ? (start as () => unknown)() : start),
        step: (state, ...args) => step(state, ...args),
        inverse: inverse === undefined ? undefined : (state, ...args) => inverse(state, ...args),
        result: (state) => resultOf(result === undefined ? state : result(state)),
      });
    }

    enableDefensive(on: boolean): void {
      this.#open().configure(CONFIGURE.defensive, on);
    }

    #open(): Database {
      if (this.#database === undefined) throw invalidState("database is not open");
      return this.#database;
    }
  }

  for (const [name, instead] of Object.entries(NOT_SERVED)) {
    Object.defineProperty(DatabaseSync.prototype, name, {
      value: () => refused(`DatabaseSync.${name}`, instead),
    });
  }
  return {
    DatabaseSync,
    StatementSync,
    Session: class Session {},
    constants: Object.freeze({}),
    backup: () => refused("node:sqlite's backup", "copy the rows by SQL, or with `vacuum into`"),
  };
}

const NOT_SERVED: Readonly<Record<string, string>> = {
  createSession: "keep a table of changes with triggers",
  applyChangeset: "apply the changes by SQL",
  enableLoadExtension: "extensions are native code, and can't run there",
  loadExtension: "extensions are native code, and can't run there",
  createTagStore: "prepare the statements",
  serialize: "copy the rows by SQL, or with `vacuum into`",
  deserialize: "open a file",
  setAuthorizer: "check the statements before they are prepared",
};

function flagsOf({ deterministic, directOnly }: FunctionOptions): number {
  return (deterministic === true ? DETERMINISTIC : 0) | (directOnly === true ? DIRECT_ONLY : 0);
}

function resultOf(value: unknown): SqlValue {
  const result = value === undefined ? null : sqlValue(value);
  if (result !== undefined) return result;
  throw coded(
    new Error(
      value instanceof Promise
        ? "Asynchronous user-defined functions are not supported"
        : "Returned JavaScript value cannot be converted to a SQLite value",
    ),
    "ERR_SQLITE_ERROR",
  );
}
