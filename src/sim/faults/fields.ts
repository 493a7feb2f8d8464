/**
 * What the fields of faults hold, with their bounds: the types of faults, the schema of plan files and the guide's table
 * are made from these.
 */
import { HOUR, MILLISECOND } from "../time.js";

/** Bounds of the numbers in a fault; a plan beyond them is refused. */
export const FAULT_BOUNDS = {
  /** One virtual day. */
  duration: 24 * HOUR,
  /** The shortest step of a fault that goes on and off. */
  shortestStep: MILLISECOND,
  factor: 1_000_000,
  driftPpm: 500_000,
} as const;

/**
 * A set of machines: a host's id, `provider/NAME`, `region/PROVIDER/NAME`, `zone/PROVIDER/REGION/NAME`,
 * `external/NAME` for a service, or `*` for every host. In a fault that is aimed at a moment, `@` is the host where the
 * moment came, and `provider/@`, `region/@` and `zone/@` are the places around it.
 */
export type Selector = string;

/** What one field may hold. `note` is for the guide, where the name does not say it all. */
export type Field = (
  | { readonly type: "selector" }
  | { readonly type: "selectors" }
  | { readonly type: "whole"; readonly low: number; readonly high: number; readonly what: string }
  | { readonly type: "ratio" }
  | { readonly type: "factor" }
  | { readonly type: "flag" }
  | { readonly type: "settings" }
  | { readonly type: "choice"; readonly of: readonly string[] }
) & { readonly note?: string };

/** The type of a field's value. */
export type ValueOf<F extends Field> = F extends { readonly type: "selector" }
  ? Selector
  : F extends { readonly type: "selectors" }
    ? readonly Selector[]
    : F extends { readonly type: "flag" }
      ? boolean
      : F extends { readonly type: "settings" }
        ? Readonly<Record<string, number | string | boolean>>
        : F extends { readonly type: "choice"; readonly of: readonly (infer C)[] }
          ? C
          : number;

const micros = (low: number, high: number) => ({ type: "whole", low, high, what: "microseconds" }) as const;

export const selector = { type: "selector" } as const;
export const selectors = { type: "selectors" } as const;
export const ratio = { type: "ratio" } as const;
export const factor = { type: "factor" } as const;
export const flag = { type: "flag" } as const;
/** Knobs by name, in the place of the plan's. */
export const settings = { type: "settings" } as const;
/** A length of time. */
export const span = micros(1, FAULT_BOUNDS.duration);
/** A length of time of something that goes on and off. */
export const step = micros(FAULT_BOUNDS.shortestStep, FAULT_BOUNDS.duration);
/** A difference of clocks, either way. */
export const shift = micros(-FAULT_BOUNDS.duration, FAULT_BOUNDS.duration);
export const whole = (low: number, high: number, what: string) =>
  ({ type: "whole", low, high, what }) as const;
export const choice = <const C extends readonly string[]>(...of: C) => ({ type: "choice", of }) as const;
export const noted = <const F extends Field>(field: F, note: string): F & { readonly note: string } => ({
  ...field,
  note,
});

/** The fields that many kinds have in common. */
export const target = { target: selector } as const;
export const lasting = { for: span, target: selector } as const;
export const link = { for: span, from: selector, to: selector } as const;
