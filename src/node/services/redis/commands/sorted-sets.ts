/** Commands on sorted sets, those that wait for a member among them. */
import { Double, NO_LIST, numberText, Pairs, RedisError, type Reply } from "../resp.js";
import { type Scored, SortedSet } from "../sorted-set.js";
import {
  at,
  Blocked,
  type Commands,
  type Execution,
  floatOf,
  integerOf,
  matchOf,
  pairsOf,
  rangeOf,
  reads,
  SYNTAX,
  timeoutOf,
  tried,
  writes,
} from "./command.js";

const NONE = new SortedSet();
const membersOf = ({ keyspace }: Execution, key: string): SortedSet =>
  keyspace.find(key, "zset")?.members ?? NONE;

type Test = (scored: Scored) => boolean;

const RANGE_ERROR = "ERR min or max is not a float";
const LEX_ERROR = "ERR min or max not valid string range item";

/** `(1` is outside of the range that it ends. */
function scoreTest(min: string, max: string): Test {
  const bound = (text: string): readonly [number, boolean] =>
    text.startsWith("(") ? [floatOf(text.slice(1), RANGE_ERROR), true] : [floatOf(text, RANGE_ERROR), false];
  const [low, withoutLow] = bound(min);
  const [high, withoutHigh] = bound(max);
  return ({ score }) =>
    (withoutLow ? score > low : score >= low) && (withoutHigh ? score < high : score <= high);
}

function lexTest(min: string, max: string): Test {
  const above = (text: string): Test => {
    if (text === "-") return () => true;
    if (text === "+") return () => false;
    if (text.startsWith("[")) return ({ member }) => member >= text.slice(1);
    if (text.startsWith("(")) return ({ member }) => member > text.slice(1);
    throw new RedisError(LEX_ERROR);
  };
  const below = (text: string): Test => {
    if (text === "+") return () => true;
    if (text === "-") return () => false;
    if (text.startsWith("[")) return ({ member }) => member <= text.slice(1);
    if (text.startsWith("(")) return ({ member }) => member < text.slice(1);
    throw new RedisError(LEX_ERROR);
  };
  const [from, to] = [above(min), below(max)];
  return (scored) => from(scored) && to(scored);
}

function shown(found: readonly Scored[], withScores: boolean): Reply {
  if (!withScores) return found.map(({ member }) => member);
  return new Pairs(
    found.map(({ member, score }) => [member, new Double(score)]),
    "flat",
    "nested",
  );
}

interface RangeOptions {
  readonly by: "index" | "score" | "lex";
  readonly isReversed: boolean;
}

/** The members in a range, and whether their scores are asked for. */
function ranged(
  execution: Execution,
  args: readonly string[],
  { by, isReversed }: RangeOptions,
): { readonly found: readonly Scored[]; readonly withScores: boolean } {
  const [key = "", first = "", second = "", ...options] = args;
  let [kind, reversed] = [by, isReversed];
  let withScores = false;
  let limit: readonly [number, number] | undefined;
  for (let i = 0; i < options.length; i++) {
    const option = at(options, i).toUpperCase();
    if (option === "WITHSCORES") withScores = true;
    else if (option === "BYSCORE") kind = "score";
    else if (option === "BYLEX") kind = "lex";
    else if (option === "REV") reversed = true;
    else if (option === "LIMIT") limit = [integerOf(at(options, ++i)), integerOf(at(options, ++i))];
    else throw new RedisError(SYNTAX);
  }
  const { sorted } = membersOf(execution, key);
  const inOrder = reversed ? [...sorted].reverse() : sorted;
  if (kind === "index") {
    const { from, to } = rangeOf(first, second, sorted.length);
    return { found: inOrder.slice(from, to), withScores };
  }
  const [min, max] = reversed ? [second, first] : [first, second];
  const found = inOrder.filter(kind === "score" ? scoreTest(min, max) : lexTest(min, max));
  if (limit === undefined) return { found, withScores };
  const [offset, count] = limit;
  return { found: found.slice(offset, count < 0 ? undefined : offset + count), withScores };
}

function range(options: RangeOptions) {
  return reads(-4, (execution, args): Reply => {
    const { found, withScores } = ranged(execution, args, options);
    return shown(found, withScores);
  });
}

function removed({ keyspace }: Execution, key: string, gone: readonly string[]): number {
  if (gone.length === 0 || keyspace.find(key, "zset") === undefined) return 0;
  return keyspace.change(
    key,
    "zset",
    ({ members }) => gone.filter((member) => members.delete(member)).length,
  );
}

function removeRange(options: RangeOptions) {
  return writes(4, (execution, args): Reply => {
    const { found } = ranged(execution, args, options);
    return removed(
      execution,
      at(args, 0),
      found.map(({ member }) => member),
    );
  });
}

function taken(execution: Execution, key: string, count: number, highest: boolean): readonly Scored[] {
  const { sorted } = membersOf(execution, key);
  const found = highest ? sorted.slice(-count).reverse() : sorted.slice(0, count);
  const members = found.map(({ member }) => member);
  removed(execution, key, members);
  execution.propagate(...(found.length === 0 ? [] : [["ZREM", key, ...members]]));
  return found;
}

