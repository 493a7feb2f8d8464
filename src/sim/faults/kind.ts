/** What a kind of fault is: what it says of itself, what a plan writes of it, how storms draw it, and what it does to the world. */
import type { Micros } from "../time.js";
import type { Aimed, Draw, Lasts } from "./draws.js";
import type { Field, ValueOf } from "./fields.js";
import type { StormedWorld, Undo } from "./reach.js";

export type Fields = Readonly<Record<string, Field>>;

/** What a plan writes of a fault: times in microseconds, shares from 0 to 1, factors that multiply. */
export type ValuesOf<F extends Fields> = { readonly [P in keyof F]: ValueOf<F[P]> };

/** What every fault has. */
export interface Begun {
  /** Unique within the plan and stable when other faults are taken out: the fault's own draws are forked by it. */
  readonly id: string;
  /** When it begins, in virtual microseconds; for one that is aimed, from when on its moment is waited for. */
  readonly at: Micros;
}

/** One kind of fault. */
export interface Kind<F extends Fields = Fields> {
  /** One sentence for `seedstorm list` and the guide. */
  readonly does: string;
  /** What it did when it has fired, for the guide. */
  readonly fired: string;
  /** What its target may be. Default: hosts, alone or by their places. */
  readonly targets?: "domain" | "service";
  /** A disk no longer has what it had made durable. */
  readonly damages?: true;
  /** Storms have it only where a scenario names it: not every system survives it, or meets it. */
  readonly named?: true;
  readonly fields: F;
  /** How a storm draws each field, in this order. A kind with `for` lasts so long; any other does its work at once. */
  readonly drawn: { readonly [P in keyof F]: P extends "for" ? Lasts : Draw };
  /** What differs when it is aimed at a moment. */
  readonly aimed?: Aimed;
  /**
   * Lets a fault loose. `fired` may be called as often as it likes, when the fault did something that code under test could notice.
   * Everything random comes from a stream forked by the fault's own id, so that taking out another fault changes no draw.
   *
   * @returns how to undo it, if it can be undone.
   */
  begin(fault: Begun & ValuesOf<F>, world: StormedWorld, fired: () => void): Undo | undefined;
}

/** Declares a kind. */
export const kind = <const F extends Fields>(declared: Kind<F>): Kind<F> => declared;
