/**
 * Small random histories of every kind of object, of which about half have no order, with values that are easily taken
 * for something else; written down as files of JSON Lines and EDN, as clients would. One seed, one history.
 */
import type { ModelName } from "../src/check/linearizability/models/index.js";
import { OPEN } from "../src/check/linearizability/operation.js";
import type { Json } from "../src/sim/plan.js";
import { Random } from "../src/sim/random.js";
import { hasOrder, isSame, itemsOf, REFERENCES, type Reference, type Tried } from "./brute-force.js";

interface Drawn {
  readonly f: string;
  readonly input: Json;
  readonly output: Json;
  /** Clients repeat what they were asked instead of saying that it was done. */
  readonly echoes?: boolean;
}

export interface RandomKind {
  readonly model: ModelName;
  readonly initial?: Json;
  readonly draw: (random: Random, serial: number) => Drawn;
  readonly hasOrder: (operations: readonly Tried[]) => boolean;
}

const number = (digits: string): Json => ({ "#number": digits });
const setOf = (...items: readonly Json[]): Json => ({ "#set": items });

/** Values that were taken for others somewhere, or might be. */
export const HOSTILE: readonly Json[] = [
  false,
  true,
  null,
  "",
  0,
  -0,
  1,
  "1",
  "null",
  "\u0000null",
  "\u0000[1]",
  number("NaN"),
  number("9007199254740993"),
  9007199254740992,
  number("1e400"),
  0.1,
  [],
  [1, [2, null]],
  { a: { b: 1 } },
  { "##set": [1] },
  setOf(),
  setOf(1, 2),
  setOf("1", 2),
  { "#keyword": "a" },
  { "#tag": ["inst", "2020-01-01"] },
];

/** One of few, so that reads often fit; hostile for every second history. */
function value(random: Random): Json {
  return random.below(3) === 0 ? random.pick(HOSTILE) : random.pick(HOSTILE.slice(0, 4));
}

const TEXTS = ["", "a", "b", "ab", "ba", "aa"];
function kind(model: keyof typeof REFERENCES, draw: RandomKind["draw"], initial?: Json): RandomKind {
  const reference = REFERENCES[model] as Reference;
  // What a semaphore starts with is in its reference.
  const start = initial === undefined || model === "semaphore" ? reference : { ...reference, initial };
  return {
    model,
    draw,
    hasOrder: (operations) => hasOrder(start, operations),
    ...(initial === undefined ? {} : { initial }),
  };
}

const readOrWrite = (random: Random): Drawn =>
  random.chance(0.5)
    ? { f: "read", input: null, output: value(random) }
    : { f: "write", input: value(random), output: true, echoes: random.chance(0.5) };

const distinct: RandomKind["draw"] = (random, serial) =>
  random.chance(0.5)
    ? { f: "read", input: null, output: random.chance(0.2) ? null : random.below(serial + 1) }
    : { f: "write", input: serial, output: true, echoes: true };

const refusable = (f: string, input: Json, random: Random): Drawn => ({
  f,
  input,
  output: random.chance(0.8),
});

const queued: RandomKind["draw"] = (random, serial) => {
  if (random.chance(0.5)) {
    const item = random.chance(0.8) ? serial : random.pick(HOSTILE.filter((each) => each !== null));
    return { f: "enqueue", input: item, output: true, echoes: true };
  }
  if (random.below(10) === 0) {
    const items = Array.from({ length: random.below(3) }, () => random.below(serial + 1));
    return { f: "drain", input: null, output: items };
  }
  return { f: "dequeue", input: null, output: random.chance(0.25) ? null : random.below(serial + 1) };
};

/** Elements of a set: few, so that reads are about what was added. */
const element = (random: Random): Json => random.pick([0, 1, false, "", number("9007199254740993")]);

function elements(random: Random): Json {
  const all: Json[] = [];
  for (let i = random.below(4); i > 0; i--) {
    const next = element(random);
    if (!all.some((other) => isSame(other, next))) all.push(next);
  }
  return random.chance(0.5) ? all : setOf(...all);
}

const addOrRead: RandomKind["draw"] = (random) =>
  random.chance(0.6)
    ? { f: "add", input: element(random), output: true, echoes: random.chance(0.5) }
    : { f: "read", input: null, output: elements(random) };

/** Each element by itself: there or not. */
function eachElementHasOrder(operations: readonly Tried[]): boolean {
  const all: Json[] = [];
  for (const { f, input, output } of operations) {
    const named = f === "add" ? [input] : output === undefined ? [] : itemsOf(output);
    for (const item of named) if (!all.some((other) => isSame(other, item))) all.push(item);
  }
  const one: Reference<boolean> = {
    initial: false,
    step: (there, { f, output }) =>
      f === "add" ? [true] : output === undefined || output === there ? [there] : [],
  };
  return all.every((item) =>
    hasOrder(
      one,
      operations
        .filter(({ f, input }) => f === "read" || isSame(input, item))
        .map((operation) => {
          const { f, output } = operation;
          if (f === "add" || output === undefined) return operation;
          return { ...operation, output: itemsOf(output).some((other) => isSame(other, item)) };
        }),
    ),
  );
}

