/**
 * What `better-sqlite3` finds where its native add-on would be: the package's own JavaScript runs as it is, over databases
 * on the simulated disk. Defaults that are compiled into the add-on are kept: foreign keys are enforced, and a database in
 * WAL mode syncs at checkpoints only, so that a crash may take back what was committed last.
 *
 * Backups, serialized databases, virtual tables and extensions are refused. Both classes are made anew for each process, like all
 * that programs may change.
 */
import { refused } from "../../env/refused.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import { bindAll, resultOf, shown } from "./bound-values.js";
import { CONFIGURE, type Column, type Compiled, Database, OPEN } from "./database.js";
import { DETERMINISTIC, DIRECT_ONLY } from "./functions.js";
import type { Library } from "./library.js";
import { asBigInt, type Integer, type SqlValue } from "./values.js";

type ErrorClass = new (message: string, code: string) => Error;
type AnyFunction = (...args: unknown[]) => unknown;
type Mode = "flat" | "pluck" | "expand" | "raw";

const BUSY = "This database connection is busy executing a query";
const SKIPPED = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/;
/** Follows the database's own default, where a function says nothing of integers. */
const AS_DATABASE = 2;

const asNumber: Integer = (value) => Number(value);

/** A flag that can be left out. */
function flagOf(given: readonly unknown[]): boolean {
  const [on = true] = given;
  if (typeof on !== "boolean") throw new TypeError("Expected first argument to be a boolean");
  return on;
}

