/**
 * Locks: `acquire` when it is free, `release` by the client that holds it. Answered `false`: it was not free, or not held.
 *
 * A `reentrant-lock` may be acquired again by its holder and is free after as many releases. A `fenced-lock` is answered with a
 * token that is higher than each before it; a `release` may name the token.
 */
import type { Json } from "../../../sim/plan.js";
import { describePlainly, type Model } from "../model.js";
import { nothing, type Shape, success, verbs, wholeOr } from "./verbs.js";

export const lockVerbs = verbs(["acquire lock", nothing, success], ["release unlock", nothing, success]);

const token: Shape = {
  text: "a token, a whole number, or false",
  read: (value) =>
    value === null ? false : value === false || Number.isSafeInteger(value) ? value : undefined,
};

export const fencedLockVerbs = verbs(
  ["acquire lock", nothing, token],
  ["release unlock", wholeOr(null), success],
);

const who = (holder: string | null): string => (holder === null ? "is free" : `is held by process ${holder}`);

export const lockModel: Model<string | null> = {
  name: "lock",
  initial: null,
  knowsClients: true,
  step(holder, { f, client }, output) {
    switch (f) {
      case "acquire":
        if (output === false) return holder === null ? undefined : holder;
        if (holder === null) return client;
        return output === undefined ? holder : undefined;
      case "release":
        if (output === false) return holder === client ? undefined : holder;
        if (holder === client) return null;
        return output === undefined ? holder : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: (_, output) => output === false,
  key: (holder) => holder,
  tellState: who,
  describe: describePlainly,
};

export interface Held {
  readonly holder: string | null;
  /** How often it was acquired and not released yet. */
  readonly depth: number;
}

export const reentrantLockModel: Model<Held> = {
  name: "reentrant-lock",
  initial: { holder: null, depth: 0 },
  knowsClients: true,
  step(state, { f, client }, output) {
    const { holder, depth } = state;
    const refused = output === false;
    const unknown = output === undefined ? state : undefined;
    switch (f) {
      case "acquire":
        if (holder !== null && holder !== client) return refused ? state : unknown;
        return refused ? undefined : { holder: client, depth: depth + 1 };
      case "release":
        if (holder !== client) return refused ? state : unknown;
        if (refused) return undefined;
        return depth === 1 ? { holder: null, depth: 0 } : { holder, depth: depth - 1 };
      default:
        return undefined;
    }
  },
  onlyLooks: (_, output) => output === false,
  key: ({ holder, depth }) => (holder === null ? null : `${depth} ${holder}`),
  tellState: ({ holder, depth }) => (depth > 1 ? `${who(holder)}, ${depth} times` : who(holder)),
  describe: describePlainly,
};

export interface Fenced {
  readonly holder: string | null;
  /** The lowest that the last token can have been. */
  readonly last: number;
  /** Whether it is known to be just that. */
  readonly exact: boolean;
}

const NO_TOKEN = Number.MIN_SAFE_INTEGER;

export const fencedLockModel: Model<Fenced> = {
  name: "fenced-lock",
  initial: { holder: null, last: NO_TOKEN, exact: true },
  knowsClients: true,
  step(state, { f, client, input }, output) {
    const { holder, last, exact } = state;
    switch (f) {
      case "acquire":
        if (output === false) return holder === null ? undefined : state;
        if (holder !== null) return output === undefined ? state : undefined;
        if (output === undefined) return { holder: client, last: last + 1, exact: false };
        return typeof output === "number" && output > last
          ? { holder: client, last: output, exact: true }
          : undefined;
      case "release": {
        const own = holder === client && namesToken(input, last, exact);
        if (own && output !== false) return { holder: null, last: atLeast(input, last), exact };
        if (!exact && own && output === false && typeof input === "number") return state;
        return own || output === true ? undefined : state;
      }
      default:
        return undefined;
    }
  },
  onlyLooks: (_, output) => output === false,
  key: ({ holder, last, exact }) => `${last} ${exact} ${holder === null ? "" : `${holder}!`}`,
  tellState: ({ holder, last }) =>
    last === NO_TOKEN ? who(holder) : `${who(holder)}, the last token ${last}`,
  describe: describePlainly,
};

/** Whether a release can be about the token that was given last. */
const namesToken = (input: Json, last: number, exact: boolean): boolean =>
  typeof input !== "number" || input === last || (!exact && input > last);

const atLeast = (input: Json, last: number): number =>
  typeof input === "number" ? Math.max(input, last) : last;
