/**
 * The crash-point sweep: one healthy run, then one run for every durable write and every external call of every host, in
 * which that host crashes just before it, and one in which it crashes just after. Exhaustive: nothing is drawn.
 */

import type { FaultOf } from "../sim/faults/catalogue.js";
import type { Plan } from "../sim/plan.js";
import { type Micros, SECOND } from "../sim/time.js";
import type { Scenario } from "../storm/scenario.js";
import { DEFAULT_EVENT_BUDGET } from "./campaign/settings.js";
import type { PlanResult, PlanViolation } from "./runs/run-plan.js";
import { runOnePlan, runPlans } from "./runs/run-plans.js";
import type { Runner } from "./runs/runner.js";
import type { StopSignal } from "./runs/stop-signal.js";

export interface SweptPoint {
  readonly host: string;
  /** From 1, as each host counts them. */
  readonly point: number;
  readonly side: FaultOf<"crash-point">["side"];
  /** When the healthy run passed it. */
  readonly at: Micros;
}

export interface SweepFailure extends SweptPoint {
  readonly plan: Plan;
  readonly result: PlanResult;
  readonly violation: PlanViolation;
}

export interface SweepResult {
  readonly scenario: string;
  readonly seed: number;
  /** Crash points by host, those without any left out. */
  readonly hosts: readonly { readonly host: string; readonly points: number }[];
  /** Crash points in all. */
  readonly points: number;
  /** Runs that were done, two for each point. */
  readonly runs: number;
  /** In the order of hosts and points; all of them. */
  readonly failures: readonly SweepFailure[];
  /** Points at which the host did not crash: the sweep would not be exhaustive. */
  readonly missed: readonly SweptPoint[];
  /**
   * Points that no plan can strike: after a write or a call that the run's end cuts off there is no moment, and what
   * a host does only once everything is healed happens when no host may go down any more.
   */
  readonly outOfReach: readonly SweptPoint[];
  readonly complete: boolean;
}

export interface SweepOptions {
  readonly pool: Runner;
  readonly seed: number;
  readonly defects?: readonly string[];
  readonly knobs?: Plan["knobs"];
  /** Hosts to crash. Default: all. */
  readonly hosts?: readonly string[];
  /** How long the host stays down, in virtual microseconds. Default 2 s. */
  readonly downFor?: Micros;
  readonly eventBudget?: number;
  readonly signal?: StopSignal;
  readonly onProgress?: (done: number, total: number, failures: number) => void;
}

/** The healthy run violates a property already: crashes would prove nothing. */
export class SweepNotHealthy extends Error {
  override readonly name = "SweepNotHealthy";
}

/** @throws SweepNotHealthy */
export async function sweep(scenario: Scenario, options: SweepOptions): Promise<SweepResult> {
  const { pool, seed, defects = [], knobs = {}, downFor = 2 * SECOND, signal, onProgress } = options;
  const request = { eventBudget: options.eventBudget ?? DEFAULT_EVENT_BUDGET };
  const healthy: Plan = { ...scenario.plan(seed, { defects, knobs }), faults: [] };
  const first = await runOnePlan(pool, healthy, { ...request, crashPoints: true });
  const fails = (result: PlanResult): PlanViolation | undefined =>
    result.violations.find(({ property }) => !scenario.expectedViolations.includes(property));
  const flaw = first === undefined ? undefined : fails(first);
  if (flaw !== undefined) {
    throw new SweepNotHealthy(
      `${scenario.id} with seed ${seed} fails without a crash already: ${flaw.property}: ${flaw.message}`,
    );
  }
  const byHost = (first?.crashPoints ?? []).filter(
    ({ host, times }) => times.length > 0 && (options.hosts?.includes(host) ?? true),
  );
  const points = byHost.flatMap(({ host, times }) => times.flatMap((at, i) => bothSides(host, i + 1, at)));
  const failures: SweepFailure[] = [];
  const missed: SweptPoint[] = [];
  const outOfReach: SweptPoint[] = [];
  let runs = 0;
  const plans = points.map((point) => crashingAt(healthy, point, downFor));
  await runPlans(pool, plans, request, (result, index) => {
    const point = points[index] as SweptPoint; // one for each plan
    const plan = plans[index] as Plan; // as above
    runs++;
    const violation = fails(result);
    if (violation !== undefined) failures.push({ ...point, plan, result, violation });
    else if (result.verdict !== "broken" && result.fired.length === 0) {
      const isQuiet = point.at + downFor > healthy.healAt;
      (point.side === "after" || isQuiet ? outOfReach : missed).push(point);
    }
    onProgress?.(runs, points.length, failures.length);
    return signal?.aborted !== true;
  });
  return {
    scenario: scenario.id,
    seed,
    hosts: byHost.map(({ host, times }) => ({ host, points: times.length })),
    points: points.length / 2,
    runs,
    failures,
    missed,
    outOfReach,
    complete: runs === points.length,
  };
}

function bothSides(host: string, point: number, at: Micros): SweptPoint[] {
  return [
    { host, point, side: "before", at },
    { host, point, side: "after", at },
  ];
}

/** The plan with one crash, and healed no sooner than the host is up again. */
function crashingAt(plan: Plan, { host, point, side, at }: SweptPoint, downFor: Micros): Plan {
  // From the healthy run it is known when the host comes there: until then it is the same universe.
  const fault: FaultOf<"crash-point"> = {
    kind: "crash-point",
    id: "crash",
    at: 0,
    for: at + downFor,
    target: host,
    point,
    side,
  };
  const healAt = Math.max(plan.healAt, fault.for);
  return { ...plan, faults: [fault], healAt, duration: plan.duration + (healAt - plan.healAt) };
}
