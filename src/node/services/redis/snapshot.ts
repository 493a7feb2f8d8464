/** What a keyspace holds, as the commands that make it. */
import type { Keyspace, Value } from "./keyspace.js";
import { numberText } from "./resp.js";
import { idText } from "./stream.js";

export function snapshotOf(keyspace: Keyspace): (readonly string[])[] {
  return keyspace.keys().flatMap((key) => {
    const value = keyspace.get(key);
    if (value === undefined) return [];
    const expiresAt = keyspace.expiry(key);
    const expiry = expiresAt === undefined ? [] : [["PEXPIREAT", key, String(expiresAt)]];
    return [...commandsOf(key, value), ...expiry];
  });
}

function commandsOf(key: string, value: Value): (readonly string[])[] {
  switch (value.type) {
    case "string":
      return [["SET", key, value.text]];
    case "hash":
      return [["HSET", key, ...[...value.fields].flat()]];
    case "list":
      return [["RPUSH", key, ...value.items]];
    case "set":
      return [["SADD", key, ...value.members]];
    case "zset":
      return [
        ["ZADD", key, ...value.members.sorted.flatMap(({ score, member }) => [numberText(score), member])],
      ];
    case "stream": {
      const { entries, lastId } = value.stream;
      const added = entries.map(({ id, fields }) => ["XADD", key, idText(id), ...fields]);
      return [...added, ["XSETID", key, idText(lastId)]];
    }
  }
}
