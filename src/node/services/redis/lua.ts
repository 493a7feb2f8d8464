/**
 * Lua for scripts: fengari, which is Lua 5.3 in JavaScript, evaluated in a world without a clock or randomness, and made to
 * reckon as the Lua 5.1 of Redis does: every number is a double, and one without a fraction is written without one.
 *
 * Left out of what Redis gives scripts: `struct`, `bit`, `math.random`, `os.clock` and the debugger.
 */
import { createRequire } from "node:module";
import { Random } from "../../../sim/random.js";
import { intrinsics } from "../../env/intrinsics.js";
import { programOf } from "../../program/bundle.js";
import { ProgramError } from "../../program/bundler.js";
import type { LuaValue } from "./lua-values.js";

/** A value of Lua as JavaScript has it: tables are maps. */
type Passed = LuaValue | symbol | undefined | ReadonlyMap<unknown, unknown>;

type LuaString = Uint8Array;
type State = object;
type CFunction = (state: State) => number;

/** What is used of fengari; its functions are those of Lua's C interface. */
interface Fengari {
  readonly lua: {
    readonly LUA_REGISTRYINDEX: number;
    readonly LUA_OK: number;
    readonly LUA_TNIL: number;
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TLIGHTUSERDATA: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    lua_absindex(state: State, index: number): number;
    lua_createtable(state: State, items: number, fields: number): void;
    lua_error(state: State): number;
    lua_gettop(state: State): number;
    lua_next(state: State, index: number): number;
    lua_pcall(state: State, args: number, results: number, handler: number): number;
    lua_pop(state: State, count: number): void;
    lua_pushboolean(state: State, value: boolean): void;
    lua_pushcfunction(state: State, call: CFunction): void;
    lua_pushlightuserdata(state: State, value: unknown): void;
    lua_pushnil(state: State): void;
    lua_pushnumber(state: State, value: number): void;
    lua_pushstring(state: State, value: LuaString): void;
    lua_pushvalue(state: State, index: number): void;
    lua_rawgeti(state: State, index: number, key: number): number;
    lua_rawset(state: State, index: number): void;
    lua_setglobal(state: State, name: LuaString): void;
    lua_toboolean(state: State, index: number): boolean;
    lua_tonumber(state: State, index: number): number;
    lua_tostring(state: State, index: number): LuaString;
    lua_touserdata(state: State, index: number): unknown;
    lua_type(state: State, index: number): number;
  };
  readonly lauxlib: {
    luaL_newstate(): State;
    luaL_loadbuffer(state: State, code: LuaString, length: number, name: LuaString): number;
    luaL_ref(state: State, table: number): number;
    luaL_requiref(state: State, name: LuaString, open: CFunction, global: number): void;
  };
  readonly lualib: Readonly<
    Record<"luaopen_base" | "luaopen_table" | "luaopen_string" | "luaopen_math", CFunction>
  >;
}

/** Raised in Lua, as a value of its own. */
export class LuaError extends Error {
  override readonly name = "LuaError";
  constructor(readonly value: Passed) {
    super(value instanceof Map ? String(value.get("err")) : String(value));
  }
}

export type LuaFunction = (...args: unknown[]) => Passed;

/** Numbers as in Lua 5.1, what it has and 5.3 has not, and no globals made by scripts. */
const PRELUDE = `
local tonumber_, floor, ceil = tonumber, math.floor, math.ceil
tonumber = function(...) local n = tonumber_(...) return n and n + 0.0 end
math.floor = function(x) return floor(x) + 0.0 end
math.ceil = function(x) return ceil(x) + 0.0 end
unpack, loadstring = table.unpack, load
math.pow = function(a, b) return a ^ b end
table.getn = function(t) return #t end
math.random, math.randomseed, dofile, loadfile, print = nil, nil, nil, nil, nil
setmetatable(_G, {
  __newindex = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
  __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
})`;

/** What fengari's other libraries, which are not used, look at when they are loaded; they register nothing. */
const PROCESS = Object.create(process, {
  env: { value: { FENGARICONF: '{"LUA_COMPAT_FLOATSTRING":true}' } },
  on: { value: () => {} },
  addListener: { value: () => {} },
}) as object;

let loaded: Promise<Fengari | undefined> | undefined;

/** Loads it once in this thread. Undefined where it is not installed. */
export function fengari(): Promise<Fengari | undefined> {
  loaded ??= load();
  return loaded;
}

export type { Fengari };

async function load(): Promise<Fengari | undefined> {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve("fengari");
  } catch {
    return undefined;
  }
  // Sorting long tables draws pivots.
  const random = new Random("fengari");
  const math = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(Math)) as typeof Math;
  math.random = () => random.uint32() / 2 ** 32;
  const program = await programOf(entry);
  const exported = await program.evaluate({
    globals: new Map<string, unknown>([...intrinsics(), ["Math", math], ["process", PROCESS]]),
    builtin: (name) => require(name),
  });
  const module = "lua" in exported ? exported : exported.default;
  if (typeof module !== "object" || module === null || !("lua" in module))
    throw new ProgramError("this version of fengari is another than was expected");
  return module as unknown as Fengari;
}

const bytes = (text: string): LuaString => Uint8Array.from(Buffer.from(text, "latin1"));
const textOf = (value: LuaString): string =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");

export class Lua {
  readonly #f: Fengari;
  readonly #state: State;

