/**
 * Made-up histories for benchmarks and tests: clients at work on a real object, each operation taking effect at some
 * moment between its call and its answer, or never being answered. One seed, one history.
 */
import type { Model } from "../src/check/linearizability/model.js";
import { OPEN, type Operation } from "../src/check/linearizability/operation.js";
import type { Json } from "../src/sim/plan.js";
import { Random } from "../src/sim/random.js";

export interface HistoryShape {
  readonly seed: number;
  readonly operations: number;
  readonly clients: number;
  /** Operations asked for. */
  readonly draw: (
    random: Random,
    serial: number,
  ) => { readonly f: string; readonly object: string; readonly input: Json };
  /** What the object answers, and its state after it. */
  readonly answer: (
    state: Json,
    f: string,
    input: Json,
    client: string,
  ) => { readonly output: Json; readonly state: Json };
  /** Of a hundred operations so many are never answered; half of them have taken effect. Default 0. */
  readonly lost?: number;
}

interface Asked {
  readonly client: string;
  readonly f: string;
  readonly object: string;
  readonly input: Json;
  readonly call: number;
  effect: number;
  ret: number;
  output: Json | undefined;
}

/** A history that has an order, for it came about in one. */
export function soundHistory({
  seed,
  operations,
  clients,
  draw,
  answer,
  lost = 0,
}: HistoryShape): Operation[] {
  const random = new Random(`history/${seed}`);
  const asked: Asked[] = [];
  const freeAt = Array.from({ length: clients }, () => random.below(100));
  const names = Array.from({ length: clients }, (_, i) => i);
  for (let serial = 0; serial < operations; serial++) {
    const client = freeAt.indexOf(Math.min(...freeAt));
    const call = freeAt[client] ?? 0;
    const effect = call + 1 + random.below(100);
    const ret = effect + 1 + random.below(100);
    const name = String(names[client] ?? 0);
    const entry: Asked = { client: name, ...draw(random, serial), call, effect, ret, output: undefined };
    freeAt[client] = ret + 1 + random.below(30);
    if (random.below(100) < lost) {
      if (random.chance(0.5)) entry.effect = OPEN;
      entry.ret = OPEN;
      names[client] = (names[client] ?? 0) + clients; // who does not know goes on under another name
    }
    asked.push(entry);
  }
  const states = new Map<string, Json>();
  for (const entry of asked.filter(({ effect }) => effect !== OPEN).sort((a, b) => a.effect - b.effect)) {
    const { output, state } = answer(states.get(entry.object) ?? null, entry.f, entry.input, entry.client);
    states.set(entry.object, state);
    if (entry.ret !== OPEN) entry.output = output;
  }
  return positioned(asked);
}

/** Times become positions: every call and every answer has one of its own. */
function positioned(asked: readonly Asked[]): Operation[] {
  const marks = asked.flatMap(({ call, ret }, index) =>
    ret === OPEN
      ? [{ at: call, index, isCall: true }]
      : [
          { at: call, index, isCall: true },
          { at: ret, index, isCall: false },
        ],
  );
  marks.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall) || a.index - b.index);
  const calls = new Map<number, number>();
  const returns = new Map<number, number>();
  for (const [position, { index, isCall }] of marks.entries())
    (isCall ? calls : returns).set(index, position);
  return asked
    .map(({ client, f, object, input, output }, index) => {
      return {
        client,
        f,
        object,
        input,
        output,
        call: calls.get(index) ?? 0,
        ret: returns.get(index) ?? OPEN,
      };
    })
    .sort((a, b) => a.call - b.call);
}

/** The same history with one answer that comes too late: a read, from the given share on, is given what an earlier one was given. */
export function staleHistory(
  operations: readonly Operation[],
  from: number,
  isRead: (f: string) => boolean,
): Operation[] {
  const result = [...operations];
  for (let i = Math.floor(result.length * from); i < result.length; i++) {
    const read = result[i];
    if (read === undefined || !isRead(read.f) || read.ret === OPEN) continue;
    const old = result.find(
      (other) =>
        isRead(other.f) &&
        other.object === read.object &&
        other.ret < read.call - 20 &&
        other.output !== read.output,
    );
    if (old === undefined || old.output === undefined) continue;
    result[i] = { ...read, output: old.output };
    return result;
  }
  throw new RangeError("no read in it could be made stale");
}

/** A register with reads, writes and compare-and-sets of small numbers. */
export function registerHistory(seed: number, operations = 170, clients = 5, lost = 0): Operation[] {
  return soundHistory({
    seed,
    operations,
    clients,
    lost,
    draw(random) {
      const kind = random.below(3);
      if (kind === 0) return { f: "read", object: "", input: null };
      if (kind === 1) return { f: "write", object: "", input: random.below(5) };
      return { f: "cas", object: "", input: [random.below(5), random.below(5)] };
    },
    answer(state, f, input) {
      if (f === "read") return { output: state, state };
      if (f === "write") return { output: true, state: input };
      const [from, to] = input as [Json, Json]; // as drawn
      return from === state ? { output: true, state: to } : { output: false, state };
    },
  });
}

/** A key-value store: gets, puts and appends of texts on a few keys. */
export function kvHistory(seed: number, operations = 1_700, clients = 50, keys = 10, lost = 0): Operation[] {
  return soundHistory({
    seed,
    operations,
    clients,
    lost,
    draw(random, serial) {
      const object = String(random.below(keys));
      const kind = random.below(4);
      if (kind < 2) return { f: "get", object, input: null };
      return { f: kind === 2 ? "put" : "append", object, input: `x ${serial} y` };
    },
    answer(state, f, input) {
      if (f === "get") return { output: state, state };
      return { output: true, state: f === "put" ? input : `${state ?? ""}${input}` };
    },
  });
}

/** A queue of distinct values. */
export function queueHistory(seed: number, operations = 2_000, clients = 20, lost = 0): Operation[] {
  return soundHistory({
    seed,
    operations,
    clients,
    lost,
    draw(random, serial) {
      return random.chance(0.5)
        ? { f: "enqueue", object: "", input: serial }
        : { f: "dequeue", object: "", input: null };
    },
    answer(state, f, input) {
      const items = (state ?? []) as readonly Json[];
      if (f === "enqueue") return { output: true, state: [...items, input] };
      return { output: items[0] ?? null, state: items.slice(1) };
    },
  });
}

/** Every order of every choice of operations that fits, tried one after the other: for small histories, to compare with. */
export function hasOrderByTrying<S>(model: Model<S>, operations: readonly Operation[]): boolean {
  const tryFrom = (state: S, left: readonly Operation[]): boolean => {
    if (left.every(({ ret }) => ret === OPEN)) return true;
    return left.some((operation) => {
      if (left.some(({ ret }) => ret < operation.call)) return false;
      const after = model.step(state, operation, operation.ret === OPEN ? undefined : operation.output);
      return (
        after !== undefined &&
        tryFrom(
          after,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return tryFrom(model.initial, operations);
}