function pop(highest: boolean) {
  return writes(-2, (execution, [key = "", count]): Reply => {
    if (count === undefined) {
      const [only] = taken(execution, key, 1, highest);
      return only === undefined ? [] : [only.member, new Double(only.score)];
    }
    const wanted = integerOf(count);
    return shown(wanted === 0 ? [] : taken(execution, key, wanted, highest), true);
  });
}

function blockingPop(highest: boolean) {
  return writes(-3, (execution, args) => {
    const keys = args.slice(0, -1);
    const attempt = (execution: Execution): Reply | undefined => {
      for (const key of keys) {
        const [found] = taken(execution, key, 1, highest);
        if (found !== undefined) return [key, found.member, new Double(found.score)];
      }
      return undefined;
    };
    return tried(execution, new Blocked(keys, timeoutOf(at(args, args.length - 1)), attempt, NO_LIST));
  });
}

function add(execution: Execution, [key = "", ...rest]: readonly string[]): Reply {
  const flags = new Set<string>();
  let first = 0;
  while (/^(NX|XX|GT|LT|CH|INCR)$/i.test(rest[first] ?? "")) flags.add((rest[first++] ?? "").toUpperCase());
  const given = pairsOf(rest.slice(first), "zadd").map(([score, member]) => ({
    score: floatOf(score),
    member,
  }));
  if (flags.has("NX") && (flags.has("XX") || flags.has("GT") || flags.has("LT")))
    throw new RedisError("ERR GT, LT, and/or NX options at the same time are not compatible");
  let [added, changed] = [0, 0];
  let last: number | undefined;
  execution.keyspace.change(key, "zset", ({ members }) => {
    for (const { score: by, member } of given) {
      const before = members.score(member);
      const score = flags.has("INCR") ? (before ?? 0) + by : by;
      const allowed =
        before === undefined
          ? !flags.has("XX")
          : !flags.has("NX") &&
            !(flags.has("GT") && score <= before) &&
            !(flags.has("LT") && score >= before);
      last = allowed ? score : undefined;
      if (!allowed) continue;
      if (before === undefined) added++;
      else if (before !== score) changed++;
      members.set(member, score);
    }
  });
  if (flags.has("INCR")) return last === undefined ? null : new Double(last);
  return flags.has("CH") ? added + changed : added;
}

const INDEX = { by: "index", isReversed: false } as const;
const SCORE = { by: "score", isReversed: false } as const;
const LEX = { by: "lex", isReversed: false } as const;

const rank = (isReversed: boolean) =>
  reads(-3, (execution, [key = "", member = ""]): Reply => {
    const members = membersOf(execution, key);
    const place = members.rank(member);
    if (place === undefined) return null;
    return isReversed ? members.size - 1 - place : place;
  });

const count = (test: (min: string, max: string) => Test) =>
  reads(4, (execution, [key = "", min = "", max = ""]): Reply => {
    return membersOf(execution, key).sorted.filter(test(min, max)).length;
  });

export const SORTED_SETS: Commands = {
  ZADD: writes(-4, add),
  ZINCRBY: writes(4, (execution, [key = "", by = "", member = ""]) =>
    add(execution, [key, "INCR", by, member]),
  ),
  ZREM: writes(-3, (execution, [key = "", ...members]) => removed(execution, key, members)),
  ZCARD: reads(2, (execution, [key = ""]) => membersOf(execution, key).size),
  ZSCORE: reads(3, (execution, [key = "", member = ""]) => {
    const score = membersOf(execution, key).score(member);
    return score === undefined ? null : new Double(score);
  }),
  ZMSCORE: reads(-3, (execution, [key = "", ...asked]) => {
    const members = membersOf(execution, key);
    return asked.map((member) => {
      const score = members.score(member);
      return score === undefined ? null : new Double(score);
    });
  }),
  ZRANK: rank(false),
  ZREVRANK: rank(true),
  ZCOUNT: count(scoreTest),
  ZLEXCOUNT: count(lexTest),
  ZRANGE: range(INDEX),
  ZREVRANGE: range({ by: "index", isReversed: true }),
  ZRANGEBYSCORE: range(SCORE),
  ZREVRANGEBYSCORE: range({ by: "score", isReversed: true }),
  ZRANGEBYLEX: range(LEX),
  ZREVRANGEBYLEX: range({ by: "lex", isReversed: true }),
  ZREMRANGEBYRANK: removeRange(INDEX),
  ZREMRANGEBYSCORE: removeRange(SCORE),
  ZREMRANGEBYLEX: removeRange(LEX),
  ZPOPMIN: pop(false),
  ZPOPMAX: pop(true),
  BZPOPMIN: blockingPop(false),
  BZPOPMAX: blockingPop(true),
  ZSCAN: reads(-3, (execution, args) => {
    const matches = matchOf(args);
    const found = membersOf(execution, at(args, 0)).sorted.filter(({ member }) => matches(member));
    return ["0", found.flatMap(({ member, score }) => [member, numberText(score)])];
  }),
};
