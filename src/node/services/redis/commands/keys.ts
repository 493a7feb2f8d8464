/** Commands on keys, whatever they hold. */
import { OK, RedisError, type Reply, Status } from "../resp.js";
import { at, type Commands, type Execution, globOf, integerOf, reads, SYNTAX, writes } from "./command.js";

const SECOND_MS = 1_000;
const NO_KEY = -2;
const NO_EXPIRY = -1;

/** @param ms how many milliseconds the command's unit has. */
function expire(ms: number, isAbsolute: boolean) {
  return writes(-3, (execution, args): Reply => {
    const { keyspace } = execution;
    const [key, amount, condition] = [at(args, 0), at(args, 1), args[2]?.toUpperCase()];
    const expiresAt = integerOf(amount) * ms + (isAbsolute ? 0 : execution.now);
    const current = keyspace.expiry(key);
    execution.propagate();
    if (condition === "NX" && current !== undefined) return 0;
    if (condition === "XX" && current === undefined) return 0;
    if (condition === "GT" && (current === undefined || expiresAt <= current)) return 0;
    if (condition === "LT" && current !== undefined && expiresAt >= current) return 0;
    if (!keyspace.expire(key, expiresAt)) return 0;
    execution.propagate(keyspace.has(key) ? ["PEXPIREAT", key, String(expiresAt)] : ["DEL", key]);
    return 1;
  });
}

/** How long a key lasts, or until when. */
function timeToLive(ms: number, isAbsolute: boolean) {
  return reads(2, ({ keyspace, now }, [key = ""]): Reply => {
    if (!keyspace.has(key)) return NO_KEY;
    const expiresAt = keyspace.expiry(key);
    if (expiresAt === undefined) return NO_EXPIRY;
    return Math.round((isAbsolute ? expiresAt : expiresAt - now) / ms);
  });
}

const remove = writes(-2, ({ keyspace }, keys): Reply => keys.filter((key) => keyspace.delete(key)).length);

function matching(execution: Execution, args: readonly string[]): string[] {
  let keys = execution.keyspace.keys();
  for (let i = 1; i < args.length; i += 2) {
    const value = at(args, i + 1);
    switch (at(args, i).toUpperCase()) {
      case "MATCH":
        keys = keys.filter(globOf(value));
        break;
      case "TYPE":
        keys = keys.filter((key) => execution.keyspace.get(key)?.type === value);
        break;
      case "COUNT":
        integerOf(value);
        break;
      default:
        throw new RedisError(SYNTAX);
    }
  }
  return keys;
}

export const KEYS: Commands = {
  DEL: remove,
  UNLINK: remove,
  EXISTS: reads(-2, ({ keyspace }, keys) => keys.filter((key) => keyspace.has(key)).length),
  TOUCH: reads(-2, ({ keyspace }, keys) => keys.filter((key) => keyspace.has(key)).length),
  TYPE: reads(2, ({ keyspace }, [key = ""]) => new Status(keyspace.get(key)?.type ?? "none")),
  EXPIRE: expire(SECOND_MS, false),
  PEXPIRE: expire(1, false),
  EXPIREAT: expire(SECOND_MS, true),
  PEXPIREAT: expire(1, true),
  TTL: timeToLive(SECOND_MS, false),
  PTTL: timeToLive(1, false),
  EXPIRETIME: timeToLive(SECOND_MS, true),
  PEXPIRETIME: timeToLive(1, true),
  PERSIST: writes(2, ({ keyspace }, [key = ""]) => {
    if (keyspace.expiry(key) === undefined) return 0;
    return keyspace.expire(key, undefined) ? 1 : 0;
  }),
  RENAME: writes(3, ({ keyspace }, [from = "", to = ""]) => {
    keyspace.rename(from, to);
    return OK;
  }),
  RENAMENX: writes(3, ({ keyspace }, [from = "", to = ""]) => {
    if (keyspace.has(to)) return 0;
    keyspace.rename(from, to);
    return 1;
  }),
  KEYS: reads(2, ({ keyspace }, [pattern = ""]) => keyspace.keys().filter(globOf(pattern))),
  /** All at once: how many a call gives is left to the server. */
  SCAN: reads(-2, (execution, args) => ["0", matching(execution, args)]),
  RANDOMKEY: reads(1, (execution) => {
    const keys = execution.keyspace.keys();
    return keys.length === 0 ? null : (keys[execution.random(keys.length)] ?? null);
  }),
  TIME: reads(1, ({ now }) => [String(Math.floor(now / SECOND_MS)), String((now % SECOND_MS) * SECOND_MS)]),
  PUBLISH: reads(3, (execution, [channel = "", message = ""]) => execution.publish(channel, message)),
  DBSIZE: reads(1, ({ keyspace }) => keyspace.keys().length),
  FLUSHALL: writes(-1, ({ keyspace }) => {
    keyspace.clear();
    return OK;
  }),
  FLUSHDB: writes(-1, ({ keyspace }) => {
    keyspace.clear();
    return OK;
  }),
};
