/**
 * SQLite itself: the official WebAssembly build, compiled once in a thread, with an instance for each process that asks for
 * one. Making an instance costs a millisecond or two, so that none is kept or set back: memory, caches and locks of a process
 * go with it.
 *
 * Only the WebAssembly of the package is used. Its functions are those of SQLite's C interface by their own names. Of an
 * operating system it gets nothing but memory and a time zone, which is UTC: files, clock and randomness come from the VFS.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { outsideTheGuard } from "../../../sim/traps/guard.js";
import { refused } from "../../env/refused.js";
import type { FunctionTable } from "./callbacks.js";

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): { readonly module: string; readonly name: string; readonly kind: string }[];
  };
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Record<string, unknown>>>,
  ) => { readonly exports: object };
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => Memory;
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };

type Pointer = number;

/** The functions that are used, as in SQLite's documentation of its C interface. */
export interface CInterface {
  readonly __indirect_function_table: FunctionTable;
  __wasm_call_ctors(): void;
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
  sqlite3_initialize(): number;
  sqlite3_vfs_register(vfs: Pointer, isDefault: number): number;
  sqlite3_open_v2(name: Pointer, database: Pointer, flags: number, vfs: Pointer): number;
  sqlite3_close_v2(database: Pointer): number;
  sqlite3_extended_result_codes(database: Pointer, on: number): number;
  sqlite3_busy_timeout(database: Pointer, ms: number): number;
  sqlite3__wasm_db_config_ip(database: Pointer, option: number, value: number, result: Pointer): number;
  sqlite3_errmsg(database: Pointer): Pointer;
  sqlite3_errstr(code: number): Pointer;
  sqlite3__wasm_enum_json(): Pointer;
  sqlite3_extended_errcode(database: Pointer): number;
  sqlite3_get_autocommit(database: Pointer): number;
  sqlite3_changes64(database: Pointer): bigint;
  sqlite3_total_changes64(database: Pointer): bigint;
  sqlite3_last_insert_rowid(database: Pointer): bigint;
  sqlite3_db_filename(database: Pointer, name: Pointer): Pointer;
  sqlite3_prepare_v2(
    database: Pointer,
    sql: Pointer,
    bytes: number,
    statement: Pointer,
    tail: Pointer,
  ): number;
  sqlite3_step(statement: Pointer): number;
  sqlite3_reset(statement: Pointer): number;
  sqlite3_finalize(statement: Pointer): number;
  sqlite3_clear_bindings(statement: Pointer): number;
  sqlite3_expanded_sql(statement: Pointer): Pointer;
  sqlite3_free(pointer: Pointer): void;
  sqlite3_stmt_readonly(statement: Pointer): number;
  sqlite3_bind_parameter_count(statement: Pointer): number;
  sqlite3_bind_parameter_name(statement: Pointer, index: number): Pointer;
  sqlite3_bind_null(statement: Pointer, index: number): number;
  sqlite3_bind_double(statement: Pointer, index: number, value: number): number;
  sqlite3_bind_int64(statement: Pointer, index: number, value: bigint): number;
  sqlite3_bind_text(
    statement: Pointer,
    index: number,
    text: Pointer,
    bytes: number,
    destructor: number,
  ): number;
  sqlite3_bind_blob(
    statement: Pointer,
    index: number,
    blob: Pointer,
    bytes: number,
    destructor: number,
  ): number;
  sqlite3_bind_zeroblob(statement: Pointer, index: number, bytes: number): number;
  sqlite3_column_count(statement: Pointer): number;
  sqlite3_column_name(statement: Pointer, index: number): Pointer;
  sqlite3_column_origin_name(statement: Pointer, index: number): Pointer;
  sqlite3_column_table_name(statement: Pointer, index: number): Pointer;
  sqlite3_column_database_name(statement: Pointer, index: number): Pointer;
  sqlite3_column_decltype(statement: Pointer, index: number): Pointer;
  sqlite3_column_value(statement: Pointer, index: number): Pointer;
  sqlite3_value_type(value: Pointer): number;
  sqlite3_value_int64(value: Pointer): bigint;
  sqlite3_value_double(value: Pointer): number;
  sqlite3_value_text(value: Pointer): Pointer;
  sqlite3_value_blob(value: Pointer): Pointer;
  sqlite3_value_bytes(value: Pointer): number;
  sqlite3_create_window_function(
    database: Pointer,
    name: Pointer,
    args: number,
    encoding: number,
    data: Pointer,
    step: number,
    final: number,
    value: number,
    inverse: number,
    destroy: number,
  ): number;
  sqlite3_create_function_v2(
    database: Pointer,
    name: Pointer,
    args: number,
    encoding: number,
    data: Pointer,
    call: number,
    step: number,
    final: number,
    destroy: number,
  ): number;
  sqlite3_user_data(context: Pointer): Pointer;
  sqlite3_aggregate_context(context: Pointer, bytes: number): Pointer;
  sqlite3_result_null(context: Pointer): void;
  sqlite3_result_double(context: Pointer, value: number): void;
  sqlite3_result_int64(context: Pointer, value: bigint): void;
  sqlite3_result_text(context: Pointer, text: Pointer, bytes: number, destructor: number): void;
  sqlite3_result_blob(context: Pointer, blob: Pointer, bytes: number, destructor: number): void;
  sqlite3_result_error(context: Pointer, text: Pointer, bytes: number): void;
}

