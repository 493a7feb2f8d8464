/**
 * Futures of a plan: the same universe up to a moment, other randomness and another storm after it.
 *
 * Faults that have begun before the moment stay; those after it are taken from another seed's plan of the same scenario. What
 * the replication can survive is kept: if the plan damages a replica's disk, the new faults damage the same one, and
 * everything ends by the plan's own heal.
 */

import { DAMAGE, type Fault } from "../sim/faults/catalogue.js";
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { Scenario } from "../storm/scenario.js";
import { remaining, selectorsIn } from "./shrink/places.js";

/** Apart enough that no two campaigns of futures draw the same storms. */
const SEEDS_APART = 1_000_003;

export function futureOf(plan: Plan, scenario: Scenario, at: Micros, future: number): Plan {
  const seed = (plan.seed + SEEDS_APART * (future + 1)) % Number.MAX_SAFE_INTEGER;
  const other = scenario.plan(seed, { defects: plan.defects, knobs: plan.knobs });
  const means = selectorsIn(plan.topology);
  const past = plan.faults.filter((fault) => fault.at < at);
  const damaged = damagedBy(past) ?? damagedBy(plan.faults);
  const coming = other.faults
    .filter((fault) => fault.at >= at)
    .flatMap((fault) => remaining(fault, means) ?? [])
    .flatMap((fault) => within(fault, plan.healAt) ?? [])
    .map((fault) => ({ ...onReplica(fault, damaged), id: `future-${fault.id}` }));
  return { ...plan, faults: [...past, ...coming], branch: { at, future } };
}

function damagedBy(faults: readonly Fault[]): string | undefined {
  const damage = faults.find(({ kind }) => DAMAGE.has(kind));
  return damage !== undefined && "target" in damage ? damage.target : undefined;
}

function onReplica(fault: Fault, damaged: string | undefined): Fault {
  if (damaged === undefined || !DAMAGE.has(fault.kind) || !("target" in fault)) return fault;
  return { ...fault, target: damaged };
}

function within(fault: Fault, healAt: Micros): Fault | undefined {
  const begin = fault.at + (fault.trigger?.after ?? 0);
  if (begin >= healAt) return undefined;
  if (!("for" in fault) || begin + fault.for <= healAt) return fault;
  return { ...fault, for: healAt - begin };
}
