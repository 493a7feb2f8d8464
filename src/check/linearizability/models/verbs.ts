/**
 * What a model's operations are called and what they take and give, so that a history which is not about such an object is
 * refused instead of judged.
 *
 * What an operation was given and what it returned are kept apart: clients that repeat what they wrote return
 * nothing, so a `false` that was written is no refusal.
 */
import type { Json } from "../../../sim/plan.js";
import { canonical, exotic, exoticOf, setOf } from "../../values.js";

/** A kind of value. `read` brings it into the form that the model knows; undefined for what is not of the kind. */
export interface Shape {
  /** `a text`, `[old, new]`. */
  readonly text: string;
  read(value: Json): Json | undefined;
}

export interface Verb {
  /** The model's own name of it. */
  readonly f: string;
  readonly takes: Shape;
  readonly gives: Shape;
}

export const anything: Shape = { text: "a value", read: (value) => value };

/** Whatever stands there says nothing: reads are often asked with what was read before. */
export const nothing: Shape = { text: "nothing", read: () => null };

/** It was done; what clients repeat does not count. */
export const done: Shape = { text: "an acknowledgement", read: () => true };

/** `false` where it was refused; anything else where it was done. */
export const success: Shape = { text: "true or false", read: (value) => value !== false };

export const truth: Shape = {
  text: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};

export const something: Shape = {
  text: "a value that is not null",
  read: (value) => (value === null ? undefined : value),
};

export const words: Shape = {
  text: "a text",
  read: (value) => (typeof value === "string" ? value : undefined),
};

/** Sums of as many as fit in a history stay exact. */
const LARGEST = 1_000_000_000_000;
const isWhole = (value: Json | undefined): value is number =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= LARGEST;

export const whole: Shape = {
  text: `a whole number up to ${LARGEST}`,
  read: (value) => (isWhole(value) ? value : undefined),
};

/** A number or, where none is given, this one. */
export const wholeOr = (otherwise: Json): Shape => ({
  text: whole.text,
  read: (value) => (value === null ? otherwise : whole.read(value)),
});

export const pair: Shape = {
  text: "[old, new]",
  read: (value) => (Array.isArray(value) && value.length === 2 ? value : undefined),
};

/** A set, or a list whose order does not count. */
export const elements: Shape = {
  text: "a list or a set",
  read(value) {
    const items = Array.isArray(value) ? (value as readonly Json[]) : exoticOf("set", value);
    return Array.isArray(items) ? setOf(items) : undefined;
  },
};

export const listed: Shape = {
  text: "a list",
  read: (value) => (Array.isArray(value) ? value : undefined),
};

/** Keys with their values, in the order of the keys. */
export type Entries = readonly (readonly [key: string, value: Json])[];

/** The entries of a map, whatever its keys are; undefined for anything else. */
export function entriesOf(value: Json | undefined): Entries | undefined {
  const pairs = exoticOf("map", value);
  if (Array.isArray(pairs)) {
    const entries = pairs.flatMap((entry) =>
      Array.isArray(entry)
        ? [[canonical((entry[0] ?? null) as Json), (entry[1] ?? null) as Json] as const]
        : [],
    );
    return entries.sort(byKey);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  if (entries.length === 1 && /^#[a-z]/.test(entries[0]?.[0] ?? "")) return undefined;
  return entries.map(([key, field]) => [canonical(key), field] as const).sort(byKey);
}

const byKey = ([a]: readonly [string, Json], [b]: readonly [string, Json]): number =>
  a < b ? -1 : a > b ? 1 : 0;

export const map: Shape = {
  text: "a map of keys and values",
  read: (value) => {
    const entries = entriesOf(value);
    return entries === undefined ? undefined : entries.map(([key, field]) => [key, field]);
  },
};

/** Accounts and what they hold. */
export const balances: Shape = {
  text: "a map of accounts and whole numbers",
  read(value) {
    const entries = entriesOf(value);
    return entries?.every(([, amount]) => isWhole(amount))
      ? entries.map(([key, amount]) => [key, amount])
      : undefined;
  },
};

/** `{from, to, amount}`. */
export const transfer: Shape = {
  text: "{from, to, amount} with a whole amount",
  read(value) {
    const fields = new Map(entriesOf(value));
    const [from, to, amount] = ["from", "to", "amount"].map((name) => fields.get(JSON.stringify(name)));
    if (from === undefined || to === undefined || !isWhole(amount) || amount < 0) return undefined;
    return [canonical(from), canonical(to), amount];
  },
};

/** `[[:r k nil] [:w k v]]`, as `["r", key, value]`. */
export const microOperations: Shape = {
  text: "a list of [r, key, value] and [w, key, value]",
  read(value) {
    if (!Array.isArray(value)) return undefined;
    const own: Json[] = [];
    for (const each of value as readonly Json[]) {
      if (!Array.isArray(each) || each.length < 2 || each.length > 3) return undefined;
      const [f, key, what = null] = each as readonly Json[];
      const name = nameIn(f);
      if ((name !== "r" && name !== "read" && name !== "w" && name !== "write") || key === undefined)
        return undefined;
      own.push([name.slice(0, 1), canonical(key), what]);
    }
    return own;
  },
};

/** A name that is written as a text or as a keyword; empty for anything else. */
export function nameIn(value: Json | undefined): string {
  const name = typeof value === "string" ? value : exoticOf("keyword", value);
  return typeof name === "string" ? name : "";
}

export const keyword = (name: string): Json => exotic("keyword", name);

/** A verb under each of its names. */
export function verbs(
  ...all: readonly (readonly [names: string, takes: Shape, gives: Shape])[]
): Readonly<Record<string, Verb>> {
  return Object.fromEntries(
    all.flatMap(([names, takes, gives]) => {
      const [f = "", ...others] = names.split(" ");
      return [f, ...others].map((name) => [name, { f, takes, gives }] as const);
    }),
  );
}
