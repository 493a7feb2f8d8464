/** Commands on lists, those that wait for an element among them. */
import { NO_LIST, OK, RedisError, type Reply } from "../resp.js";
import {
  at,
  Blocked,
  type Commands,
  type Execution,
  integerOf,
  rangeOf,
  reads,
  SYNTAX,
  timeoutOf,
  tried,
  writes,
} from "./command.js";

type End = "LEFT" | "RIGHT";

const itemsOf = ({ keyspace }: Execution, key: string): readonly string[] =>
  keyspace.find(key, "list")?.items ?? [];

function push(end: End, mustExist: boolean) {
  return writes(-3, (execution, [key = "", ...values]): Reply => {
    if (mustExist && itemsOf(execution, key).length === 0) return 0;
    return execution.keyspace.change(key, "list", ({ items }) => {
      if (end === "LEFT") items.unshift(...values.reverse());
      else items.push(...values);
      return items.length;
    });
  });
}

function take({ keyspace }: Execution, key: string, end: End): string | undefined {
  if (keyspace.find(key, "list") === undefined) return undefined;
  return keyspace.change(key, "list", ({ items }) => (end === "LEFT" ? items.shift() : items.pop()));
}

function pop(end: End) {
  return writes(-2, (execution, [key = "", count]): Reply => {
    if (count === undefined) return take(execution, key, end) ?? null;
    const taken: string[] = [];
    if (itemsOf(execution, key).length === 0) return NO_LIST;
    for (let left = integerOf(count); left > 0; left--) {
      const item = take(execution, key, end);
      if (item === undefined) break;
      taken.push(item);
    }
    return taken;
  });
}

const POP: Readonly<Record<End, string>> = { LEFT: "LPOP", RIGHT: "RPOP" };

function blockingPop(end: End) {
  return writes(-3, (execution, args) => {
    const keys = args.slice(0, -1);
    const attempt = (execution: Execution): Reply | undefined => {
      for (const key of keys) {
        const item = take(execution, key, end);
        if (item === undefined) continue;
        execution.propagate([POP[end], key]);
        return [key, item];
      }
      return undefined;
    };
    return tried(execution, new Blocked(keys, timeoutOf(at(args, args.length - 1)), attempt, NO_LIST));
  });
}

function endOf(text: string): End {
  const end = text.toUpperCase();
  if (end === "LEFT" || end === "RIGHT") return end;
  throw new RedisError(SYNTAX);
}

function move(execution: Execution, from: string, to: string, out: End, into: End): Reply | undefined {
  execution.keyspace.find(to, "list"); // it must be one, if it is there
  const item = take(execution, from, out);
  if (item === undefined) return undefined;
  execution.keyspace.change(to, "list", ({ items }) => {
    if (into === "LEFT") items.unshift(item);
    else items.push(item);
  });
  execution.propagate(["LMOVE", from, to, out, into]);
  return item;
}

function blockingMove(execution: Execution, from: string, to: string, out: End, into: End, timeout: string) {
  const attempt = (execution: Execution): Reply | undefined => move(execution, from, to, out, into);
  return tried(execution, new Blocked([from], timeoutOf(timeout), attempt, null));
}

export const LISTS: Commands = {
  LPUSH: push("LEFT", false),
  RPUSH: push("RIGHT", false),
  LPUSHX: push("LEFT", true),
  RPUSHX: push("RIGHT", true),
  LPOP: pop("LEFT"),
  RPOP: pop("RIGHT"),
  BLPOP: blockingPop("LEFT"),
  BRPOP: blockingPop("RIGHT"),
  LMOVE: writes(5, (execution, [from = "", to = "", out = "", into = ""]) => {
    return move(execution, from, to, endOf(out), endOf(into)) ?? null;
  }),
  RPOPLPUSH: writes(
    3,
    (execution, [from = "", to = ""]) => move(execution, from, to, "RIGHT", "LEFT") ?? null,
  ),
  BLMOVE: writes(6, (execution, [from = "", to = "", out = "", into = "", timeout = ""]) =>
    blockingMove(execution, from, to, endOf(out), endOf(into), timeout),
  ),
  BRPOPLPUSH: writes(4, (execution, [from = "", to = "", timeout = ""]) =>
    blockingMove(execution, from, to, "RIGHT", "LEFT", timeout),
  ),
  LLEN: reads(2, (execution, [key = ""]) => itemsOf(execution, key).length),
  LRANGE: reads(4, (execution, [key = "", start = "", stop = ""]) => {
    const items = itemsOf(execution, key);
    const { from, to } = rangeOf(start, stop, items.length);
    return items.slice(from, to);
  }),
  LINDEX: reads(
    3,
    (execution, [key = "", index = ""]) => itemsOf(execution, key).at(integerOf(index)) ?? null,
  ),
  LSET: writes(4, (execution, [key = "", index = "", value = ""]) => {
    const { length } = itemsOf(execution, key);
    const place = integerOf(index) < 0 ? length + integerOf(index) : integerOf(index);
    if (length === 0) throw new RedisError("ERR no such key");
    if (place < 0 || place >= length) throw new RedisError("ERR index out of range");
    return execution.keyspace.change(key, "list", ({ items }) => {
      items[place] = value;
      return OK;
    });
  }),
  LTRIM: writes(4, (execution, [key = "", start = "", stop = ""]) => {
    if (itemsOf(execution, key).length === 0) return OK;
    return execution.keyspace.change(key, "list", ({ items }) => {
      const { from, to } = rangeOf(start, stop, items.length);
      items.splice(0, items.length, ...items.slice(from, to));
      return OK;
    });
  }),
  LREM: writes(4, (execution, [key = "", count = "", value = ""]) => {
    const wanted = integerOf(count);
    if (itemsOf(execution, key).length === 0) return 0;
    return execution.keyspace.change(key, "list", ({ items }) => {
      const places = items.flatMap((item, index) => (item === value ? [index] : []));
      const gone = wanted === 0 ? places : wanted > 0 ? places.slice(0, wanted) : places.slice(wanted);
      for (const place of gone.reverse()) items.splice(place, 1);
      return gone.length;
    });
  }),
  LINSERT: writes(5, (execution, [key = "", where = "", pivot = "", value = ""]) => {
    const place = itemsOf(execution, key).indexOf(pivot);
    if (!/^(before|after)$/i.test(where)) throw new RedisError(SYNTAX);
    if (place < 0) return itemsOf(execution, key).length === 0 ? 0 : -1;
    return execution.keyspace.change(key, "list", ({ items }) => {
      items.splice(/^after$/i.test(where) ? place + 1 : place, 0, value);
      return items.length;
    });
  }),
  LPOS: reads(-3, (execution, [key = "", value = "", ...options]) => {
    const given = new Map(
      options.flatMap((name, index) =>
        index % 2 === 0 ? [[name.toUpperCase(), integerOf(at(options, index + 1))] as const] : [],
      ),
    );
    const [rank = 1, count, most = 0] = [given.get("RANK"), given.get("COUNT"), given.get("MAXLEN")];
    const items = itemsOf(execution, key);
    const inOrder = items.map((_, index) => (rank < 0 ? items.length - 1 - index : index));
    const looked = most > 0 ? inOrder.slice(0, most) : inOrder;
    const places = looked.filter((index) => items[index] === value).slice(Math.abs(rank) - 1);
    if (count === undefined) return places[0] ?? null;
    return count === 0 ? places : places.slice(0, count);
  }),
};
