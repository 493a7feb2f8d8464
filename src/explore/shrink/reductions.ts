/**
 * The ways in which a plan can be made smaller, each a value that the plan has, the fast-check arbitrary whose shrinker
 * makes such values smaller, and the plan with a smaller one. No generator has to know the plan: arbitraries are
 * made from the plan itself, so that plans from files and from older versions shrink as well as any.
 */
import * as fc from "fast-check";
import { CATALOGUE, type Fault } from "../../sim/faults/catalogue.js";
import type { Field } from "../../sim/faults/fields.js";
import type { Json, Operation, Plan } from "../../sim/plan.js";
import { MILLISECOND, SECOND } from "../../sim/time.js";
import type { System } from "../../storm/scenario.js";
import { withQuietPeriod } from "./ending.js";
import { removableHosts, withExpendable } from "./places.js";

/** One part of a plan, and how to make it smaller. */
export interface Reduction {
  /** For the ladder: `faults`, `hosts`, `f3: for`. */
  readonly name: string;
  /** Smaller plans, most daring first; each can be gone on from. */
  candidates(): Iterable<Candidate>;
}

export interface Candidate {
  readonly plan: Plan;
  /** What to try next when this one still fails. */
  further(): Iterable<Candidate>;
}

/** Parts that can be left out, in the order in which they are tried. */
export function structuralReductions(plan: Plan, system: System): Reduction[] {
  return [
    subsets("faults", plan.faults, (faults) => ({ ...plan, faults })),
    ...plan.faults.flatMap((fault, i) => intensified(fault, (changed) => withFault(plan, i, changed))),
    subsets("hosts", removableHosts(plan, system), (kept) => withExpendable(plan, system, kept)),
    subsets("operations", plan.workload, (workload) => ({ ...plan, workload })),
  ];
}

/**
 * Knobs go before everything else: what buggify alone brings about would keep the faults out of the story, and
 * needs the very draws that later steps change. Those that can't go are replaced by such as leave nothing to chance.
 */
export function knobReductions(plan: Plan, system: System): Reduction[] {
  return [
    subsets("knobs", Object.keys(plan.knobs), (names) => ({ ...plan, knobs: pick(plan.knobs, names) })),
    ...replacedKnobs(plan, system),
  ];
}

/** The system's own knobs for small plans, in the place of all that the plan has. */
function replacedKnobs(plan: Plan, { stressKnobs = {} }: System): Reduction[] {
  const names = Object.keys(stressKnobs);
  if (names.length === 0 || Object.keys(plan.knobs).every((name) => names.includes(name))) return [];
  return [only("other knobs", { ...plan, knobs: stressKnobs })];
}

/** Other seeds that are tried with each smaller plan when none is left that fails with its own. */
const OTHER_SEEDS = 6;
/** Plans that are as small as this are small enough to be read. */
const READABLE = { faults: 3, operations: 2 };

/**
 * Smaller plans in universes of other seeds, and with all the time that the original had. A plan may need its many
 * operations for nothing but the draws that they use up before the one that matters; with another seed fewer will do. What
 * fails then does so at another moment, which may be later than the one that the plan was cut off at.
 */
export function reseededReductions(plan: Plan, system: System, original: Plan): Reduction[] {
  const reseeded = ({ name, candidates }: Reduction): Reduction => ({
    name: `${name}, another seed`,
    candidates: function* () {
      for (const candidate of candidates()) {
        const smaller = withQuietPeriod(candidate.plan, original);
        for (let other = 0; other <= OTHER_SEEDS; other++) {
          yield { plan: { ...smaller, seed: reseed(smaller.seed, other) }, further: () => [] };
        }
      }
    },
  });
  const reductions: Reduction[] = [];
  const [manyFaults, manyOperations] = [
    plan.faults.length > READABLE.faults,
    plan.workload.length > READABLE.operations,
  ];
  if (manyFaults || manyOperations) reductions.push(...replacedKnobs(plan, system));
  if (manyFaults) reductions.push(subsets("faults", plan.faults, (faults) => ({ ...plan, faults })));
  if (manyOperations) {
    reductions.push(subsets("operations", plan.workload, (workload) => ({ ...plan, workload })));
  }
  return reductions.map(reseeded);
}

function reseed(seed: number, other: number): number {
  return (seed + other * 7_919) % Number.MAX_SAFE_INTEGER;
}

/**
 * Numbers that can be smaller or rounder.
 *
 * @param begun the plan's aimed faults as they began: where the moment does not matter, their time will do.
 */
export function numericReductions(plan: Plan, begun: readonly Fault[]): Reduction[] {
  return [
    ...plan.faults.flatMap((fault, i) =>
      triggerReductions(fault, begun, (changed) => withFault(plan, i, changed)),
    ),
    ...plan.faults.flatMap((fault, i) => faultNumbers(fault, (changed) => withFault(plan, i, changed))),
    ...plan.workload.flatMap((operation, i) =>
      operationNumbers(operation, (changed) => ({ ...plan, workload: plan.workload.with(i, changed) })),
    ),
  ];
}

function subsets<T>(name: string, all: readonly T[], apply: (kept: readonly T[]) => Plan): Reduction {
  const arbitrary = fc.subarray([...all]);
  return { name, candidates: () => shrinksOf(arbitrary, [...all], undefined, apply) };
}

function* shrinksOf<T>(
  arbitrary: fc.Arbitrary<T>,
  value: T,
  context: unknown,
  apply: (smaller: T) => Plan,
): Generator<Candidate> {
  for (const smaller of arbitrary.shrink(value, context)) {
    yield {
      plan: apply(smaller.value),
      further: () => shrinksOf(arbitrary, smaller.value, smaller.context, apply),
    };
  }
}

