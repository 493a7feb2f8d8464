/**
 * Shrinking: from a plan that fails to a small plan that fails in the same way, by fast-check's shrinkers.
 *
 * Knobs and faults go first, then hosts and operations, over and over until nothing more can be left out; then numbers
 * become smaller and rounder. What counts is the same property violated by the same kind of evidence, so that the plan
 * can't slip to another bug. Candidates are run ahead on as many threads as there are, but judged in their order: the
 * result does not depend on the number of threads. A budget or an interruption ends it with the best so far.
 */

import { createHash } from "node:crypto";
import type { Fault } from "../../sim/faults/catalogue.js";
import type { Plan } from "../../sim/plan.js";
import type { System } from "../../storm/scenario.js";
import { DEFAULT_EVENT_BUDGET } from "../campaign/settings.js";
import type { PlanResult, PlanViolation } from "../runs/run-plan.js";
import { runOnePlan } from "../runs/run-plans.js";
import type { Runner } from "../runs/runner.js";
import type { StopSignal } from "../runs/stop-signal.js";
import { endingAt, withQuietPeriod } from "./ending.js";
import { nearestPassing } from "./nearest-passing.js";
import {
  type Candidate,
  knobReductions,
  numericReductions,
  only,
  type Reduction,
  reseededReductions,
  structuralReductions,
} from "./reductions.js";

/** How large a plan is, as ladders tell it. */
export interface Size {
  readonly faults: number;
  readonly operations: number;
  readonly hosts: number;
}

/** One step down: a smaller plan that still fails. */
export interface ShrinkStep extends Size {
  /** What was made smaller. */
  readonly what: string;
  /** Runs until here. */
  readonly runs: number;
}

export interface ShrinkTrace {
  readonly from: Size;
  readonly to: Size;
  /** Runs that were judged. */
  readonly runs: number;
  /** Real milliseconds. */
  readonly ms: number;
  readonly steps: readonly ShrinkStep[];
  /** `smallest`: nothing more can be left out. */
  readonly end: "smallest" | "budget" | "interrupted";
}

export interface Shrunk {
  readonly plan: Plan;
  /** What the smallest plan's run came to. */
  readonly result: PlanResult;
  readonly violation: PlanViolation;
  readonly shrinkTrace: ShrinkTrace;
  /** The nearest plan that was seen to pass; undefined when there is none near it, or nobody asked. Its runs are not counted. */
  readonly passing: Plan | undefined;
}

export interface ShrinkOptions {
  readonly pool: Runner;
  /** The system that the plan is of: it says how the property is judged, and which hosts it can do without. */
  readonly system: System;
  /** Which violation to keep: of this property; and by this kind of evidence, when it is given. */
  readonly property: string;
  readonly signature?: string;
  /** Whether to find the nearest plan that passes, and which violations are none: those that the scenario declares. Default: no. */
  readonly passing?: { readonly declared: readonly string[] };
  /** Runs at most. Default 1,000. */
  readonly runs?: number;
  /** Real milliseconds at most. Default 60,000. */
  readonly ms?: number;
  readonly eventBudget?: number;
  readonly signal?: StopSignal;
  readonly onStep?: (step: ShrinkStep) => void;
}

const DEFAULT_RUNS = 1_000;
const DEFAULT_MS = 60_000;
/** Of the plans that passed, those that are kept: the last ones, as the plan only comes nearer to what it will be. */
const KEPT_PASSING = 256;

/** Undefined when the plan does not fail in that way to begin with. */
export async function shrink(plan: Plan, options: ShrinkOptions): Promise<Shrunk | undefined> {
  const shrinker = new Shrinker(plan, options);
  return shrinker.shrink();
}

/** The violation in a result that an oracle looks for. */
export function sought(
  result: PlanResult,
  property: string,
  signature: string | undefined,
): PlanViolation | undefined {
  return result.violations.find(
    (violation) =>
      violation.property === property && (signature === undefined || violation.signature === signature),
  );
}

