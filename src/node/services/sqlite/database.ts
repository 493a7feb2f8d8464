/**
 * An open database and its statements, as SQLite's C interface has them, with errors thrown. Both `node:sqlite` and
 * `better-sqlite3` stand on it; what they differ in is theirs.
 *
 * A compiled statement is lent for one execution and used again by the next one with the same SQL: a program that
 * prepares the same text for each query needs no garbage collector to free what it made.
 */
import type { SimulatedProcess } from "../../env/simulated-process.js";
import { Functions, type SqlFunction } from "./functions.js";
import { Library } from "./library.js";
import { bind, type Integer, type SqlValue, sqlValueOf } from "./values.js";
import { furnish } from "./vfs.js";

type Pointer = number;

const OK = 0;
const ROW = 100;
const DONE = 101;
const POINTER = 4;
/** Compiled statements that are kept for a database's next executions. */
const KEPT = 256;
const LONGEST_SQL = 160;
/** Options of a connection, by SQLite's numbers. */
export const CONFIGURE = {
  foreignKeys: 1002,
  defensive: 1010,
  doubleQuotedInQueries: 1013,
  doubleQuotedInSchemas: 1014,
} as const;
export const OPEN = { readOnly: 0x1, readWrite: 0x2, create: 0x4, uri: 0x40 } as const;

/** What SQLite says went wrong. */
export interface Failure {
  readonly message: string;
  /** The extended result code. */
  readonly code: number;
}

/** How an interface reports a failure. */
export type Fail = (failure: Failure, library: Library) => Error;

interface Engine {
  readonly library: Library;
  readonly functions: Functions;
}

const engines = new WeakMap<SimulatedProcess, Engine>();

/** The instance of a process, made when it first asks. */
function engineOf(simulated: SimulatedProcess): Engine {
  const known = engines.get(simulated);
  if (known !== undefined) return known;
  const library = new Library();
  furnish(library, simulated);
  const made = { library, functions: new Functions(library) };
  engines.set(simulated, made);
  return made;
}

export interface Column {
  readonly name: string;
  readonly column: string | null;
  readonly table: string | null;
  readonly database: string | null;
  readonly type: string | null;
}

/** A statement that was compiled, between two executions or within one. */
export class Compiled {
  readonly parameters: readonly (string | undefined)[];
  readonly isReadOnly: boolean;
  readonly #database: Database;
  /** Of this execution: with the next one the schema may be another. */
  #names: readonly string[] | undefined;

  constructor(
    database: Database,
    readonly sql: string,
    readonly pointer: Pointer,
  ) {
    const { c } = database.library;
    this.#database = database;
    const count = c.sqlite3_bind_parameter_count(pointer);
    this.parameters = Array.from(
      { length: count },
      (_, index) => database.textOrNull(c.sqlite3_bind_parameter_name(pointer, index + 1)) ?? undefined,
    );
    this.isReadOnly = c.sqlite3_stmt_readonly(pointer) !== 0;
  }

  /** How many columns its rows have: it may change with the schema. */
  get width(): number {
    return this.#database.library.c.sqlite3_column_count(this.pointer);
  }

  names(): readonly string[] {
    const { library } = this.#database;
    this.#names ??= Array.from({ length: this.width }, (_, index) =>
      library.text(library.c.sqlite3_column_name(this.pointer, index)),
    );
    return this.#names;
  }

  /** Ends an execution. */
  reset(): void {
    const { c } = this.#database.library;
    this.#names = undefined;
    c.sqlite3_reset(this.pointer);
    c.sqlite3_clear_bindings(this.pointer);
  }

  columns(): Column[] {
    const { c } = this.#database.library;
    const text = (at: Pointer): string | null => this.#database.textOrNull(at);
    return this.names().map((name, index) => ({
      name,
      column: text(c.sqlite3_column_origin_name(this.pointer, index)),
      table: text(c.sqlite3_column_table_name(this.pointer, index)),
      database: text(c.sqlite3_column_database_name(this.pointer, index)),
      type: text(c.sqlite3_column_decltype(this.pointer, index)),
    }));
  }

  /** @param index from 1. */
  bind(index: number, value: SqlValue): void {
    this.#database.check(bind(this.#database.library, this.pointer, index, value));
  }

  /** False: there is no further row. */
  step(): boolean {
    const code = this.#database.library.c.sqlite3_step(this.pointer);
    const thrown = this.#database.takeThrown();
    if (code === ROW && thrown === undefined) return true;
    if (code === DONE && thrown === undefined) return false;
    const failure = this.#database.failure();
    this.#database.library.c.sqlite3_reset(this.pointer);
    if (thrown !== undefined) throw thrown.error;
    throw this.#database.error(failure);
  }

  /** The values of the row that it stands at. */
  row(integer: Integer): SqlValue[] {
    const { library } = this.#database;
    return Array.from({ length: this.width }, (_, index) =>
      sqlValueOf(library, library.c.sqlite3_column_value(this.pointer, index), integer),
    );
  }

  expanded(): string {
    const { library } = this.#database;
    const at = library.c.sqlite3_expanded_sql(this.pointer);
    const text = library.text(at);
    library.c.sqlite3_free(at);
    return text;
  }
}

export class Database {
  readonly library: Library;
  readonly #fail: Fail;
  readonly #functions: Functions;
  readonly #simulated: SimulatedProcess;
  #pointer: Pointer;
  /** By their SQL; those that were used last stand last. */
  readonly #idle = new Map<string, Compiled>();
  readonly #all = new Set<Compiled>();

