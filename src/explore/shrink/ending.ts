/**
 * Plans that end earlier. A safety property is violated when it is violated: while it is sought, what would come after
 * is not needed. A liveness property is judged after the quiet period, which is never shortened, or else everything
 * would seem late.
 */
import type { Fault } from "../../sim/faults.js";
import type { Plan } from "../../sim/plan.js";
import { MILLISECOND, type Micros, SECOND } from "../../sim/time.js";

/** The plan as far as the moment of a violation. */
export function endingAt(plan: Plan, at: Micros): Plan {
  const duration = Math.min(plan.duration, (Math.floor(at / MILLISECOND) + 1) * MILLISECOND);
  return healingAt({ ...plan, duration }, Math.min(plan.healAt, duration));
}

/** The plan with its quiet period, as long as `original` has it, right after its last fault and its last operation. */
export function withQuietPeriod(plan: Plan, original: Plan): Plan {
  const last = Math.max(
    1,
    ...plan.faults.map((fault) => fault.at + ("for" in fault ? fault.for : 0)),
    ...plan.workload.map(({ at }) => at),
  );
  const healAt = Math.min(original.healAt, Math.ceil(last / SECOND) * SECOND);
  return { ...plan, healAt, duration: healAt + (original.duration - original.healAt) };
}

/** The plan with an earlier heal: faults end by then, and what would begin later is gone. */
function healingAt(plan: Plan, healAt: Micros): Plan {
  return {
    ...plan,
    healAt,
    workload: plan.workload.filter(({ at }) => at <= plan.duration),
    faults: plan.faults.flatMap((fault) => clipped(fault, healAt) ?? []),
  };
}

function clipped(fault: Fault, healAt: Micros): Fault | undefined {
  if (fault.at > healAt) return undefined;
  if (!("for" in fault) || fault.at + fault.for <= healAt) return fault;
  return { ...fault, for: healAt - fault.at };
}
