/**
 * The passing plan that is nearest to one that fails. Candidates are the plan without one of its faults, its operations or its
 * knobs, and the plans that shrinking has seen pass, which get the heal and the end of the plan that fails; each is run before
 * it is believed. A plan of another universe does not count as near, whatever its size.
 */
import type { Plan } from "../../sim/plan.js";
import { nearer, planDifferences } from "../plan-differences.js";

/** Candidates that are run at most. */
const TRIED = 12;

/**
 * @param seen plans that passed as they were.
 * @param passes runs a plan; undefined when that can't be done any more.
 */
export async function nearestPassing(
  failing: Plan,
  seen: readonly Plan[],
  passes: (plan: Plan) => Promise<boolean | undefined>,
): Promise<Plan | undefined> {
  const { healAt, duration } = failing;
  const candidates = [...without(failing), ...seen.map((plan) => ({ ...plan, healAt, duration }))]
    .filter(
      ({ seed, workload }) => seed === failing.seed && (workload.length > 0 || failing.workload.length === 0),
    )
    .map((plan) => ({ plan, differences: planDifferences(failing, plan) }))
    .filter(({ differences }) => differences.length > 0)
    .sort((a, b) => nearer(a.differences, b.differences));
  const tried = new Set<string>();
  for (const { plan, differences } of candidates) {
    const key = JSON.stringify(differences);
    if (tried.has(key)) continue;
    if (tried.size >= TRIED) return undefined;
    tried.add(key);
    const passed = await passes(plan);
    if (passed === undefined) return undefined;
    if (passed) return plan;
  }
  return undefined;
}

/** The plan without one of its parts each. */
function without(plan: Plan): Plan[] {
  return [
    ...plan.faults.map((_, i) => ({ ...plan, faults: plan.faults.toSpliced(i, 1) })),
    ...plan.workload.map((_, i) => ({ ...plan, workload: plan.workload.toSpliced(i, 1) })),
    ...Object.keys(plan.knobs).map((name) => {
      const { [name]: _, ...knobs } = plan.knobs;
      return { ...plan, knobs };
    }),
  ];
}
