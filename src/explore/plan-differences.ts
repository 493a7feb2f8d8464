/**
 * How two plans differ, part by part, and how far apart that makes them. It shows a reader what separates a run that fails
 * from one that passes; of plans of different scenarios or seeds it says only that they are.
 */
import type { Fault } from "../sim/faults/catalogue.js";
import type { HostSpec, Operation, Plan } from "../sim/plan.js";

/** A part that one plan has and the other has not, or has in another way. */
interface Changed<What extends string, T> {
  readonly what: What;
  /** In the first plan; undefined where only the second has it. */
  readonly from: T | undefined;
  /** In the second plan; undefined where only the first has it. */
  readonly to: T | undefined;
}

export type PlanDifference =
  | Changed<"fault", Fault>
  | Changed<"operation", Operation>
  | Changed<"host", HostSpec>
  | (Changed<"knob", Plan["knobs"][string]> & { readonly name: string })
  /** Another future of the same past. */
  | Changed<"branch", NonNullable<Plan["branch"]>>
  /** When it heals and when it ends. */
  | Changed<"end", Pick<Plan, "healAt" | "duration">>
  | Changed<"seed", number>;

export function planDifferences(from: Plan, to: Plan): PlanDifference[] {
  const differences: PlanDifference[] = [];
  if (from.seed !== to.seed) differences.push({ what: "seed", from: from.seed, to: to.seed });
  if (!same(from.branch, to.branch)) differences.push({ what: "branch", from: from.branch, to: to.branch });
  for (const pair of pairs(from.faults, to.faults)) differences.push({ what: "fault", ...pair });
  for (const pair of pairs(from.workload, to.workload)) differences.push({ what: "operation", ...pair });
  for (const pair of pairs(from.topology, to.topology)) differences.push({ what: "host", ...pair });
  for (const name of new Set([...Object.keys(from.knobs), ...Object.keys(to.knobs)])) {
    const [before, after] = [from.knobs[name], to.knobs[name]];
    if (before !== after) differences.push({ what: "knob", name, from: before, to: after });
  }
  const ends = [endOf(from), endOf(to)] as const;
  if (!same(ends[0], ends[1])) differences.push({ what: "end", from: ends[0], to: ends[1] });
  return differences;
}

const endOf = ({ healAt, duration }: Plan) => ({ healAt, duration });

/** Parts with one id in each list, those that are the same left out. */
function pairs<T extends { readonly id: string }>(
  from: readonly T[],
  to: readonly T[],
): { readonly from: T | undefined; readonly to: T | undefined }[] {
  const others = new Map(to.map((part) => [part.id, part]));
  const known = new Set(from.map(({ id }) => id));
  return [
    ...from.flatMap((part) => {
      const other = others.get(part.id);
      return same(part, other) ? [] : [{ from: part, to: other }];
    }),
    ...to.flatMap((part) => (known.has(part.id) ? [] : [{ from: undefined, to: part }])),
  ];
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Kinds of differences, the easiest to make something of first. */
const PLAINEST: readonly PlanDifference["what"][] = [
  "fault",
  "operation",
  "knob",
  "host",
  "end",
  "branch",
  "seed",
];

/**
 * Negative when the first way to differ from a plan is the nearer one: fewer differences; of as many a fault before anything
 * else, a part left out before a changed one, and a later one before an earlier, since more of the run is the same then.
 */
export function nearer(a: readonly PlanDifference[], b: readonly PlanDifference[]): number {
  return a.length - b.length || compare(rank(a), rank(b));
}

function rank(differences: readonly PlanDifference[]): readonly number[] {
  const kinds = differences.map(({ what }) => PLAINEST.indexOf(what));
  const changed = differences.filter(({ to }) => to !== undefined).length;
  const earliest = differences.reduce((least, difference) => Math.min(least, timeOf(difference)), Infinity);
  return [Math.max(0, ...kinds), changed, -earliest];
}

function timeOf({ what, from, to }: PlanDifference): number {
  return what === "fault" || what === "operation" ? Math.min(from?.at ?? Infinity, to?.at ?? Infinity) : 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