  /** Opens it. Throws what `fail` makes of a failure. */
  constructor(simulated: SimulatedProcess, path: string, flags: number, fail: Fail) {
    const { library, functions } = engineOf(simulated);
    this.library = library;
    this.#fail = fail;
    this.#functions = functions;
    this.#simulated = simulated;
    const place = library.allocate(POINTER);
    const code = library.withText(path, (name) => library.c.sqlite3_open_v2(name, place, flags, 0));
    this.#pointer = library.view.getUint32(place, true);
    library.c.free(place);
    if (code !== OK) {
      const failure = { message: this.failure().message, code };
      this.close();
      throw fail(failure, library);
    }
    library.c.sqlite3_extended_result_codes(this.#pointer, 1);
    // As programs outside have it; this build's own default is another.
    if ((flags & OPEN.readOnly) === 0) this.set("pragma page_size = 4096");
  }

  get isOpen(): boolean {
    return this.#pointer !== 0;
  }

  get inTransaction(): boolean {
    return this.library.c.sqlite3_get_autocommit(this.#pointer) === 0;
  }

  get changes(): bigint {
    return this.library.c.sqlite3_changes64(this.#pointer);
  }

  get totalChanges(): bigint {
    return this.library.c.sqlite3_total_changes64(this.#pointer);
  }

  get lastInsertRowid(): bigint {
    return this.library.c.sqlite3_last_insert_rowid(this.#pointer);
  }

  /** The file of an attached database; null for one in memory. */
  filename(name: string): string | null {
    const text = this.library.withText(name, (at) =>
      this.textOrNull(this.library.c.sqlite3_db_filename(this.#pointer, at)),
    );
    return text === "" ? null : text;
  }

  set busyTimeout(ms: number) {
    this.library.c.sqlite3_busy_timeout(this.#pointer, ms);
  }

  configure(option: (typeof CONFIGURE)[keyof typeof CONFIGURE], value: boolean): void {
    this.check(this.library.c.sqlite3__wasm_db_config_ip(this.#pointer, option, value ? 1 : 0, 0));
  }

  define(name: string, args: number, flags: number, defined: SqlFunction): void {
    this.check(this.#functions.define(this.#pointer, name, args, flags, defined));
  }

  /** Executes a statement that the program did not ask for: its first value. */
  set(sql: string): SqlValue | undefined {
    const { compiled } = this.#compile(sql);
    if (compiled === undefined) return undefined;
    try {
      return compiled.step() ? compiled.row(Number)[0] : undefined;
    } finally {
      this.#finalize(compiled);
    }
  }

  /** Executes every statement of a text; rows are not looked at. */
  exec(sql: string): void {
    for (let rest = sql; ; ) {
      const { compiled, tail } = this.#compile(rest);
      if (compiled !== undefined) {
        this.note(compiled);
        try {
          while (compiled.step());
        } finally {
          this.#finalize(compiled);
        }
      }
      if (tail.trim() === "") return;
      rest = tail;
    }
  }

  /** Lends the first statement of a text, and says what follows it. Undefined: there is none. */
  borrow(sql: string): { readonly compiled: Compiled | undefined; readonly tail: string } {
    const idle = this.#idle.get(sql);
    if (idle === undefined) return this.#compile(sql);
    this.#idle.delete(sql);
    return { compiled: idle, tail: "" };
  }

  /** Ends an execution. */
  giveBack(compiled: Compiled): void {
    if (!this.#all.has(compiled)) return; // the database was closed
    if (this.#idle.get(compiled.sql) === compiled) return; // it was given back before
    compiled.reset();
    if (this.#idle.has(compiled.sql)) {
      this.#finalize(compiled);
      return;
    }
    this.#idle.set(compiled.sql, compiled);
    const [oldest] = this.#idle.values();
    if (this.#idle.size <= KEPT || oldest === undefined) return;
    this.#idle.delete(oldest.sql);
    this.#finalize(oldest);
  }

  isAlive(compiled: Compiled): boolean {
    return this.#all.has(compiled);
  }

  /** Writes into the history what is executed. */
  note({ sql }: Compiled): void {
    this.#simulated.note("request", `sqlite: ${sql.slice(0, LONGEST_SQL)}`);
  }

  close(): void {
    const { c } = this.library;
    for (const { pointer } of this.#all) c.sqlite3_finalize(pointer);
    this.#all.clear();
    this.#idle.clear();
    c.sqlite3_close_v2(this.#pointer);
    this.#pointer = 0;
  }

  check(code: number): void {
    if (code !== OK) throw this.error(this.failure());
  }

  error(failure: Failure): Error {
    return this.#fail(failure, this.library);
  }

  failure(): Failure {
    const { c } = this.library;
    return {
      message: this.library.text(c.sqlite3_errmsg(this.#pointer)),
      code: c.sqlite3_extended_errcode(this.#pointer),
    };
  }

  takeThrown(): { readonly error: unknown } | undefined {
    return this.#functions.takeThrown();
  }

  textOrNull(at: Pointer): string | null {
    return at === 0 ? null : this.library.text(at);
  }

  #compile(sql: string): { readonly compiled: Compiled | undefined; readonly tail: string } {
    const { library } = this;
    const places = library.allocate(2 * POINTER);
    try {
      return library.withText(sql, (at, length) => {
        this.check(library.c.sqlite3_prepare_v2(this.#pointer, at, length + 1, places, places + POINTER));
        const pointer = library.view.getUint32(places, true);
        const end = library.view.getUint32(places + POINTER, true);
        const tail = library.textOf(end, at + length - end);
        if (pointer === 0) return { compiled: undefined, tail };
        const compiled = new Compiled(this, tail === "" ? sql : library.textOf(at, end - at), pointer);
        this.#all.add(compiled);
        return { compiled, tail };
      });
    } finally {
      library.c.free(places);
    }
  }

  #finalize(compiled: Compiled): void {
    if (this.#all.delete(compiled)) this.library.c.sqlite3_finalize(compiled.pointer);
  }
}
