/**
 * When a failure became inevitable: a plan that fails is branched off at a series of moments, each time into
 * many futures, and the share of futures that fail is shown over time. The moments are chosen where they tell
 * most: first a few over the whole run, then again and again between the two neighbours whose shares differ
 * most.
 */

import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { Scenario } from "../storm/scenario.js";
import { DEFAULT_EVENT_BUDGET } from "./campaign/settings.js";
import { futureOf } from "./futures.js";
import type { PlanResult, PlanViolation } from "./runs/run-plan.js";
import { runOnePlan, runPlans } from "./runs/run-plans.js";
import type { Runner } from "./runs/runner.js";
import type { StopSignal } from "./runs/stop-signal.js";
import { sought } from "./shrink/shrink.js";

export interface BranchPoint {
  readonly at: Micros;
  readonly futures: number;
  /** Futures that violate the same property. */
  readonly failed: number;
}

export interface Branching {
  readonly property: string;
  /** The violation of the plan itself. */
  readonly violation: PlanViolation;
  /** In the order of time. */
  readonly points: readonly BranchPoint[];
  /** From the last moment at which some future still went well to the first from which on none did. */
  readonly inevitable: { readonly after: Micros; readonly by: Micros };
  /** Of the futures that went well, one of those that branched off last; undefined when none did. */
  readonly passing: Plan | undefined;
  /** False when it was interrupted: the points are those that were finished. */
  readonly complete: boolean;
}

export interface BranchOptions {
  readonly pool: Runner;
  readonly property: string;
  readonly futures: number;
  /** Moments. Default 16. */
  readonly points?: number;
  readonly eventBudget?: number;
  readonly signal?: StopSignal;
  readonly onPoint?: (point: BranchPoint) => void;
}

const DEFAULT_POINTS = 16;
/** Moments with which it begins. */
const FIRST_POINTS = 5;
/** The share of the run's length, as one in so many, below which two moments are close to each other. */
const CLOSE = 200;

/** Undefined when the plan itself does not violate the property. */
export async function branch(
  plan: Plan,
  scenario: Scenario,
  options: BranchOptions,
): Promise<Branching | undefined> {
  const { pool, property, futures, signal, onPoint } = options;
  const request = { eventBudget: options.eventBudget ?? DEFAULT_EVENT_BUDGET };
  const trunk = await runOnePlan(pool, plan, request);
  const violation = trunk === undefined ? undefined : sought(trunk, property, undefined);
  if (violation === undefined) return undefined;
  const end = Math.max(1, Math.min(violation.at, plan.duration));
  const points: BranchPoint[] = [];
  let passing: { readonly at: Micros; readonly plan: Plan } | undefined;
  const probe = async (at: Micros): Promise<boolean> => {
    let failed = 0;
    let done = 0;
    await runPlans(pool, plansOf(plan, scenario, at, futures), request, (result, future) => {
      done++;
      if (sought(result, property, undefined) !== undefined) failed++;
      else if (at > (passing?.at ?? -1) && passes(result, scenario))
        passing = { at, plan: futureOf(plan, scenario, at, future) };
      return signal?.aborted !== true;
    });
    if (done < futures) return false;
    const point = { at, futures, failed };
    points.push(point);
    points.sort((a, b) => a.at - b.at);
    onPoint?.(point);
    return true;
  };
  const wanted = options.points ?? DEFAULT_POINTS;
  let complete = true;
  for (let i = 0; i < FIRST_POINTS && complete; i++) {
    complete = await probe(Math.round((end * i) / (FIRST_POINTS - 1)));
  }
  while (complete && points.length < wanted) {
    const at = steepest(points, end);
    if (at === undefined) break;
    complete = await probe(at);
  }
  const inevitable = inevitability(points, end);
  return { property, violation, points, inevitable, passing: passing?.plan, complete };
}

/** It violates nothing else instead. */
function passes({ verdict, violations }: PlanResult, { expectedViolations }: Scenario): boolean {
  return verdict !== "broken" && violations.every(({ property }) => expectedViolations.includes(property));
}

function* plansOf(plan: Plan, scenario: Scenario, at: Micros, futures: number): Generator<Plan> {
  for (let future = 0; future < futures; future++) yield futureOf(plan, scenario, at, future);
}

/**
 * The middle between the two neighbours whose shares differ most, the wider apart of equals. A step that is known as
 * closely as a picture of the run can show counts for less, so that a second one is looked into as well.
 */
function steepest(points: readonly BranchPoint[], end: Micros): Micros | undefined {
  const close = end / CLOSE;
  let best: { readonly at: Micros; readonly weight: number; readonly width: Micros } | undefined;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as BranchPoint, points[i] as BranchPoint]; // i is within the list
    const width = b.at - a.at;
    if (width < 2) continue;
    const weight = Math.abs(b.failed - a.failed) * Math.min(1, width / close);
    if (best === undefined || weight > best.weight || (weight === best.weight && width > best.width)) {
      best = { at: a.at + Math.floor(width / 2), weight, width };
    }
  }
  return best?.at;
}

function inevitability(
  points: readonly BranchPoint[],
  end: Micros,
): { readonly after: Micros; readonly by: Micros } {
  let by = end;
  for (let i = points.length - 1; i >= 0; i--) {
    const point = points[i] as BranchPoint; // i is within the list
    if (point.failed < point.futures) return { after: point.at, by };
    by = point.at;
  }
  return { after: 0, by };
}
