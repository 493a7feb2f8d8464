/** Commands on strings. */
import { OK, RedisError, type Reply } from "../resp.js";
import {
  at,
  type Commands,
  type Execution,
  floatOf,
  integerOf,
  pairsOf,
  rangeOf,
  reads,
  SYNTAX,
  writes,
} from "./command.js";

const text = ({ keyspace }: Execution, key: string): string | undefined => keyspace.find(key, "string")?.text;

/** Keeps the time at which it expires. */
function put({ keyspace }: Execution, key: string, value: string): void {
  keyspace.set(key, { type: "string", text: value }, keyspace.expiry(key));
}

function increased(execution: Execution, key: string, by: number): number {
  const sum = integerOf(text(execution, key) ?? "0") + by;
  if (!Number.isSafeInteger(sum)) throw new RedisError("ERR increment or decrement would overflow");
  put(execution, key, String(sum));
  return sum;
}

const UNITS = new Set(["EX", "PX", "EXAT", "PXAT"]);

/** When something expires that lasts so long, or until then: `EX`, `PX`, `EXAT`, `PXAT`. */
function deadline(execution: Execution, unit: string, amount: string, command: string): number {
  const value = integerOf(amount);
  if (value <= 0) throw new RedisError(`ERR invalid expire time in '${command}' command`);
  const ms = unit.startsWith("P") ? value : value * 1_000;
  return unit.endsWith("AT") ? ms : execution.now + ms;
}

function set(execution: Execution, args: readonly string[]): Reply {
  const { keyspace } = execution;
  const [key, value, ...options] = [at(args, 0), at(args, 1), ...args.slice(2)];
  let expiresAt: number | undefined;
  let condition: "NX" | "XX" | undefined;
  let wantsOld = false;
  for (let i = 0; i < options.length; i++) {
    const option = at(options, i).toUpperCase();
    if (UNITS.has(option)) expiresAt = deadline(execution, option, at(options, ++i), "set");
    else if (option === "NX" || option === "XX") condition = option;
    else if (option === "GET") wantsOld = true;
    else if (option === "KEEPTTL") expiresAt = keyspace.expiry(key);
    else throw new RedisError(SYNTAX);
  }
  const old = wantsOld ? (text(execution, key) ?? null) : null;
  if (condition !== undefined && keyspace.has(key) !== (condition === "XX")) {
    execution.propagate();
    return wantsOld ? old : null;
  }
  keyspace.set(key, { type: "string", text: value }, expiresAt);
  execution.propagate(["SET", key, value, ...(expiresAt === undefined ? [] : ["PXAT", String(expiresAt)])]);
  return wantsOld ? old : OK;
}

function setFor(unit: string, command: string) {
  return (execution: Execution, [key = "", amount = "", value = ""]: readonly string[]): Reply =>
    set(execution, [key, value, "PXAT", String(deadline(execution, unit, amount, command))]);
}

export const STRINGS: Commands = {
  GET: reads(2, (execution, [key = ""]) => text(execution, key) ?? null),
  SET: writes(-3, set),
  SETEX: writes(4, setFor("EX", "setex")),
  PSETEX: writes(4, setFor("PX", "psetex")),
  SETNX: writes(3, (execution, [key = "", value = ""]) => {
    if (execution.keyspace.has(key)) return 0;
    execution.keyspace.set(key, { type: "string", text: value });
    return 1;
  }),
  GETSET: writes(3, (execution, [key = "", value = ""]) => {
    const old = text(execution, key) ?? null;
    execution.keyspace.set(key, { type: "string", text: value });
    return old;
  }),
  GETDEL: writes(2, (execution, [key = ""]) => {
    const old = text(execution, key) ?? null;
    execution.keyspace.delete(key);
    return old;
  }),
  GETEX: writes(-2, (execution, [key = "", ...options]) => {
    const old = text(execution, key) ?? null;
    execution.propagate();
    const [unit = ""] = options;
    if (old === null || unit === "") return old;
    const expiresAt =
      unit.toUpperCase() === "PERSIST"
        ? undefined
        : deadline(execution, unit.toUpperCase(), at(options, 1), "getex");
    execution.keyspace.expire(key, expiresAt);
    execution.propagate(expiresAt === undefined ? ["PERSIST", key] : ["PEXPIREAT", key, String(expiresAt)]);
    return old;
  }),
  MGET: reads(-2, ({ keyspace }, keys) =>
    keys.map((key) => {
      const value = keyspace.get(key);
      return value?.type === "string" ? value.text : null;
    }),
  ),
  MSET: writes(-3, ({ keyspace }, args) => {
    for (const [key, value] of pairsOf(args, "mset")) keyspace.set(key, { type: "string", text: value });
    return OK;
  }),
  MSETNX: writes(-3, ({ keyspace }, args) => {
    const pairs = pairsOf(args, "msetnx");
    if (pairs.some(([key]) => keyspace.has(key))) return 0;
    for (const [key, value] of pairs) keyspace.set(key, { type: "string", text: value });
    return 1;
  }),
  INCR: writes(2, (execution, [key = ""]) => increased(execution, key, 1)),
  DECR: writes(2, (execution, [key = ""]) => increased(execution, key, -1)),
  INCRBY: writes(3, (execution, [key = "", by = ""]) => increased(execution, key, integerOf(by))),
  DECRBY: writes(3, (execution, [key = "", by = ""]) => increased(execution, key, -integerOf(by))),
  INCRBYFLOAT: writes(3, (execution, [key = "", by = ""]) => {
    const sum = String(floatOf(text(execution, key) ?? "0") + floatOf(by));
    put(execution, key, sum);
    execution.propagate(["SET", key, sum, "KEEPTTL"]);
    return sum;
  }),
  APPEND: writes(3, (execution, [key = "", more = ""]) => {
    const whole = (text(execution, key) ?? "") + more;
    put(execution, key, whole);
    return whole.length;
  }),
  STRLEN: reads(2, (execution, [key = ""]) => (text(execution, key) ?? "").length),
  GETRANGE: reads(4, (execution, [key = "", start = "", end = ""]) => {
    const whole = text(execution, key) ?? "";
    const { from, to } = rangeOf(start, end, whole.length);
    return whole.slice(from, to);
  }),
  SETRANGE: writes(4, (execution, [key = "", offset = "", part = ""]) => {
    const old = text(execution, key) ?? "";
    const start = integerOf(offset);
    if (start < 0) throw new RedisError("ERR offset is out of range");
    if (part === "") return old.length;
    const whole = old.slice(0, start).padEnd(start, "\0") + part + old.slice(start + part.length);
    put(execution, key, whole);
    return whole.length;
  }),
};
