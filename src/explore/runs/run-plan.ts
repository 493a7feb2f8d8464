/**
 * One plan, run and reduced to what shrinking, branching and sweeping ask of it: whether it fails, in which way, and
 * which of its faults did anything. It crosses from worker threads as plain data, without the history.
 */
import type { Violation } from "../../check/property.js";
import type { Fault } from "../../sim/faults/catalogue.js";
import type { FactKind, HistoryEvent } from "../../sim/history.js";
import type { Plan } from "../../sim/plan.js";
import { type DispatchWatcher, EventBudgetExceeded } from "../../sim/scheduler.js";
import type { Micros } from "../../sim/time.js";
import { asBegun } from "../../sim/triggers.js";
import type { World } from "../../sim/world.js";
import { CODE_FAILURE, runOn } from "../../storm/run.js";
import type { Scenario, Verdict } from "../../storm/scenario.js";
import { evidenceOf, firedFaults } from "./observe-run.js";
import { newPosition, positionOptions, type RunPosition } from "./position.js";
import { sentence } from "./sentence.js";

/** One violation of a run, distinguished from others by its signature. */
export interface PlanViolation {
  readonly property: string;
  readonly at: Micros;
  readonly message: string;
  /** Equal for two violations when they are of the same property by the same kind of evidence. */
  readonly signature: string;
  readonly evidence: readonly HistoryEvent[];
}

export interface HostCrashPoints {
  readonly host: string;
  /** The time of its first crash point, of its second, and so on. */
  readonly times: readonly Micros[];
}

/** What running a plan is asked for, besides its verdict. */
export interface PlanRequest {
  readonly eventBudget: number;
  /** Default false. */
  readonly crashPoints?: boolean;
}

export interface PlanResult {
  /** `broken`: the run did not come to its end; the one violation says why. */
  readonly verdict: Verdict | "broken";
  readonly traceHash: string;
  readonly events: number;
  readonly violations: readonly PlanViolation[];
  /** Ids of the plan's faults that did something. */
  readonly fired: readonly string[];
  /** Those of the plan's faults that were aimed at a moment and began, as they did. */
  readonly begun: readonly Fault[];
  /** When each host passed each of its crash points, in the order of the topology; empty unless it was asked for. */
  readonly crashPoints: readonly HostCrashPoints[];
}

/** Never throws. */
export async function runPlan(
  plan: Plan,
  scenario: Scenario,
  request: PlanRequest,
  position: RunPosition = newPosition(),
): Promise<PlanResult> {
  let crashPoints = (): HostCrashPoints[] => [];
  try {
    const outcome = await runOn(scenario.system, plan, {
      eventBudget: request.eventBudget,
      checkBodies: true,
      ...positionOptions(position, (world) => {
        if (request.crashPoints === true) crashPoints = watchCrashPoints(world);
      }),
    });
    return {
      verdict: outcome.verdict,
      traceHash: outcome.traceHash,
      events: outcome.events,
      violations: outcome.violations.map((violation) => ({
        property: violation.property,
        at: violation.at,
        message: violation.message,
        signature: signatureOf(violation, outcome.history),
        evidence: evidenceOf(violation, outcome.history),
      })),
      fired: [...firedFaults(outcome.history)],
      begun: asBegun(
        plan.faults.filter(({ trigger }) => trigger !== undefined),
        outcome.history,
        plan.topology,
      ),
      crashPoints: crashPoints(),
    };
  } catch (error) {
    return brokenResult(error instanceof EventBudgetExceeded ? "endless" : "broken", sentence(error));
  }
}

/** How a run can fail to come to its end; stands for the property that it violates. */
export type Breakage = "endless" | "broken" | "hung" | "died";

export function brokenResult(breakage: Breakage, message: string): PlanResult {
  return {
    verdict: "broken",
    traceHash: "",
    events: 0,
    violations: [{ property: breakage, at: 0, message, signature: breakage, evidence: [] }],
    fired: [],
    begun: [],
    crashPoints: [],
  };
}

/**
 * The same property by the same kind of evidence: the kinds of facts in it, in order, each named once. An
 * exception of code under test is recognized by its message, in which numbers and hosts do not count.
 */
export function signatureOf(violation: Violation, history: readonly HistoryEvent[]): string {
  if (violation.property === CODE_FAILURE) {
    const what = violation.message.replace(/^The code on \S+ /, "").replaceAll(/\d+/g, "#");
    return `${violation.property}: ${what}`;
  }
  const kinds = new Set<FactKind>();
  for (const id of violation.evidence) {
    const event = history[id];
    if (event !== undefined) kinds.add(event.kind);
  }
  return `${violation.property}: ${[...kinds].join(", ")}`;
}

/** Notes the time of every crash point. What a machine passed shows when the next event is dispatched. */
function watchCrashPoints(world: World): () => HostCrashPoints[] {
  const watched = world.machines
    .filter(({ external }) => !external)
    .map((machine) => ({ machine, times: [] as Micros[] }));
  let last: Micros = 0;
  const note = (): void => {
    for (const { machine, times } of watched) {
      while (times.length < machine.crashPoints) times.push(last);
    }
  };
  const watcher: DispatchWatcher = (at) => {
    note();
    last = at;
  };
  world.scheduler.watcher = watcher;
  return () => {
    note();
    return watched.map(({ machine, times }) => ({ host: machine.id, times }));
  };
}