const registerValues = (random: Random): Json => {
  const held: Record<string, Json> = {};
  for (const key of ["x", "y"]) if (random.chance(0.6)) held[key] = value(random);
  return held;
};

export const RANDOM_KINDS: readonly RandomKind[] = [
  kind("register", readOrWrite),
  kind("register", distinct),
  kind(
    "register",
    (random) => (random.chance(0.5) ? readOrWrite(random) : { f: "read", input: null, output: false }),
    false,
  ),
  kind("cas-register", (random) =>
    random.chance(0.5)
      ? readOrWrite(random)
      : { f: "cas", input: [value(random), value(random)], output: random.chance(0.5) },
  ),
  kind("kv", (random) => {
    const chosen = random.below(6);
    if (chosen < 2) return { f: "get", input: null, output: random.chance(0.2) ? null : random.pick(TEXTS) };
    if (chosen === 2) return { f: "put", input: random.pick(TEXTS), output: true, echoes: true };
    if (chosen === 3) return { f: "append", input: random.pick(["a", "b"]), output: true };
    if (chosen === 4)
      return { f: "cas", input: [random.pick(TEXTS), random.pick(TEXTS)], output: random.chance(0.5) };
    return { f: "delete", input: null, output: random.chance(0.5) };
  }),
  kind("kv", (random, serial) =>
    random.chance(0.6)
      ? {
          f: "get",
          input: null,
          output: random.chance(0.3) ? random.pick([null, ""]) : random.below(serial + 1),
        }
      : { f: random.chance(0.9) ? "put" : "delete", input: serial, output: true, echoes: true },
  ),
  kind("queue", queued),
  kind("unordered-queue", queued),
  kind("lock", (random) => refusable(random.chance(0.5) ? "acquire" : "release", null, random)),
  kind("reentrant-lock", (random) => refusable(random.chance(0.6) ? "acquire" : "release", null, random)),
  kind("fenced-lock", (random) =>
    random.chance(0.5)
      ? { f: "acquire", input: null, output: random.chance(0.7) ? random.between(1, 4) : false }
      : refusable("release", null, random),
  ),
  kind(
    "semaphore",
    (random) => refusable(random.chance(0.6) ? "acquire" : "release", random.chance(0.7) ? null : 2, random),
    2,
  ),
  kind("set", (random, serial) => {
    const chosen = random.below(6);
    if (chosen === 0) return { f: "remove", input: element(random), output: true };
    if (chosen === 1) return { f: "contains", input: element(random), output: random.chance(0.5) };
    return addOrRead(random, serial);
  }),
  kind("set", addOrRead),
  { model: "set-full", draw: addOrRead, hasOrder: eachElementHasOrder },
  kind("counter", (random) =>
    random.chance(0.5)
      ? { f: "add", input: random.chance(0.5) ? null : 1, output: true }
      : { f: "read", input: null, output: random.below(4) },
  ),
  kind("counter", (random) =>
    random.chance(0.5)
      ? { f: "add", input: random.between(-2, 3), output: true, echoes: true }
      : { f: "read", input: null, output: random.between(-2, 4) },
  ),
  kind(
    "bank",
    (random) => {
      if (random.chance(0.5)) {
        const [from, to] = random.chance(0.5) ? ["a", "b"] : ["b", "a"];
        return { f: "transfer", input: { from, to, amount: random.below(4) }, output: random.chance(0.7) };
      }
      const a = random.below(6);
      return { f: "read", input: null, output: { a, b: random.chance(0.9) ? 5 - a : a } };
    },
    { a: 3, b: 2 },
  ),
  kind("multi-register", (random) => {
    const chosen = random.below(3);
    if (chosen === 0) return { f: "write", input: registerValues(random), output: true, echoes: true };
    if (chosen === 1) return { f: "read", input: null, output: registerValues(random) };
    const micro = Array.from({ length: random.between(1, 3) }, () => [
      random.pick(["r", "w"]),
      random.pick(["x", "y"]),
      value(random),
    ]);
    return {
      f: "txn",
      input: micro.map(([f, key, what]) => [f, key, f === "r" ? null : what] as Json),
      output: micro as Json,
    };
  }),
  kind("log", (random) => {
    const chosen = random.below(5);
    if (chosen < 2) return { f: "append", input: value(random), output: true, echoes: true };
    if (chosen === 2) return { f: "append", input: value(random), output: { offset: random.below(3) } };
    if (chosen === 3) return { f: "read", input: random.below(3), output: value(random) };
    return { f: "read", input: null, output: Array.from({ length: random.below(3) }, () => value(random)) };
  }),
];

