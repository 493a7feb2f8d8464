/**
 * How storms draw the fields of a fault, as data beside the declaration of its kind: `storm/swarm.ts` makes arbitraries of
 * these. Ranges are narrower than a field's bounds: what a system can live through, and what hurts it most.
 */

/** How one field is drawn. */
export type Draw =
  | { readonly draw: Place }
  | Lasts
  | { readonly draw: "whole" | "percent"; readonly low: number; readonly high: number }
  /** Plus or minus. */
  | { readonly draw: "either-way"; readonly of: Draw }
  | { readonly draw: "zero-or"; readonly of: Draw }
  | { readonly draw: "one-of"; readonly values: readonly (string | number | boolean)[] }
  | { readonly draw: "flag" };

/** A time between the two, in milliseconds. */
export interface Lasts {
  readonly draw: "ms";
  readonly low: number;
  readonly high: number;
}

/**
 * Where a fault strikes.
 *
 * - `host`: any, half of them from those whose disks hold replicated state; `replica`: one of the latter.
 * - `victim`: the one host of the run that may lose what it stores, or be lost itself.
 * - `domain`: a provider, a region or a zone.
 * - `end`: one end of a link; `side` and `others`: one side of a partition and the other.
 * - `upgrade`: one of the hosts that a scenario can upgrade, and its settings with it; `with-target`: drawn with the target.
 */
type Place =
  | "host"
  | "replica"
  | "victim"
  | "domain"
  | "host-or-domain"
  | "host-or-all"
  | "service"
  | "end"
  | "side"
  | "others"
  | "upgrade"
  | "with-target";

/** What is put in the place of a fault's own fields when it is aimed at a moment. */
export interface Aimed {
  /** Where it strikes, more often than not: one of these. Default: where it would have struck anyway. */
  readonly at?: readonly Readonly<Record<string, string | readonly string[]>>[];
  /** Drawn anew when it strikes there. */
  readonly drawn?: Readonly<Record<string, Draw>>;
  /** `brief`: many last a fraction of a second. `past-timeouts`: many outlast a time-out of the system. Default: as any other. */
  readonly length?: "brief" | "past-timeouts";
}

export const place = <const P extends Place>(where: P) => ({ draw: where }) as const;
export const between = (low: number, high: number) => ({ draw: "whole", low, high }) as const;
/** Whole milliseconds. */
export const millis = (low: number, high: number) => ({ draw: "ms", low, high }) as const;
/** Whole hundredths. */
export const percents = (low: number, high: number) => ({ draw: "percent", low, high }) as const;
export const eitherWay = <const D extends Draw>(of: D) => ({ draw: "either-way", of }) as const;
export const zeroOr = <const D extends Draw>(of: D) => ({ draw: "zero-or", of }) as const;
export const oneOf = <const V extends readonly (string | number | boolean)[]>(...values: V) =>
  ({ draw: "one-of", values }) as const;
export const eitherFlag = { draw: "flag" } as const;

/** Where the moment came. */
export const THERE = [{ target: "@" }] as const;
