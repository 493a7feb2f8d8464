/**
 * Linearizability by trying everything, to compare the checker with: every order of every choice of operations, and every
 * state that an operation may lead to. The objects are written down once more, in the simplest way and with an equality of
 * their own, so that a mistake in a model shows as well as one in the search. For small histories only.
 */
import type { Json } from "../src/sim/plan.js";

export interface Tried {
  readonly client: string;
  readonly f: string;
  readonly input: Json;
  /** Undefined when it is unknown. */
  readonly output: Json | undefined;
  readonly call: number;
  readonly ret: number;
}

/** All states that the operation may lead to; none where it can't have been answered like that. */
export type Step<S> = (state: S, operation: Tried) => readonly S[];

export interface Reference<S = unknown> {
  readonly initial: S;
  readonly step: Step<S>;
}

export function hasOrder<S>({ initial, step }: Reference<S>, operations: readonly Tried[]): boolean {
  const tryFrom = (state: S, left: readonly Tried[]): boolean => {
    if (left.every(({ ret }) => ret === Number.POSITIVE_INFINITY)) return true;
    return left.some((operation) => {
      if (left.some(({ ret }) => ret < operation.call)) return false;
      const others = left.filter((other) => other !== operation);
      return step(state, operation).some((after) => tryFrom(after, others));
    });
  };
  return tryFrom(initial, operations);
}

/** Sets have no order, NaN is NaN, and 0 is 0. */
export function isSame(a: Json, b: Json): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b || (Number.isNaN(a) && Number.isNaN(b));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: Json, i) => isSame(item, b[i] as Json)); // as long as the other
  }
  const [x, y] = [a as { readonly [key: string]: Json }, b as { readonly [key: string]: Json }];
  const [left, right] = [x["#set"], y["#set"]];
  if (Array.isArray(left) && Array.isArray(right)) return holdSame(left, right);
  const keys = Object.keys(x);
  return (
    keys.length === Object.keys(y).length &&
    keys.every((key) => Object.hasOwn(y, key) && isSame(x[key] ?? null, y[key] ?? null))
  );
}

const has = (items: readonly Json[], item: Json): boolean => items.some((other) => isSame(item, other));
const holdSame = (a: readonly Json[], b: readonly Json[]): boolean =>
  a.every((item) => has(b, item)) && b.every((item) => has(a, item));

/** The state after it, where the answer says what it must. */
const only = <S>(fits: boolean, ...after: readonly S[]): readonly S[] => (fits ? after : []);

const register: Step<Json> = (held, { f, input, output }) => {
  if (f === "read") return only(output === undefined || isSame(output, held), held);
  if (f === "write") return [input];
  const [from, to] = input as readonly [Json, Json];
  const fits = isSame(from, held);
  if (output === undefined) return fits ? [to] : [held];
  return output === false ? only(!fits, held) : only(fits, to);
};

const kv: Step<Json> = (held, operation) => {
  const { f, input, output } = operation;
  switch (f) {
    case "get":
      return only(output === undefined || isSame(output, held) || (held === null && output === ""), held);
    case "put":
      return [input];
    case "append":
      if (typeof held === "string" || held === null)
        return [input === "" ? held : `${held ?? ""}${String(input)}`];
      return [typeof held === "object" ? "?" : `${held}${String(input)}`];
    case "delete":
      return [null];
    default:
      return register(held, operation);
  }
};

const queue: Step<readonly Json[]> = (items, { f, input, output }) => {
  if (f === "enqueue") return [[...items, input]];
  const [first] = items;
  if (first === undefined) return only(output === undefined || output === null, items);
  if (output === undefined) return [items.slice(1)];
  return only(output !== null && isSame(first, output), items.slice(1));
};

const bag: Step<readonly Json[]> = (items, { f, input, output }) => {
  if (f === "enqueue") return [[...items, input]];
  if (output === null) return only(items.length === 0, items);
  const taken = items.flatMap((item, i) =>
    output === undefined || isSame(item, output) ? [items.toSpliced(i, 1)] : [],
  );
  return output === undefined ? [items, ...taken] : taken;
};

const lock: Step<string> = (holder, { f, client, output }) => {
  const possible = f === "acquire" ? holder === "" : holder === client;
  const after = f === "acquire" ? client : "";
  if (output === undefined) return [holder, ...only(possible, after)];
  return output === false ? only(!possible, holder) : only(possible, after);
};

const reentrant: Step<readonly string[]> = (holds, { f, client, output }) => {
  const possible = f === "acquire" ? holds.every((name) => name === client) : holds.includes(client);
  const after = f === "acquire" ? [...holds, client] : holds.slice(1);
  if (output === undefined) return [holds, ...only(possible, after)];
  return output === false ? only(!possible, holds) : only(possible, after);
};

interface Fence {
  readonly holder: string;
  readonly token: number;
}

/** Tokens that are drawn lie far enough below. */
const HIGHEST_TOKEN = 12;

