/**
 * Functions of a program's own in SQL: scalar ones, aggregates and window functions. SQLite calls back by one of five
 * pointers that are there once, with the number of the function as its data. What a function throws goes to the one who
 * ran the statement, as the error itself.
 */
import { type Callback, install } from "./callbacks.js";
import type { Library } from "./library.js";
import { giveResult, type SqlValue, sqlValueOf } from "./values.js";

type Pointer = number;

export interface ScalarFunction {
  readonly kind: "scalar";
  readonly call: (...args: unknown[]) => SqlValue;
}

export interface AggregateFunction {
  readonly kind: "aggregate";
  readonly start: () => unknown;
  readonly step: (state: unknown, ...args: unknown[]) => unknown;
  /** Takes a row back: of a window function. */
  readonly inverse: ((state: unknown, ...args: unknown[]) => unknown) | undefined;
  readonly result: (state: unknown) => SqlValue;
}

export type SqlFunction = (ScalarFunction | AggregateFunction) & {
  /** Of arguments. */
  readonly integer: (value: bigint) => number | bigint;
};

const UTF8 = 1;
export const DETERMINISTIC = 0x800;
export const DIRECT_ONLY = 0x8_0000;
const STATE_BYTES = 8;

export class Functions {
  readonly #library: Library;
  readonly #functions: SqlFunction[] = [];
  readonly #states = new Map<number, unknown>();
  readonly #first: number;
  #counted = 0;
  /** What a function has thrown since this was last taken. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(library: Library) {
    this.#library = library;
    const callbacks: Callback[] = [
      {
        signature: "iii>",
        call: (context: Pointer, count: number, values: Pointer) => this.#call(context, count, values),
      },
      {
        signature: "iii>",
        call: (context: Pointer, count: number, values: Pointer) => this.#step(context, count, values, false),
      },
      { signature: "i>", call: (context: Pointer) => this.#result(context, true) },
      { signature: "i>", call: (context: Pointer) => this.#result(context, false) },
      {
        signature: "iii>",
        call: (context: Pointer, count: number, values: Pointer) => this.#step(context, count, values, true),
      },
    ];
    this.#first = install(library.c.__indirect_function_table, callbacks);
  }

  /** @param args how many it takes; -1: any number. Returns SQLite's code. */
  define(database: Pointer, name: string, args: number, flags: number, defined: SqlFunction): number {
    const { c } = this.#library;
    const data = this.#functions.push(defined);
    const [call, step, final, value, inverse] = [0, 1, 2, 3, 4].map((index) => this.#first + index) as [
      number,
      number,
      number,
      number,
      number,
    ]; // one for each index
    const how = UTF8 | flags;
    return this.#library.withText(name, (at) => {
      if (defined.kind === "scalar")
        return c.sqlite3_create_function_v2(database, at, args, how, data, call, 0, 0, 0);
      const window = defined.inverse === undefined ? [0, 0] : [value, inverse];
      const [valueOrNone = 0, inverseOrNone = 0] = window;
      return c.sqlite3_create_window_function(
        database,
        at,
        args,
        how,
        data,
        step,
        final,
        valueOrNone,
        inverseOrNone,
        0,
      );
    });
  }

  takeThrown(): { readonly error: unknown } | undefined {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    return thrown;
  }

  #call(context: Pointer, count: number, values: Pointer): void {
    const defined = this.#defined(context);
    if (defined.kind !== "scalar") return;
    this.#guarded(context, () => {
      giveResult(this.#library, context, defined.call(...this.#arguments(defined, count, values)));
    });
  }

  #step(context: Pointer, count: number, values: Pointer, isInverse: boolean): void {
    const defined = this.#defined(context);
    if (defined.kind !== "aggregate" || this.#thrown !== undefined) return;
    this.#guarded(context, () => {
      const id = this.#stateOf(context, defined);
      const act = isInverse ? defined.inverse : defined.step;
      this.#states.set(id, act?.(this.#states.get(id), ...this.#arguments(defined, count, values)));
    });
  }

  #result(context: Pointer, isLast: boolean): void {
    const defined = this.#defined(context);
    if (defined.kind !== "aggregate") return;
    this.#guarded(context, () => {
      const id = this.#stateOf(context, defined);
      const state = this.#states.get(id);
      if (isLast) this.#states.delete(id);
      if (this.#thrown !== undefined) throw this.#thrown.error;
      giveResult(this.#library, context, defined.result(state));
    });
  }

  /** The number of an aggregation's state; it begins with the first call. */
  #stateOf(context: Pointer, defined: AggregateFunction): number {
    const { c, view } = this.#library;
    const at = c.sqlite3_aggregate_context(context, STATE_BYTES);
    const known = view.getInt32(at, true);
    if (known !== 0) return known;
    const id = ++this.#counted;
    this.#library.view.setInt32(at, id, true);
    this.#states.set(id, defined.start());
    return id;
  }

  #defined(context: Pointer): SqlFunction {
    const defined = this.#functions[this.#library.c.sqlite3_user_data(context) - 1];
    if (defined === undefined) throw new RangeError("SQLite called a function that was not defined");
    return defined;
  }

  #arguments(defined: SqlFunction, count: number, values: Pointer): SqlValue[] {
    return Array.from({ length: count }, (_, index) => {
      const value = this.#library.view.getUint32(values + 4 * index, true);
      return sqlValueOf(this.#library, value, defined.integer);
    });
  }

  #guarded(context: Pointer, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#thrown = { error };
      const message = error instanceof Error ? error.message : String(error);
      this.#library.withText(message, (at, length) =>
        this.#library.c.sqlite3_result_error(context, at, length),
      );
    }
  }
}