const PAGE = 65_536;
const INITIAL_PAGES = 128;
const MOST_PAGES = 32_768;
const UTC = "UTC\0";

export class Library {
  readonly c: CInterface;
  readonly #memory: Memory;
  #bytes: Uint8Array;
  #view: DataView;

  constructor() {
    const { Module, Instance, Memory } = WebAssembly;
    this.#memory = new Memory({ initial: INITIAL_PAGES, maximum: MOST_PAGES });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    const module = compiled();
    const system = this.#system();
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name, kind } of Module.imports(module)) {
      const group = imports[from] ?? {};
      imports[from] = group;
      group[name] = kind === "memory" ? this.#memory : (system[name] ?? absent(name));
    }
    // Its exports are functions of these names and types.
    this.c = new Instance(module, imports).exports as CInterface;
    this.c.__wasm_call_ctors();
  }

  /** The memory as bytes: it moves when it grows, so that this is asked for each time. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }

  text(at: Pointer): string {
    return this.textOf(at, this.bytes.indexOf(0, at) - at);
  }

  textOf(at: Pointer, length: number): string {
    return Buffer.from(this.bytes.buffer, at, length).toString("utf8");
  }

  /** Calls with the text, ended by a zero byte, in memory of its own; and its length without that. */
  withText<T>(text: string, call: (at: Pointer, length: number) => T): T {
    const length = Buffer.byteLength(text);
    const at = this.allocate(length + 1);
    try {
      Buffer.from(this.bytes.buffer, at, length + 1).write(text, "utf8");
      this.bytes[at + length] = 0;
      return call(at, length);
    } finally {
      this.c.free(at);
    }
  }

  allocate(bytes: number): Pointer {
    const at = this.c.malloc(bytes);
    if (at === 0) throw new RangeError(`SQLite has no memory for ${bytes} bytes`);
    return at;
  }

  /** What it asks of an operating system. Numbers of 64 bits come as BigInts. */
  #system(): Readonly<Record<string, (...args: never[]) => unknown>> {
    return {
      environ_sizes_get: (count: Pointer, bytes: Pointer) => {
        this.view.setUint32(count, 0, true);
        this.view.setUint32(bytes, 0, true);
        return 0;
      },
      environ_get: () => 0,
      emscripten_get_heap_max: () => MOST_PAGES * PAGE,
      emscripten_resize_heap: (wanted: number) => {
        const pages = Math.ceil(((wanted >>> 0) - this.#memory.buffer.byteLength) / PAGE);
        try {
          this.#memory.grow(pages);
        } catch {
          return 0; // SQLite reports that it has no memory
        }
        this.#bytes = new Uint8Array(this.#memory.buffer);
        this.#view = new DataView(this.#memory.buffer);
        return 1;
      },
      _tzset_js: (zone: Pointer, daylight: Pointer, standard: Pointer, summer: Pointer) => {
        this.view.setInt32(zone, 0, true);
        this.view.setInt32(daylight, 0, true);
        for (const at of [standard, summer]) this.bytes.set(Buffer.from(UTC), at);
      },
      _localtime_js: (seconds: bigint, tm: Pointer) => {
        const date = new Date(Number(seconds) * 1_000);
        const year = date.getUTCFullYear();
        const day = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
        const fields = [
          date.getUTCSeconds(),
          date.getUTCMinutes(),
          date.getUTCHours(),
          date.getUTCDate(),
          date.getUTCMonth(),
          year - 1_900,
          date.getUTCDay(),
          day,
        ];
        fields.forEach((value, index) => {
          this.view.setInt32(tm + 4 * index, value, true);
        });
        this.view.setInt32(tm + 32, 0, true); // no summer time
        this.view.setInt32(tm + 36, 0, true); // no offset
      },
    };
  }
}

function absent(name: string): () => never {
  return () => {
    throw new Error(`SQLite asked for ${name} of an operating system, which it has not got here`);
  };
}

const PACKAGE = "@sqlite.org/sqlite-wasm";
let module: object | undefined;

function compiled(): object {
  module ??= outsideTheGuard(() => {
    const require = createRequire(import.meta.url);
    let file: string;
    try {
      file = require.resolve(`${PACKAGE}/sqlite3.wasm`);
    } catch {
      return refused("SQLite", `it comes with ${PACKAGE}: npm install --save-dev ${PACKAGE}`);
    }
    return new WebAssembly.Module(readFileSync(file));
  });
  return module;
}
