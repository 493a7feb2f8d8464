/**
 * Plans that end earlier. A safety property is violated when it is violated: while it is sought, what would come after
 * is not needed. A liveness property is judged after the quiet period, which is never shortened, or else everything
 * would seem late.
 */
import { durationOf, type Fault } from "../../sim/faults/catalogue.js";
import type { Plan } from "../../sim/plan.js";
import { MILLISECOND, type Micros, SECOND } from "../../sim/time.js";

/**
 * The plan as far as the moment of a violation.
 *
 * @param begun its aimed faults as they began in the run that was violated.
 */
export function endingAt(plan: Plan, at: Micros, begun: readonly Fault[] = []): Plan {
  const duration = Math.min(plan.duration, (Math.floor(at / MILLISECOND) + 1) * MILLISECOND);
  return healingAt({ ...plan, duration }, Math.min(plan.healAt, duration), begun);
}

/**
 * The plan with its quiet period, as long as `original` has it, right after its last fault and its last operation. With
 * faults whose time nobody knows it keeps the original's.
 *
 * @param begun its aimed faults as they began in a run of it.
 */
export function withQuietPeriod(plan: Plan, original: Plan, begun: readonly Fault[] = []): Plan {
  const last = Math.max(
    1,
    ...plan.faults.map((fault) => beginOf(fault, begun, original.healAt) + durationOf(fault)),
    ...plan.workload.map(({ at }) => at),
  );
  const healAt = Math.min(original.healAt, Math.ceil(last / SECOND) * SECOND);
  return { ...plan, healAt, duration: healAt + (original.duration - original.healAt) };
}

/** The plan with an earlier heal: faults end by then, and what would begin later is gone. */
function healingAt(plan: Plan, healAt: Micros, begun: readonly Fault[]): Plan {
  return {
    ...plan,
    healAt,
    workload: plan.workload.filter(({ at }) => at <= plan.duration),
    faults: plan.faults.flatMap((fault) => clipped(fault, healAt, begun) ?? []),
  };
}

function clipped(fault: Fault, healAt: Micros, begun: readonly Fault[]): Fault | undefined {
  const begin = beginOf(fault, begun, fault.at + (fault.trigger?.after ?? 0));
  if (begin > healAt) return undefined;
  if (!("for" in fault) || begin + fault.for <= healAt) return fault;
  return begin === healAt ? undefined : { ...fault, for: healAt - begin };
}

function beginOf(fault: Fault, begun: readonly Fault[], unknown: Micros): Micros {
  if (fault.trigger === undefined) return fault.at;
  return begun.find(({ id }) => id === fault.id)?.at ?? unknown;
}
