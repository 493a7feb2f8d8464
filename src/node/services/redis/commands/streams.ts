/** Commands on streams, without those for groups of consumers. */
import { NO_LIST, OK, Pairs, RedisError, type Reply } from "../resp.js";
import { idOf, idText, isAfter, LAST, type Stream, type StreamEntry } from "../stream.js";
import {
  at,
  Blocked,
  type Commands,
  type Execution,
  integerOf,
  pairsOf,
  reads,
  SYNTAX,
  tried,
  writes,
} from "./command.js";

const shown = ({ id, fields }: StreamEntry): Reply => [idText(id), fields];

const entriesOf = ({ keyspace }: Execution, key: string): Stream | undefined =>
  keyspace.find(key, "stream")?.stream;

interface Trim {
  readonly act: (stream: Stream) => number;
  /** How many words it takes. */
  readonly words: number;
}

/** `MAXLEN ~ 100 LIMIT 10`, at the beginning of these words. Without a `~` it is the same, but for how exact it must be. */
function trimOf(args: readonly string[]): Trim {
  const kind = at(args, 0).toUpperCase();
  let words = args[1] === "~" || args[1] === "=" ? 2 : 1;
  const threshold = at(args, words++);
  if (args[words]?.toUpperCase() === "LIMIT") words += 2;
  if (kind === "MAXLEN") {
    const length = integerOf(threshold);
    return { act: (stream) => stream.trimTo(length), words };
  }
  if (kind !== "MINID") throw new RedisError(SYNTAX);
  const id = idOf(threshold);
  return { act: (stream) => stream.trimBefore(id), words };
}

function add(execution: Execution, [key = "", ...rest]: readonly string[]): Reply {
  let trim: Trim | undefined;
  let mustExist = false;
  let place = 0;
  for (;;) {
    const option = at(rest, place).toUpperCase();
    if (option === "NOMKSTREAM") {
      mustExist = true;
      place++;
    } else if (option === "MAXLEN" || option === "MINID") {
      trim = trimOf(rest.slice(place));
      place += trim.words;
    } else break;
  }
  const fields = rest.slice(place + 1);
  pairsOf(fields, "xadd");
  if (mustExist && entriesOf(execution, key) === undefined) return null;
  const id = execution.keyspace.change(key, "stream", ({ stream }) => {
    const id = stream.idFor(at(rest, place), execution.now);
    stream.add(id, fields);
    trim?.act(stream);
    return id;
  });
  execution.propagate(["XADD", key, ...rest.slice(0, place), idText(id), ...fields]);
  return idText(id);
}

function range(isReversed: boolean) {
  return reads(-4, (execution, [key = "", first = "", second = "", ...options]): Reply => {
    const bound = (text: string, sequence: number) => {
      if (text === "-") return idOf("0");
      return text === "+" ? LAST : idOf(text.replace(/^\(/, ""), sequence);
    };
    const [from, to] = isReversed ? [second, first] : [first, second];
    const [start, end] = [bound(from, 0), bound(to, LAST.sequence)];
    const found = (entriesOf(execution, key)?.between(start, end) ?? []).filter(({ id }) => {
      if (from.startsWith("(") && !isAfter(id, start)) return false;
      return !(to.startsWith("(") && !isAfter(end, id));
    });
    if (isReversed) found.reverse();
    const count = options[0]?.toUpperCase() === "COUNT" ? integerOf(at(options, 1)) : undefined;
    return found.slice(0, count).map(shown);
  });
}

function read(execution: Execution, args: readonly string[]): Reply | Blocked {
  let count: number | undefined;
  let block: number | undefined;
  let i = 0;
  for (; at(args, i).toUpperCase() !== "STREAMS"; i += 2) {
    const option = at(args, i).toUpperCase();
    if (option === "COUNT") count = integerOf(at(args, i + 1));
    else if (option === "BLOCK") block = integerOf(at(args, i + 1));
    else throw new RedisError(SYNTAX);
  }
  const rest = args.slice(i + 1);
  if (rest.length === 0 || rest.length % 2 !== 0)
    throw new RedisError(
      "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
    );
  const keys = rest.slice(0, rest.length / 2);
  const after = rest
    .slice(keys.length)
    .map((id, index) =>
      id === "$" ? (entriesOf(execution, at(keys, index))?.lastId ?? idOf("0")) : idOf(id),
    );
  const attempt = (execution: Execution): Reply | undefined => {
    const found = keys.flatMap((key, index): [Reply, Reply][] => {
      const id = after[index];
      const entries = id === undefined ? [] : (entriesOf(execution, key)?.after(id) ?? []);
      return entries.length === 0 ? [] : [[key, entries.slice(0, count).map(shown)]];
    });
    return found.length === 0 ? undefined : new Pairs(found, "nested");
  };
  if (block === undefined) return attempt(execution) ?? NO_LIST;
  return tried(execution, new Blocked(keys, block, attempt, NO_LIST));
}

export const STREAMS: Commands = {
  XADD: writes(-5, add),
  XLEN: reads(2, (execution, [key = ""]) => entriesOf(execution, key)?.entries.length ?? 0),
  XRANGE: range(false),
  XREVRANGE: range(true),
  XREAD: reads(-4, read),
  XTRIM: writes(-4, (execution, [key = "", ...rest]) => {
    const { act } = trimOf(rest);
    if (entriesOf(execution, key) === undefined) return 0;
    return execution.keyspace.change(key, "stream", ({ stream }) => act(stream));
  }),
  XSETID: writes(3, ({ keyspace }, [key = "", id = ""]) =>
    keyspace.change(key, "stream", ({ stream }) => {
      stream.lastId = idOf(id);
      return OK;
    }),
  ),
  XDEL: writes(-3, (execution, [key = "", ...ids]) => {
    if (entriesOf(execution, key) === undefined) return 0;
    return execution.keyspace.change(key, "stream", ({ stream }) => {
      const gone = new Set(ids.map((id) => idText(idOf(id))));
      const kept = stream.entries.filter(({ id }) => !gone.has(idText(id)));
      return stream.entries.splice(0, stream.entries.length, ...kept).length - kept.length;
    });
  }),
};