/** A whole number in steps of `unit`, towards `least`; first rounded down to a step. */
function number(
  name: string,
  value: number,
  unit: number,
  least: number,
  apply: (smaller: number) => Plan,
): Reduction[] {
  const steps = Math.floor(value / unit);
  if (steps < least || (steps === least && value === least * unit)) return [];
  const arbitrary = fc.integer({ min: least, max: steps });
  const inUnits = (smaller: number): Plan => apply(smaller * unit);
  const candidates = function* (): Generator<Candidate> {
    if (steps * unit !== value) {
      yield { plan: inUnits(steps), further: () => shrinksOf(arbitrary, steps, undefined, inUnits) };
    } else yield* shrinksOf(arbitrary, steps, undefined, inUnits);
  };
  return [{ name, candidates }];
}

function withFault(plan: Plan, index: number, fault: Fault): Plan {
  return { ...plan, faults: plan.faults.with(index, fault) };
}

/**
 * A share of everything says more than any other. It also makes the fault independent of how much there is for it to
 * strike, so that operations can be left out after.
 */
function intensified(fault: Fault, apply: (changed: Fault) => Plan): Reduction[] {
  if (!("ratio" in fault) || fault.ratio >= 1) return [];
  return [only(`${fault.id}: ratio`, apply({ ...fault, ratio: 1 }))];
}

function faultNumbers(fault: Fault, apply: (changed: Fault) => Plan): Reduction[] {
  const reductions: Reduction[] = [];
  for (const [field, value] of Object.entries(fault) as [string, unknown][]) {
    if (typeof value !== "number") continue;
    const name = `${fault.id}: ${field}`;
    // a field of the fault with another number in it is a fault of the same kind
    const changed = (smaller: number): Plan => apply({ ...fault, [field]: smaller } as Fault);
    switch (field) {
      case "at":
        reductions.push(...number(name, value, SECOND, 0, changed));
        reductions.push(...rounded(name, value, 100 * MILLISECOND, changed));
        break;
      case "ratio":
        if (value === 1) break;
        reductions.push(
          ...number(name, Math.round(value * 100), 1, 1, (hundredths) => changed(hundredths / 100)),
        );
        break;
      case "for":
      case "by":
      case "up":
      case "down":
      case "period":
      case "smear":
        reductions.push(
          ...number(name, Math.abs(value), MILLISECOND, 1, (smaller) =>
            changed(value < 0 ? -smaller : smaller),
          ),
        );
        break;
      default:
        reductions.push(
          ...number(name, Math.abs(value), 1, leastOf(fault, field), (smaller) =>
            changed(value < 0 ? -smaller : smaller),
          ),
        );
    }
  }
  return reductions;
}

/** The smallest number that a field of a fault may have, either way. */
function leastOf({ kind }: Fault, field: string): number {
  const fields: Readonly<Record<string, Field>> = CATALOGUE[kind].fields;
  const spec = fields[field];
  return spec?.type === "whole" ? Math.max(1, spec.low) : 1;
}

/** A time in the place of a moment; else its first coming, and less time after it. */
function triggerReductions(
  fault: Fault,
  begun: readonly Fault[],
  apply: (changed: Fault) => Plan,
): Reduction[] {
  const { id, trigger } = fault;
  if (trigger === undefined) return [];
  const plain = begun.find((one) => one.id === id);
  const { nth, after } = trigger;
  return [
    ...(plain === undefined ? [] : [only(`${id}: trigger`, apply(plain))]),
    ...number(`${id}: nth`, nth, 1, 1, (smaller) =>
      apply({ ...fault, trigger: { ...trigger, nth: smaller } }),
    ),
    ...number(`${id}: after`, after, MILLISECOND, 0, (smaller) =>
      apply({ ...fault, trigger: { ...trigger, after: smaller } }),
    ),
  ];
}

function operationNumbers(operation: Operation, apply: (changed: Operation) => Plan): Reduction[] {
  const name = `${operation.id}: at`;
  const at = (smaller: number): Plan => apply({ ...operation, at: smaller });
  const reductions = number(name, operation.at, SECOND, 0, at);
  reductions.push(...rounded(name, operation.at, 100 * MILLISECOND, at));
  const { body } = operation;
  if (typeof body === "number" && Number.isSafeInteger(body)) {
    reductions.push(
      ...number(`${operation.id}: body`, body, 1, 1, (smaller) => apply({ ...operation, body: smaller })),
    );
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) return reductions;
  for (const [field, value] of Object.entries(body) as [string, Json][]) {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) continue;
    const changed = (smaller: number): Plan =>
      apply({ ...operation, body: { ...(body as object), [field]: smaller } });
    reductions.push(...number(`${operation.id}: ${field}`, value, 1, 1, changed));
  }
  return reductions;
}

/** The next round number below, where there is one. */
function rounded(name: string, value: number, unit: number, apply: (smaller: number) => Plan): Reduction[] {
  const round = Math.floor(value / unit) * unit;
  return round === value ? [] : [only(name, apply(round))];
}

/** Just this candidate. */
export function only(name: string, plan: Plan): Reduction {
  return { name, candidates: () => [{ plan, further: () => [] }] };
}

function pick(knobs: Plan["knobs"], names: readonly string[]): Plan["knobs"] {
  return Object.fromEntries(Object.entries(knobs).filter(([name]) => names.includes(name)));
}