class Shrinker {
  readonly #options: ShrinkOptions;
  readonly #original: Plan;
  readonly #startedAt = performance.now();
  readonly #steps: ShrinkStep[] = [];
  /** Plans that are known not to fail in the way that is sought; and of them the last ones that passed. */
  readonly #fails = new Set<string>();
  readonly #passing: Plan[] = [];
  #best: Plan;
  #bestResult: PlanResult | undefined;
  #violation: PlanViolation | undefined;
  #runs = 0;
  #end: ShrinkTrace["end"] = "smallest";

  constructor(plan: Plan, options: ShrinkOptions) {
    this.#original = plan;
    this.#best = plan;
    this.#options = options;
  }

  async shrink(): Promise<Shrunk | undefined> {
    const { property, signature } = this.#options;
    const result = await this.#run(this.#original);
    this.#runs++;
    const violation = result === undefined ? undefined : sought(result, property, signature);
    if (result === undefined || violation === undefined) return undefined;
    this.#bestResult = result;
    this.#violation = violation;
    await this.#descend();
    await this.#restoreQuietPeriod();
    const shrinkTrace: ShrinkTrace = {
      from: sizeOf(this.#original),
      to: sizeOf(this.#best),
      runs: this.#runs,
      ms: performance.now() - this.#startedAt,
      steps: this.#steps,
      end: this.#end,
    };
    const passing = this.#end === "interrupted" ? undefined : await this.#nearestPassing();
    return { plan: this.#best, result: this.#bestResult, violation: this.#violation, shrinkTrace, passing };
  }

  async #nearestPassing(): Promise<Plan | undefined> {
    if (this.#options.passing === undefined) return undefined;
    return nearestPassing(this.#best, this.#passing, async (plan) => {
      const result = this.#options.signal?.aborted === true ? undefined : await this.#run(plan);
      return result === undefined ? undefined : this.#passes(result);
    });
  }

  #passes({ verdict, violations }: PlanResult): boolean {
    const { declared = [] } = this.#options.passing ?? {};
    return (
      verdict !== "broken" &&
      violations.every(({ property }) => property !== this.#options.property && declared.includes(property))
    );
  }

  /** Aimed faults as they began in the run of the best plan. */
  get #begun(): readonly Fault[] {
    return this.#bestResult?.begun ?? [];
  }

  async #descend(): Promise<void> {
    const { system } = this.#options;
    let improved = true;
    while (improved && this.#goesOn()) {
      await this.#tryAll(this.#shortcuts());
      improved = await this.#tryEach((plan) => knobReductions(plan, system));
      if (await this.#tryEach((plan) => structuralReductions(plan, system))) improved = true;
      if (improved) continue;
      improved = await this.#tryEach((plan) => reseededReductions(plan, system, this.#original));
      if (improved) continue;
      improved = await this.#tryEach((plan) => numericReductions(plan, this.#begun));
    }
  }

  /** Tries reductions one after the other, each made from the plan as the one before has left it. */
  async #tryEach(reductionsOf: (plan: Plan) => readonly Reduction[]): Promise<boolean> {
    let improved = false;
    for (let i = 0; this.#goesOn(); i++) {
      const reduction = reductionsOf(this.#best)[i];
      if (reduction === undefined) break;
      if (await this.#try(reduction)) improved = true;
    }
    return improved;
  }

  /**
   * Without its quiet period a plan would violate liveness as soon as the code is fixed: it gets it back if it still fails
   * with it. That is part of every result, whatever the budget.
   */
  async #restoreQuietPeriod(): Promise<void> {
    const { healAt, duration } = this.#original;
    const candidates = [
      withQuietPeriod(this.#best, this.#original, this.#begun),
      { ...this.#best, healAt, duration },
    ];
    for (const plan of candidates) {
      if (keyOf(plan) === keyOf(this.#best)) return;
      const result = await this.#run(plan);
      if (result === undefined) return;
      this.#runs++;
      const violation = sought(result, this.#options.property, this.#violation?.signature);
      if (violation === undefined) continue;
      this.#accept("the quiet period", plan, result, violation);
      return;
    }
  }

  /** What a look at the last run suggests: an earlier end, and no faults that did nothing. */
  *#shortcuts(): Generator<Reduction> {
    const { system, property } = this.#options;
    const kind = system.properties.find(({ id }) => id === property)?.kind;
    const isLive = kind === "eventually" || kind === "at-end";
    const at = this.#violation?.at ?? 0;
    if (isLive) yield only("the end", withQuietPeriod(this.#best, this.#original, this.#begun));
    else if (at > 0) yield only("the end", endingAt(this.#best, at, this.#begun));
    const fired = new Set(this.#bestResult?.fired);
    const faults = this.#best.faults.filter(({ id }) => fired.has(id));
    if (faults.length > 0) yield only("faults that did nothing", { ...this.#best, faults });
  }

  async #tryAll(reductions: Iterable<Reduction>): Promise<void> {
    for (const reduction of reductions) if (this.#goesOn()) await this.#try(reduction);
  }

  /** Goes down along one reduction as far as it leads. Returns whether it led anywhere. */
  async #try(reduction: Reduction): Promise<boolean> {
    let found = await this.#firstThatFails(reduction.name, reduction.candidates());
    const improved = found !== undefined;
    while (found !== undefined && this.#goesOn()) {
      found = await this.#firstThatFails(reduction.name, found.further());
    }
    return improved;
  }

  /** Runs candidates ahead, as many as there are threads, and takes the first in their order that still fails. */
  async #firstThatFails(name: string, candidates: Iterable<Candidate>): Promise<Candidate | undefined> {
    const iterator = candidates[Symbol.iterator]();
    const ahead: {
      readonly candidate: Candidate;
      readonly key: string;
      readonly result: Promise<PlanResult | undefined>;
    }[] = [];
    const best = keyOf(this.#best);
    const refill = (): void => {
      while (ahead.length < this.#options.pool.jobs) {
        const next = iterator.next();
        if (next.done === true) return;
        const key = keyOf(next.value.plan);
        if (key === best || this.#fails.has(key)) continue;
        ahead.push({ candidate: next.value, key, result: this.#run(next.value.plan) });
      }
    };
    while (this.#goesOn()) {
      refill();
      const first = ahead.shift();
      if (first === undefined) return undefined;
      const result = await first.result;
      if (result === undefined) {
        this.#end = "interrupted";
        return undefined;
      }
      this.#runs++;
      const violation = sought(
        result,
        this.#options.property,
        this.#options.signature ?? this.#violation?.signature,
      );
      if (violation === undefined) {
        this.#fails.add(first.key);
        this.#notePassing(first.candidate.plan, result);
        continue;
      }
      this.#accept(name, first.candidate.plan, result, violation);
      return first.candidate;
    }
    return undefined;
  }

  #notePassing(plan: Plan, result: PlanResult): void {
    if (this.#options.passing === undefined || !this.#passes(result)) return;
    this.#passing.push(plan);
    if (this.#passing.length > KEPT_PASSING) this.#passing.shift();
  }

  #accept(what: string, plan: Plan, result: PlanResult, violation: PlanViolation): void {
    this.#best = plan;
    this.#bestResult = result;
    this.#violation = violation;
    const step: ShrinkStep = { what, ...sizeOf(plan), runs: this.#runs };
    this.#steps.push(step);
    this.#options.onStep?.(step);
  }

  #goesOn(): boolean {
    const { runs = DEFAULT_RUNS, ms = DEFAULT_MS, signal } = this.#options;
    if (this.#end !== "smallest") return false;
    if (signal?.aborted === true) this.#end = "interrupted";
    else if (this.#runs >= runs || performance.now() - this.#startedAt >= ms) this.#end = "budget";
    return this.#end === "smallest";
  }

  #run(plan: Plan): Promise<PlanResult | undefined> {
    const eventBudget = this.#options.eventBudget ?? DEFAULT_EVENT_BUDGET;
    return runOnePlan(this.#options.pool, plan, { eventBudget });
  }
}

export function sizeOf({ faults, workload, topology }: Plan): Size {
  return { faults: faults.length, operations: workload.length, hosts: topology.length };
}

function keyOf(plan: Plan): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("base64");
}