export interface RandomHistory {
  readonly operations: readonly Tried[];
  readonly json: string;
  readonly edn: string;
}

/** Up to so many operations of three clients, some of which are never answered or end as `info`. */
export function randomHistory({ draw, model }: RandomKind, name: string, most = 7): RandomHistory {
  const random = new Random(name);
  const count = random.between(2, most);
  const lines: {
    readonly process: number;
    readonly type: string;
    readonly f: string;
    readonly value: Json;
  }[] = [];
  const operations: Tried[] = [];
  const open: { client: number; drawn: Drawn; call: number }[] = [];
  const clients = [0, 1, 2];
  let asked = 0;
  while (operations.length < count) {
    const canCall = clients.length > 0 && asked < count;
    if (canCall && (open.length === 0 || random.chance(0.5))) {
      const client = clients.shift() ?? 0;
      const drawn = draw(random, asked++);
      open.push({ client, drawn, call: lines.length });
      lines.push({ process: client, type: "invoke", f: drawn.f, value: drawn.input });
      continue;
    }
    const [ended] = open.splice(random.below(open.length), 1);
    if (ended === undefined) throw new Error("nothing is open");
    const { client, drawn, call } = ended;
    const { f, input, output, echoes = false } = drawn;
    const lost = f !== "drain" && random.chance(0.15);
    const own = { client: String(client), f, input, call };
    clients.push(lost ? client + 10 : client);
    if (lost) {
      operations.push({ ...own, output: undefined, ret: OPEN });
      if (random.chance(0.5)) lines.push({ process: client, type: "info", f, value: input });
      continue;
    }
    operations.push({ ...own, output, ret: lines.length });
    lines.push({ process: client, type: "ok", f, value: echoes ? input : output });
  }
  return {
    operations: operations.flatMap(withoutDrain).sort((a, b) => a.call - b.call),
    json: lines.map((line) => inJson(model === "kv" ? { ...line, key: "k" } : line)).join("\n"),
    edn: lines
      .map(
        ({ process, type, f, value: what }) =>
          `{:process ${process}, :type :${type}, :f :${f}, :value ${inEdn(what)}${model === "kv" ? ", :key 7" : ""}}`,
      )
      .join("\n"),
  };
}

function withoutDrain(operation: Tried): Tried[] {
  if (operation.f !== "drain") return [operation];
  return (operation.output as readonly Json[]).map((output) => ({ ...operation, f: "dequeue", output }));
}

/** As JSON writes it; undefined in the text where JSON has no word for it. */
function inJson(line: { readonly value: Json; readonly [name: string]: Json }): string {
  return `{${Object.entries(line)
    .map(([name, field]) => `${JSON.stringify(name)}: ${jsonText(field)}`)
    .join(", ")}}`;
}

function jsonText(data: Json): string {
  if (Object.is(data, -0)) return "-0";
  if (typeof data !== "object" || data === null) return JSON.stringify(data);
  if (Array.isArray(data)) return `[${data.map((item: Json) => jsonText(item)).join(",")}]`;
  const entries = Object.entries(data as { readonly [key: string]: Json });
  const [name, content] = entries[0] ?? ["", null];
  if (name === "#number" && content !== "NaN") return String(content);
  if (name.startsWith("#") && !name.startsWith("##")) return NOT_JSON;
  return `{${entries.map(([key, field]) => `${JSON.stringify(key.replace(/^##/, "#"))}:${jsonText(field)}`).join(",")}}`;
}

/** Stands where JSON has no word for a value. */
export const NOT_JSON = "undefined";

function inEdn(data: Json): string {
  if (data === null) return "nil";
  if (Object.is(data, -0)) return "-0";
  if (typeof data === "string") {
    return `"${data.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\u0000", "\\u0000")}"`;
  }
  if (typeof data !== "object") return String(data);
  if (Array.isArray(data)) return `[${data.map((item: Json) => inEdn(item)).join(" ")}]`;
  const entries = Object.entries(data as { readonly [key: string]: Json });
  const [name, content] = entries[0] ?? ["", null];
  switch (name) {
    case "#number":
      return content === "NaN" ? "##NaN" : String(content);
    case "#set":
      return `#{${(content as readonly Json[]).map(inEdn).reverse().join(" ")}}`;
    case "#keyword":
      return `:${String(content)}`;
    case "#tag": {
      const [tag, inner] = content as readonly [string, Json];
      return `#${tag} ${inEdn(inner)}`;
    }
    default:
      return `{${entries.map(([key, field]) => `:${key.replace(/^##/, "#")} ${inEdn(field)}`).join(", ")}}`;
  }
}