const fenced: Step<Fence> = (state, { f, client, output }) => {
  const { holder, token } = state;
  if (f === "release") {
    const after = { holder: "", token };
    if (output === undefined) return [state, ...only(holder === client, after)];
    return output === false ? only(holder !== client, state) : only(holder === client, after);
  }
  if (output === false) return only(holder !== "", state);
  if (output !== undefined) {
    return only(holder === "" && Number(output) > token, { holder: client, token: Number(output) });
  }
  const unknown: Fence[] = [];
  if (holder === "")
    for (let t = token + 1; t <= HIGHEST_TOKEN; t++) unknown.push({ holder: client, token: t });
  return [state, ...unknown];
};

const semaphore: Step<Readonly<Record<string, number>>> = (held, { f, client, input, output }) => {
  const wanted = typeof input === "number" ? input : 1;
  const own = held[client] ?? 0;
  const used = Object.values(held).reduce((sum, each) => sum + each, 0);
  const possible = f === "acquire" ? used + wanted <= 2 : own >= wanted;
  const after = { ...held, [client]: f === "acquire" ? own + wanted : own - wanted };
  if (output === undefined) return [held, ...only(possible, after)];
  return output === false ? only(!possible, held) : only(possible, after);
};

const set: Step<readonly Json[]> = (items, { f, input, output }) => {
  switch (f) {
    case "add":
      return [has(items, input) ? items : [...items, input]];
    case "remove":
      return [items.filter((item) => !isSame(item, input))];
    case "contains":
      return only(output === undefined || output === has(items, input), items);
    default:
      return only(output === undefined || holdSame(itemsOf(output), items), items);
  }
};

/** What was read of a set: a list, or a set. */
export const itemsOf = (output: Json): readonly Json[] =>
  (Array.isArray(output)
    ? output
    : (output as { readonly "#set": readonly Json[] })["#set"]) as readonly Json[];

const counter: Step<number> = (total, { f, input, output }) =>
  f === "add" ? [total + Number(input ?? 1)] : only(output === undefined || output === total, total);

type Accounts = Readonly<Record<string, number>>;

const bank: Step<Accounts> = (accounts, { f, input, output }) => {
  if (f === "read") return only(output === undefined || isSame(output, accounts), accounts);
  const { from, to, amount } = input as {
    readonly from: string;
    readonly to: string;
    readonly amount: number;
  };
  const enough = (accounts[from] ?? -1) >= amount;
  const less = { ...accounts, [from]: (accounts[from] ?? 0) - amount };
  const after = { ...less, [to]: (less[to] ?? 0) + amount };
  if (output === undefined) return [accounts, ...only(enough, after)];
  return output === false ? only(!enough, accounts) : only(enough, after);
};

type Held = { readonly [key: string]: Json };

const registers: Step<Held> = (held, { f, input, output }) => {
  const agrees = (seen: Held): boolean =>
    Object.entries(seen).every(([key, value]) => isSame(held[key] ?? null, value));
  if (f === "read") return only(output === undefined || agrees(output as Held), held);
  if (f === "write") return [{ ...held, ...(input as Held) }];
  let after = held;
  for (const [i, [kind, key, value]] of (input as readonly (readonly [string, string, Json])[]).entries()) {
    if (kind === "w") after = { ...after, [key]: value };
    else if (output !== undefined) {
      const seen = (output as readonly (readonly Json[])[])[i]?.[2] ?? null;
      if (!isSame(after[key] ?? null, seen)) return [];
    }
  }
  return [after];
};

const log: Step<readonly Json[]> = (items, { f, input, output }) => {
  if (f === "append") {
    const offset = (output as { readonly offset?: number } | undefined)?.offset;
    return only(offset === undefined || offset === items.length, [...items, input]);
  }
  if (output === undefined) return [items];
  return only(isSame(output, typeof input === "number" ? (items[input] ?? null) : items), items);
};

export const REFERENCES = {
  register: { initial: null, step: register } as Reference<Json>,
  "cas-register": { initial: null, step: register } as Reference<Json>,
  kv: { initial: null, step: kv } as Reference<Json>,
  queue: { initial: [], step: queue } as Reference<readonly Json[]>,
  "unordered-queue": { initial: [], step: bag } as Reference<readonly Json[]>,
  lock: { initial: "", step: lock } as Reference<string>,
  "reentrant-lock": { initial: [], step: reentrant } as Reference<readonly string[]>,
  "fenced-lock": { initial: { holder: "", token: 0 }, step: fenced } as Reference<Fence>,
  semaphore: { initial: {}, step: semaphore } as Reference<Readonly<Record<string, number>>>,
  set: { initial: [], step: set } as Reference<readonly Json[]>,
  counter: { initial: 0, step: counter } as Reference<number>,
  bank: { initial: { a: 3, b: 2 }, step: bank } as Reference<Accounts>,
  "multi-register": { initial: {}, step: registers } as Reference<Held>,
  log: { initial: [], step: log } as Reference<readonly Json[]>,
};