export function betterSqlite3Of(simulated: SimulatedProcess): object {
  let SqliteError: ErrorClass = class extends Error {
    constructor(
      message: string,
      readonly code: string,
    ) {
      super(message);
    }
  };
  let codes: ReadonlyMap<number, string> | undefined;

  class Connection {
    readonly name: string;
    readonly memory: boolean;
    readonly readonly: boolean;
    readonly log: AnyFunction | null;
    iterators = 0;
    busy = false;
    safeIntegers = false;
    unsafe = false;
    #syncIsChosen = false;
    readonly #database: Database;

    constructor(
      filename: string,
      given: string,
      inMemory: boolean,
      readOnly: boolean,
      mustExist: boolean,
      timeout: number,
      log: AnyFunction | null,
      buffer: unknown,
      descriptor: number | null = null,
    ) {
      if (buffer !== null)
        refused("better-sqlite3's database from a buffer", "write the buffer to a file and open that");
      if (descriptor !== null)
        refused("better-sqlite3's database from a file descriptor", "open it by the path of its file");
      const access = readOnly ? OPEN.readOnly : OPEN.readWrite | (mustExist ? 0 : OPEN.create);
      const database = new Database(simulated, filename, access, ({ message, code }, library) => {
        codes ??= codesOf(library);
        return new SqliteError(message, codes.get(code) ?? `UNKNOWN_SQLITE_ERROR_${code}`);
      });
      this.#database = database;
      this.name = given;
      this.memory = inMemory;
      this.readonly = readOnly;
      this.log = log;
      database.busyTimeout = timeout;
      database.configure(CONFIGURE.foreignKeys, true);
      database.configure(CONFIGURE.defensive, true);
      if (!inMemory) this.#setSync();
    }

    get open(): boolean {
      return this.#database.isOpen;
    }

    get inTransaction(): boolean {
      return this.open && this.#database.inTransaction;
    }

    get database(): Database {
      if (!this.open) throw new TypeError("The database connection is not open");
      if (this.busy) throw new TypeError(BUSY);
      return this.#database;
    }

    /** The database, for what changes it. */
    get quiet(): Database {
      const { database } = this;
      if (this.iterators > 0 && !this.unsafe) throw new TypeError(BUSY);
      return database;
    }

    prepare(sql: string, owner: object, isPragma: boolean, isExplained = false): Statement {
      return new Statement(this, sql, owner, isPragma, isExplained);
    }

    exec(sql: string): void {
      const { quiet } = this;
      this.within(() => quiet.exec(sql));
      this.executed(sql);
    }

    function(
      call: AnyFunction,
      name: string,
      args: number,
      safe: number,
      deterministic: boolean,
      directOnly: boolean,
    ): void {
      this.quiet.define(name, args, flags(deterministic, directOnly), {
        kind: "scalar",
        integer: this.#integer(safe),
        call: (...given) => resultOf(name, call(...given.map((value) => shown(value as SqlValue)))),
      });
    }

    aggregate(
      start: unknown,
      step: AnyFunction,
      inverse: AnyFunction | null,
      result: AnyFunction | null,
      name: string,
      args: number,
      safe: number,
      deterministic: boolean,
      directOnly: boolean,
    ): void {
      /** One that returns nothing has changed the state in its place. */
      const next =
        (act: AnyFunction) =>
        (state: unknown, ...given: unknown[]): unknown => {
          const returned = act(state, ...given.map((value) => shown(value as SqlValue)));
          return returned === undefined ? state : returned;
        };
      this.quiet.define(name, args, flags(deterministic, directOnly), {
        kind: "aggregate",
        integer: this.#integer(safe),
        start: () => (typeof start === "function" ? (start as AnyFunction)() : start),
        step: next(step),
        inverse: inverse === null ? undefined : next(inverse),
        result: (state) => resultOf(name, result === null ? state : result(state)),
      });
    }

    close(): void {
      if (!this.open) return;
      if (this.busy || this.iterators > 0) throw new TypeError(BUSY);
      this.#database.close();
    }

    defaultSafeIntegers(...given: unknown[]): void {
      this.safeIntegers = flagOf(given);
    }

    unsafeMode(...given: unknown[]): void {
      this.unsafe = flagOf(given);
      this.#database.configure(CONFIGURE.defensive, !this.unsafe);
    }

    backup(): never {
      return refused("better-sqlite3's backup", "copy the rows by SQL, or with `vacuum into`");
    }

    serialize(): never {
      return refused("better-sqlite3's serialize", "read the file of the database");
    }

    table(): never {
      return refused("better-sqlite3's virtual tables", "give the rows as JSON to json_each");
    }

    loadExtension(): never {
      return refused("better-sqlite3's loadExtension", "extensions are native code, and can't run there");
    }

    /** Does something in which functions of the program's own may run, which must not use the connection. */
    within<T>(act: () => T): T {
      this.busy = true;
      try {
        return act();
      } finally {
        this.busy = false;
      }
    }

    /** After statements that may have changed how the file is synced. */
    executed(sql: string): void {
      if (/\bsynchronous\s*[=(]/i.test(sql)) this.#syncIsChosen = true;
      if (/\bjournal_mode\s*[=(]/i.test(sql)) this.#setSync();
    }

    #setSync(): void {
      if (this.#syncIsChosen) return;
      const mode = this.#database.set("pragma journal_mode");
      if (!this.#database.inTransaction) this.#database.set(`pragma synchronous = ${mode === "wal" ? 1 : 2}`);
    }

    #integer(safe: number): Integer {
      return (safe === AS_DATABASE ? this.safeIntegers : safe === 1) ? asBigInt : asNumber;
    }
  }

  class Statement {
    readonly reader: boolean;
    readonly readonly: boolean;
    readonly source: string;
    readonly database: object;
    readonly #connection: Connection;
    readonly #sql: string;
    #mode: Mode = "flat";
    #safeIntegers: boolean;
    #bound: readonly unknown[] | undefined;
    #isLocked = false;
    /** It is not executed, so that its parameters need no values. */
    readonly #isExplained: boolean;

    constructor(connection: Connection, sql: string, owner: object, isPragma: boolean, isExplained: boolean) {
      this.#isExplained = isExplained;
      const database = isPragma ? connection.quiet : connection.database;
      const { compiled, tail } = database.borrow(sql);
      if (compiled === undefined) throw new RangeError("The supplied SQL string contains no statements");
      this.reader = compiled.width > 0 || isPragma;
      this.readonly = compiled.isReadOnly;
      this.#sql = compiled.sql;
      database.giveBack(compiled);
      if (!SKIPPED.test(tail))
        throw new RangeError("The supplied SQL string contains more than one statement");
      this.#connection = connection;
      this.source = sql;
      this.database = owner;
      this.#safeIntegers = connection.safeIntegers;
    }

    get busy(): boolean {
      return this.#isLocked;
    }

    run(...given: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
      this.#mustBeFree();
      const database = this.#connection.quiet;
      const before = database.totalChanges;
      return this.#execute(database, given, (compiled) => {
        compiled.step();
        database.giveBack(compiled); // what it changed is counted when it is over
        const changes = database.totalChanges === before ? 0 : Number(database.changes);
        return { changes, lastInsertRowid: this.#integer(database.lastInsertRowid) };
      });
    }

    get(...given: unknown[]): unknown {
      return this.#execute(this.#forReading(), given, (compiled) =>
        compiled.step() ? this.#row(compiled) : undefined,
      );
    }

    all(...given: unknown[]): unknown[] {
      return this.#execute(this.#forReading(), given, (compiled) => {
        const rows: unknown[] = [];
        while (compiled.step()) rows.push(this.#row(compiled));
        return rows;
      });
    }

    iterate(...given: unknown[]): IterableIterator<unknown> {
      const database = this.#forReading();
      const connection = this.#connection;
      const compiled = this.#begin(database, given);
      let isOver = false;
      this.#isLocked = true;
      connection.iterators++;
      const over = (): IteratorReturnResult<undefined> => {
        if (!isOver) {
          isOver = true;
          this.#isLocked = false;
          connection.iterators--;
          database.giveBack(compiled);
        }
        return { done: true, value: undefined };
      };
      const next = (): IteratorResult<unknown> => {
        if (connection.busy) throw new TypeError(BUSY);
        if (isOver) return over();
        try {
          if (!connection.within(() => compiled.step())) return over();
          return { done: false, value: this.#row(compiled) };
        } catch (error) {
          over();
          throw error;
        }
      };
      const iterator = { next, return: over, statement: this, [Symbol.iterator]: () => iterator };
      return iterator;
    }

    bind(...given: unknown[]): this {
      if (this.#bound !== undefined)
        throw new TypeError("The bind() method can only be invoked once per statement object");
      const { database } = this.#connection;
      this.#mustBeFree();
      database.giveBack(this.#begin(database, given));
      this.#bound = given;
      return this;
    }

    pluck(...given: unknown[]): this {
      return this.#setMode("pluck", given);
    }

    expand(...given: unknown[]): this {
      return this.#setMode("expand", given);
    }

    raw(...given: unknown[]): this {
      return this.#setMode("raw", given);
    }

    safeIntegers(...given: unknown[]): this {
      this.#mustBeFree();
      this.#safeIntegers = flagOf(given);
      return this;
    }

    columns(): Column[] {
      this.#mustReturnData("The columns() method is only for statements that return data");
      const { database } = this.#connection;
      const { compiled } = database.borrow(this.#sql);
      const columns = compiled?.columns() ?? [];
      if (compiled !== undefined) database.giveBack(compiled);
      return columns;
    }

    #setMode(mode: Mode, given: readonly unknown[]): this {
      this.#mustReturnData(`The ${mode}() method is only for statements that return data`);
      this.#mustBeFree();
      if (flagOf(given)) this.#mode = mode;
      else if (this.#mode === mode) this.#mode = "flat";
      return this;
    }

    #mustReturnData(message: string): void {
      if (!this.reader) throw new TypeError(message);
    }

    #mustBeFree(): void {
      if (this.#isLocked) throw new TypeError("This statement is busy executing a query");
    }

    #forReading(): Database {
      this.#mustReturnData("This statement does not return data. Use run() instead");
      const { database } = this.#connection;
      this.#mustBeFree();
      return database;
    }

    #execute<T>(database: Database, given: readonly unknown[], act: (compiled: Compiled) => T): T {
      const compiled = this.#begin(database, given);
      try {
        return this.#connection.within(() => act(compiled));
      } finally {
        database.giveBack(compiled);
        this.#connection.executed(this.#sql);
      }
    }

    #begin(database: Database, given: readonly unknown[]): Compiled {
      if (this.#bound !== undefined && given.length > 0)
        throw new TypeError("This statement already has bound parameters");
      const { compiled } = database.borrow(this.#sql);
      if (compiled === undefined) throw new RangeError("The supplied SQL string contains no statements");
      try {
        if (!this.#isExplained) bindAll(compiled, this.#bound ?? given);
        this.#connection.log?.(compiled.expanded());
      } catch (error) {
        database.giveBack(compiled);
        throw error;
      }
      database.note(compiled);
      return compiled;
    }

    #integer(value: bigint): number | bigint {
      return this.#safeIntegers ? value : Number(value);
    }

    #row(compiled: Compiled): unknown {
      const values = compiled.row((value) => this.#integer(value)).map(shown);
      switch (this.#mode) {
        case "raw":
          return values;
        case "pluck":
          return values[0];
        case "flat":
          return Object.fromEntries(compiled.names().map((name, index) => [name, values[index]]));
        case "expand": {
          const row: Record<string, Record<string, unknown>> = {};
          for (const [index, { name, table }] of compiled.columns().entries()) {
            row[table ?? "$"] = { ...row[table ?? "$"], [name]: values[index] };
          }
          return row;
        }
      }
    }
  }

  const setErrorConstructor = (given: ErrorClass): void => {
    SqliteError = given;
  };
  return { Database: Connection, setErrorConstructor, initialize: setErrorConstructor };
}

function flags(deterministic: boolean, directOnly: boolean): number {
  return (deterministic ? DETERMINISTIC : 0) | (directOnly ? DIRECT_ONLY : 0);
}

/** The names of SQLite's codes, as it lists them itself. */
function codesOf(library: Library): ReadonlyMap<number, string> {
  const { resultCodes } = JSON.parse(library.text(library.c.sqlite3__wasm_enum_json())) as {
    readonly resultCodes: Readonly<Record<string, number>>;
  };
  return new Map(Object.entries(resultCodes).map(([name, code]) => [code, name]));
}