  constructor(api: Fengari) {
    this.#f = api;
    const { lauxlib, lualib, lua } = api;
    this.#state = lauxlib.luaL_newstate();
    const libraries = [
      ["_G", lualib.luaopen_base],
      ["table", lualib.luaopen_table],
      ["string", lualib.luaopen_string],
      ["math", lualib.luaopen_math],
    ] as const;
    for (const [name, open] of libraries) {
      lauxlib.luaL_requiref(this.#state, bytes(name), open, 1);
      lua.lua_pop(this.#state, 1);
    }
  }

  /** A global table of functions and values. To be called before `seal`. */
  library(name: string, members: Readonly<Record<string, LuaFunction | Passed>>): void {
    const { lua } = this.#f;
    lua.lua_createtable(this.#state, 0, 0);
    for (const [member, value] of Object.entries(members)) {
      lua.lua_pushstring(this.#state, bytes(member));
      if (typeof value === "function") this.#pushFunction(value);
      else this.#push(value);
      lua.lua_rawset(this.#state, -3);
    }
    lua.lua_setglobal(this.#state, bytes(name));
  }

  /** From now on there are no new globals. */
  seal(): void {
    this.call(this.load(PRELUDE, "=prelude"), []);
  }

  /** Compiles a script: a function of `KEYS` and `ARGV`. Throws a LuaError. */
  load(source: string, name: string): number {
    const { lua, lauxlib } = this.#f;
    const code = bytes(`local KEYS, ARGV = ...; ${source.replace(LITERALS, literal)}\n`);
    if (lauxlib.luaL_loadbuffer(this.#state, code, code.length, bytes(name)) !== lua.LUA_OK)
      throw this.#takeError();
    return lauxlib.luaL_ref(this.#state, lua.LUA_REGISTRYINDEX);
  }

  /** Calls what was loaded. Throws a LuaError. */
  call(script: number, args: readonly Passed[]): unknown {
    const { lua } = this.#f;
    lua.lua_rawgeti(this.#state, lua.LUA_REGISTRYINDEX, script);
    for (const arg of args) this.#push(arg);
    if (lua.lua_pcall(this.#state, args.length, 1, 0) !== lua.LUA_OK) throw this.#takeError();
    const result = this.#value(-1);
    lua.lua_pop(this.#state, 1);
    return result;
  }

  #takeError(): LuaError {
    const value = this.#value(-1);
    this.#f.lua.lua_pop(this.#state, 1);
    return new LuaError(value as Passed);
  }

  #pushFunction(call: LuaFunction): void {
    const { lua } = this.#f;
    lua.lua_pushcfunction(this.#state, (state) => {
      const count = lua.lua_gettop(state);
      const args = Array.from({ length: count }, (_, index) => this.#value(index + 1, state));
      let result: Passed;
      try {
        result = call(...args);
      } catch (error) {
        if (!(error instanceof LuaError)) throw error;
        this.#push(error.value, state);
        return lua.lua_error(state);
      }
      this.#push(result, state);
      return 1;
    });
  }

  #push(value: Passed | unknown, state = this.#state): void {
    const { lua } = this.#f;
    if (value === null || value === undefined) lua.lua_pushnil(state);
    else if (typeof value === "boolean") lua.lua_pushboolean(state, value);
    else if (typeof value === "number") lua.lua_pushnumber(state, value);
    else if (typeof value === "string") lua.lua_pushstring(state, bytes(value));
    else if (value instanceof Map) {
      lua.lua_createtable(state, 0, 0);
      for (const [key, item] of value) {
        this.#push(key, state);
        this.#push(item, state);
        lua.lua_rawset(state, -3);
      }
    } else lua.lua_pushlightuserdata(state, value);
  }

  #value(index: number, state = this.#state): unknown {
    const { lua } = this.#f;
    switch (lua.lua_type(state, index)) {
      case lua.LUA_TBOOLEAN:
        return lua.lua_toboolean(state, index);
      case lua.LUA_TNUMBER:
        return lua.lua_tonumber(state, index);
      case lua.LUA_TSTRING:
        return textOf(lua.lua_tostring(state, index));
      case lua.LUA_TLIGHTUSERDATA:
        return lua.lua_touserdata(state, index);
      case lua.LUA_TTABLE:
        return this.#table(lua.lua_absindex(state, index), state);
      default:
        return null;
    }
  }

  #table(index: number, state: State): ReadonlyMap<unknown, unknown> {
    const { lua } = this.#f;
    const table = new Map<unknown, unknown>();
    lua.lua_pushnil(state);
    while (lua.lua_next(state, index) !== 0) {
      // A copy, since asking a number for its text would change it in its place.
      lua.lua_pushvalue(state, -2);
      table.set(this.#value(-1, state), this.#value(-2, state));
      lua.lua_pop(state, 2);
    }
    return table;
  }
}

/** Comments, strings and names, which stay as they are, and numbers. */
const LITERALS =
  /--\[(=*)\[[\s\S]*?\]\1\]|--[^\n]*|\[(=*)\[[\s\S]*?\]\2\]|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|[A-Za-z_]\w*|(0[xX][\da-fA-F]+|\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?)/g;

/** A whole number is written as a double: integers of 32 bits would overflow. */
function literal(whole: string, _comment: unknown, _text: unknown, number: string | undefined): string {
  if (number === undefined) return whole;
  const value = Number(number);
  return Number.isSafeInteger(value) ? `${value}.0` : number;
}
