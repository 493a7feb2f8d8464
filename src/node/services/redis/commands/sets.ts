/** Commands on sets. */
import { Members, type Reply } from "../resp.js";
import { at, type Commands, type Execution, integerOf, matchOf, reads, writes } from "./command.js";

const NONE: ReadonlySet<string> = new Set();

const membersOf = ({ keyspace }: Execution, key: string): ReadonlySet<string> =>
  keyspace.find(key, "set")?.members ?? NONE;

type Combine = (sets: readonly ReadonlySet<string>[]) => string[];

const union: Combine = (sets) => [...new Set(sets.flatMap((set) => [...set]))];
const intersection: Combine = ([first = NONE, ...others]) =>
  [...first].filter((member) => others.every((other) => other.has(member)));
const difference: Combine = ([first = NONE, ...others]) =>
  [...first].filter((member) => !others.some((other) => other.has(member)));

function combined(combine: Combine) {
  return reads(
    -2,
    (execution, keys): Reply => new Members(combine(keys.map((key) => membersOf(execution, key)))),
  );
}

function stored(combine: Combine) {
  return writes(-3, (execution, [to = "", ...keys]): Reply => {
    const members = combine(keys.map((key) => membersOf(execution, key)));
    execution.keyspace.delete(to);
    if (members.length > 0) execution.keyspace.set(to, { type: "set", members: new Set(members) });
    return members.length;
  });
}

/** Some members at random, each once. */
function drawn(execution: Execution, key: string, count: number): string[] {
  const left = [...membersOf(execution, key)];
  const taken: string[] = [];
  while (taken.length < count && left.length > 0)
    taken.push(...left.splice(execution.random(left.length), 1));
  return taken;
}

function removeAll({ keyspace }: Execution, key: string, members: readonly string[]): number {
  if (keyspace.find(key, "set") === undefined) return 0;
  return keyspace.change(key, "set", (set) => members.filter((member) => set.members.delete(member)).length);
}

export const SETS: Commands = {
  SADD: writes(-3, ({ keyspace }, [key = "", ...added]) =>
    keyspace.change(key, "set", ({ members }) => {
      const before = members.size;
      for (const member of added) members.add(member);
      return members.size - before;
    }),
  ),
  SREM: writes(-3, (execution, [key = "", ...removed]) => removeAll(execution, key, removed)),
  SMEMBERS: reads(2, (execution, [key = ""]) => new Members([...membersOf(execution, key)])),
  SISMEMBER: reads(3, (execution, [key = "", member = ""]) =>
    membersOf(execution, key).has(member) ? 1 : 0,
  ),
  SMISMEMBER: reads(-3, (execution, [key = "", ...asked]) => {
    const members = membersOf(execution, key);
    return asked.map((member) => (members.has(member) ? 1 : 0));
  }),
  SCARD: reads(2, (execution, [key = ""]) => membersOf(execution, key).size),
  SUNION: combined(union),
  SINTER: combined(intersection),
  SDIFF: combined(difference),
  SUNIONSTORE: stored(union),
  SINTERSTORE: stored(intersection),
  SDIFFSTORE: stored(difference),
  SMOVE: writes(4, (execution, [from = "", to = "", member = ""]) => {
    execution.keyspace.find(to, "set");
    if (removeAll(execution, from, [member]) === 0) return 0;
    execution.keyspace.change(to, "set", ({ members }) => members.add(member));
    return 1;
  }),
  SPOP: writes(-2, (execution, [key = "", count]) => {
    const taken = drawn(execution, key, count === undefined ? 1 : integerOf(count));
    removeAll(execution, key, taken);
    execution.propagate(...(taken.length === 0 ? [] : [["SREM", key, ...taken]]));
    return count === undefined ? (taken[0] ?? null) : new Members(taken);
  }),
  SRANDMEMBER: reads(-2, (execution, [key = "", count]) => {
    if (count === undefined) return drawn(execution, key, 1)[0] ?? null;
    const wanted = integerOf(count);
    if (wanted >= 0) return drawn(execution, key, wanted);
    return Array.from({ length: -wanted }, () => drawn(execution, key, 1)[0] ?? null);
  }),
  SSCAN: reads(-3, (execution, args) => {
    const matches = matchOf(args);
    return ["0", [...membersOf(execution, at(args, 0))].filter(matches)];
  }),
};
