/** Commands on hashes. */
import { OK, Pairs, RedisError } from "../resp.js";
import {
  at,
  type Commands,
  type Execution,
  floatOf,
  integerOf,
  matchOf,
  pairsOf,
  reads,
  writes,
} from "./command.js";

const NONE: ReadonlyMap<string, string> = new Map();

function fieldsOf({ keyspace }: Execution, key: string): ReadonlyMap<string, string> {
  return keyspace.find(key, "hash")?.fields ?? NONE;
}

function setAll({ keyspace }: Execution, [key = "", ...rest]: readonly string[], command: string): number {
  const pairs = pairsOf(rest, command);
  return keyspace.change(key, "hash", ({ fields }) => {
    const before = fields.size;
    for (const [field, value] of pairs) fields.set(field, value);
    return fields.size - before;
  });
}

export const HASHES: Commands = {
  HSET: writes(-4, (execution, args) => setAll(execution, args, "hset")),
  HMSET: writes(-4, (execution, args) => {
    setAll(execution, args, "hmset");
    return OK;
  }),
  HSETNX: writes(4, ({ keyspace }, [key = "", field = "", value = ""]) =>
    keyspace.change(key, "hash", ({ fields }) => {
      if (fields.has(field)) return 0;
      fields.set(field, value);
      return 1;
    }),
  ),
  HGET: reads(3, (execution, [key = "", field = ""]) => fieldsOf(execution, key).get(field) ?? null),
  HMGET: reads(-3, (execution, [key = "", ...names]) => {
    const fields = fieldsOf(execution, key);
    return names.map((name) => fields.get(name) ?? null);
  }),
  HGETALL: reads(2, (execution, [key = ""]) => new Pairs([...fieldsOf(execution, key)])),
  HKEYS: reads(2, (execution, [key = ""]) => [...fieldsOf(execution, key).keys()]),
  HVALS: reads(2, (execution, [key = ""]) => [...fieldsOf(execution, key).values()]),
  HLEN: reads(2, (execution, [key = ""]) => fieldsOf(execution, key).size),
  HEXISTS: reads(3, (execution, [key = "", field = ""]) => (fieldsOf(execution, key).has(field) ? 1 : 0)),
  HSTRLEN: reads(
    3,
    (execution, [key = "", field = ""]) => (fieldsOf(execution, key).get(field) ?? "").length,
  ),
  HDEL: writes(-3, ({ keyspace }, [key = "", ...names]) => {
    if (keyspace.find(key, "hash") === undefined) return 0;
    return keyspace.change(key, "hash", ({ fields }) => names.filter((name) => fields.delete(name)).length);
  }),
  HINCRBY: writes(4, ({ keyspace }, [key = "", field = "", by = ""]) =>
    keyspace.change(key, "hash", ({ fields }) => {
      const value = fields.get(field) ?? "0";
      if (!/^-?\d+$/.test(value)) throw new RedisError("ERR hash value is not an integer");
      const sum = Number(value) + integerOf(by);
      fields.set(field, String(sum));
      return sum;
    }),
  ),
  HINCRBYFLOAT: writes(4, (execution, [key = "", field = "", by = ""]) => {
    const sum = String(floatOf(fieldsOf(execution, key).get(field) ?? "0") + floatOf(by));
    setAll(execution, [key, field, sum], "hincrbyfloat");
    execution.propagate(["HSET", key, field, sum]);
    return sum;
  }),
  HSCAN: reads(-3, (execution, args) => {
    const pairs = [...fieldsOf(execution, at(args, 0))];
    const matches = matchOf(args);
    return ["0", pairs.filter(([field]) => matches(field)).flat()];
  }),
};
