/**
 * Scripts: Lua that the server runs in one piece. What a script did is logged and replicated as the commands that it
 * executed, and as a whole.
 */
import { createHash } from "node:crypto";
import { Blocked } from "./commands/command.js";
import { type Fengari, Lua, LuaError } from "./lua.js";
import {
  fromJson,
  itemsOf,
  JSON_NULL,
  jsonOf,
  type LuaValue,
  listOf,
  packed,
  unpacked,
} from "./lua-values.js";
import {
  Double,
  Members,
  NoList,
  numberText,
  OK,
  Pairs,
  Push,
  RedisError,
  type Reply,
  Status,
} from "./resp.js";

/** What scripts call. */
export interface ScriptHost {
  /** Throws a RedisError. */
  run(command: readonly string[]): Reply | Blocked;
}

const NOT_IN_SCRIPTS = /^(?:eval|evalsha|script)$/i;
const SHA1 = /^[0-9a-f]{40}$/i;
const sha1 = (text: string): string => createHash("sha1").update(text, "latin1").digest("hex");

export class Scripts {
  readonly #lua: Lua;
  /** By their digests: where Lua has them. */
  readonly #compiled = new Map<string, number>();
  #host: ScriptHost | undefined;

  constructor(
    fengari: Fengari,
    private readonly log: (text: string) => void,
  ) {
    this.#lua = new Lua(fengari);
    const call = (...words: unknown[]) => {
      try {
        return this.#call(words);
      } catch (error) {
        if (error instanceof RedisError) throw new LuaError(new Map([["err", error.message]]));
        throw error;
      }
    };
    this.#lua.library("redis", {
      call,
      pcall: (...words) => {
        try {
          return this.#call(words);
        } catch (error) {
          if (error instanceof RedisError) return new Map([["err", error.message]]);
          throw error;
        }
      },
      error_reply: (text) => new Map([["err", withCode(String(text))]]),
      status_reply: (text) => new Map([["ok", String(text)]]),
      sha1hex: (text) => sha1(String(text)),
      log: (_level, text) => {
        this.log(String(text));
        return null;
      },
      replicate_commands: () => true,
      set_repl: () => null,
      setresp: () => null,
      ...{ LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3 },
      ...{ REPL_NONE: 0, REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3 },
    });
    this.#lua.library("cjson", {
      encode: jsonOf,
      decode: (text) => inLua(() => fromJson(String(text))) as LuaValue,
      null: JSON_NULL,
    });
    this.#lua.library("cmsgpack", {
      pack: (...values) => values.map(packed).join(""),
      unpack: (text) => inLua(() => unpacked(String(text))),
    });
    this.#lua.seal();
  }

  /** `EVAL` and `EVALSHA`. Throws a RedisError. */
  evaluate(name: string, [given = "", count = "", ...words]: readonly string[], host: ScriptHost): Reply {
    const keys = /^\d+$/.test(count) ? Number(count) : Number.NaN;
    if (Number.isNaN(keys)) throw new RedisError("ERR value is not an integer or out of range");
    if (keys > words.length) throw new RedisError("ERR Number of keys can't be greater than number of args");
    const script = name === "EVALSHA" ? this.#compiled.get(given.toLowerCase()) : this.#load(given);
    if (script === undefined) throw new RedisError("NOSCRIPT No matching script. Please use EVAL.");
    this.#host = host;
    try {
      return replyOf(this.#lua.call(script, [listOf(words.slice(0, keys)), listOf(words.slice(keys))]));
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      const { value } = error;
      throw new RedisError(value instanceof Map ? String(value.get("err")) : `ERR ${error.message}`);
    } finally {
      this.#host = undefined;
    }
  }

  /** `SCRIPT …` Throws a RedisError. */
  command([what = "", ...args]: readonly string[]): Reply {
    switch (what.toUpperCase()) {
      case "LOAD": {
        const [source = ""] = args;
        this.#load(source);
        return sha1(source);
      }
      case "EXISTS":
        return args.map((digest) => (SHA1.test(digest) && this.#compiled.has(digest.toLowerCase()) ? 1 : 0));
      case "FLUSH":
        this.#compiled.clear();
        return OK;
      default:
        throw new RedisError(
          `ERR unknown subcommand '${what}' of SCRIPT (this simulated server does not have it)`,
        );
    }
  }

  #load(source: string): number {
    const digest = sha1(source);
    const known = this.#compiled.get(digest);
    if (known !== undefined) return known;
    try {
      const script = this.#lua.load(source.replace(/^#![^\n]*/, ""), "@user_script");
      this.#compiled.set(digest, script);
      return script;
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      throw new RedisError(`ERR Error compiling script (new function): ${error.message}`);
    }
  }

  #call(words: readonly unknown[]): LuaValue {
    if (words.length === 0)
      throw new RedisError("ERR Please specify at least one argument for this redis.call() call");
    const command = words.map((word) => {
      if (typeof word === "string") return word;
      if (typeof word === "number") return argumentText(word);
      throw new RedisError("ERR Lua redis lib command arguments must be strings or integers");
    });
    if (NOT_IN_SCRIPTS.test(command[0] ?? ""))
      throw new RedisError("ERR This Redis command is not allowed from script");
    if (this.#host === undefined) throw new RedisError("ERR no command can be called here");
    const reply = this.#host.run(command);
    return luaOf(reply instanceof Blocked ? reply.onTimeout : reply);
  }
}

/** A number as the argument of a command: `%.17g`, and whole ones as they are. */
function argumentText(value: number): string {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return numberText(value);
  return value.toPrecision(17).replace(/\.?0+(?=e|$)/, "");
}

function withCode(text: string): string {
  if (text.startsWith("-")) return text.slice(1);
  return /^[A-Z]+ /.test(text) ? text : `ERR ${text}`;
}

/** What can't be read is an error in Lua. */
function inLua<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new LuaError(error instanceof Error ? error.message : String(error));
  }
}

function luaOf(reply: Reply): LuaValue {
  if (reply === null || reply instanceof NoList) return false;
  if (typeof reply === "string" || typeof reply === "number") return reply;
  if (reply instanceof Status) return new Map([["ok", reply.text]]);
  if (reply instanceof RedisError) return new Map([["err", reply.message]]);
  if (reply instanceof Double) return numberText(reply.value);
  if (reply instanceof Members) return listOf(reply.members.map(luaOf));
  if (reply instanceof Push) return listOf(reply.items.map(luaOf));
  if (reply instanceof Pairs) {
    const items = reply.two === "flat" ? reply.pairs.flat() : reply.pairs;
    return listOf(items.map((item) => luaOf(item)));
  }
  return listOf(reply.map(luaOf));
}

function replyOf(value: unknown): Reply {
  if (typeof value === "number") return Math.trunc(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? 1 : null;
  if (!(value instanceof Map)) return null;
  if (value.has("err")) throw new RedisError(String(value.get("err")));
  if (value.has("ok")) return new Status(String(value.get("ok")));
  const items = itemsOf(value);
  if (items !== undefined) return items.map(replyOf);
  // What stands before the first gap.
  const list: Reply[] = [];
  for (let i = 1; value.has(i); i++) list.push(replyOf(value.get(i)));
  return list;
}
